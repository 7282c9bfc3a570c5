"""Schemathesis against the API in this process, as one user, on rows that stay as they are."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from asgiref.sync import async_to_sync
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connections, transaction
from django.http import HttpResponse
from rest_framework.test import force_authenticate
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

from tests.config.api.conftest import read_document
from users.models import User
from users.sign_in import recent
from users.tokens import RefreshToken

SEED = 20_261_130
CHECKS = (
    "status_code_conformance",  # no status that the document does not list, so no 500
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
)
PHASES = ("examples", "coverage", "fuzzing", "stateful")


class RoleHandler(WSGIHandler):
    """Answers as for this user, on the test's own connection, and undoes what a request did.

    Schemathesis sends from a thread of its own. With `keep` each request finds what others did.
    """

    def __init__(self, user: User | None, rows: dict[str, int], *, keep: bool) -> None:
        super().__init__()
        self.rows = rows
        self.user = user
        self.refresh = RefreshToken.for_user(user) if user else None
        self.keep = keep
        self.connection = connections["default"]
        self.calls = 0

    def __call__(self, environ: Any, start_response: Any) -> Any:
        environ.pop("HTTP_ACCEPT_ENCODING", None)  # nobody here unpacks what is packed
        environ["PATH_INFO"] = name_rows(environ["PATH_INFO"], self.rows)
        return super().__call__(environ, start_response)

    def get_response(self, request: Any) -> Any:
        connections["default"] = self.connection
        self.calls += 1
        if self.refresh is not None:
            token: Any = self.refresh.access_token
            token[recent.CLAIM] = int(time.time())  # as of somebody who has just signed in
            force_authenticate(request, self.user, token)
        with transaction.atomic():
            response = collect_parts(super().get_response(request))
            transaction.set_rollback(not self.keep)
        return response


def collect_parts(response: Any) -> Any:
    """Return a response that WSGI can send: Django warns of streams that are asynchronous."""
    if not (response.streaming and response.is_async):
        return response

    async def collect() -> bytes:
        return b"".join([part async for part in response.streaming_content])

    return HttpResponse(async_to_sync(collect)(), headers=dict(response.headers))


@dataclass
class FuzzReport:
    """How many requests were sent, which answers came, and what was wrong with them."""

    calls: int = 0
    statuses: dict[str, set[int]] = field(default_factory=dict)  # by operation
    failures: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class FuzzPlan:
    """Which operations are tried, in which phases, and how often."""

    phases: tuple[str, ...]
    max_examples: int = 3
    leave_out: str = "^$"  # a regular expression of paths
    only: str = ""


def fuzz_api(user: User | None, rows: dict[str, int], plan: FuzzPlan) -> FuzzReport:
    """Send what the plan says, and report what the OpenAPI document does not allow."""
    schema: Any = schemathesis.openapi.from_dict(read_document(), config=make_config(plan))
    if plan.only:
        schema = schema.include(path_regex=plan.only)
    schema = schema.exclude(path_regex=plan.leave_out)
    handler = RoleHandler(user, rows, keep="stateful" in plan.phases)
    schema.app = handler
    report = FuzzReport()
    with share_connection(handler.connection):
        for event in from_schema(schema).execute():
            note_event(event, report)
    report.calls = handler.calls
    return report


@contextmanager
def share_connection(connection: Any) -> Iterator[None]:
    """Let other threads use it; Django would close one that is within a transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    connection.inc_thread_sharing()
    try:
        yield
    finally:
        connection.dec_thread_sharing()
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)


def make_config(plan: FuzzPlan) -> SchemathesisConfig:
    phases: dict[str, Any] = {name: {"enabled": name in plan.phases} for name in PHASES}
    if "stateful" in plan.phases:
        phases["stateful"]["max-steps"] = 8
    return SchemathesisConfig.from_dict(
        {
            "seed": SEED,
            "workers": 1,
            "cache": {"enabled": False},  # an earlier run must not decide what is sent
            "base-url": "http://localhost",
            "checks": {"enabled": False, **{name: {"enabled": True} for name in CHECKS}},
            "phases": phases,
            "generation": {
                "max-examples": plan.max_examples,
                "deterministic": True,
                "database": "none",
                "mode": "all",  # what the document allows, and what it does not
            },
        }
    )


def name_rows(path: str, rows: dict[str, int]) -> str:
    """Put the id of a row in place of each even number, or all would answer 404."""
    parts = path.split("/")
    for place, part in enumerate(parts):
        if part.isdecimal() and part[-1] in "02468":
            parts[place] = str(rows.get(parts[place - 1], part))
    return "/".join(parts)


def note_event(event: Any, report: FuzzReport) -> None:
    if isinstance(event, events.NonFatalError):
        report.failures.append(f"{event.label}: {event.value!r}")
    elif isinstance(event, events.FatalError):
        raise event.exception
    elif isinstance(event, events.ScenarioFinished):
        report.failures += list_failures(event.recorder)
        for case_id, interaction in event.recorder.interactions.items():
            label = event.recorder.cases[case_id].value.operation.label
            if interaction.response is not None:
                statuses = report.statuses.setdefault(label, set())
                statuses.add(interaction.response.status_code)


def list_failures(recorder: Any) -> Iterator[str]:
    for case_id, nodes in recorder.checks.items():
        for node in nodes:
            if node.failure_info is not None:
                case = recorder.cases[case_id].value
                failure = node.failure_info.failure
                yield f"{case.as_curl_command()}\n  {failure.title}: {failure.message}"
