"""The log lines of all processes of this machine by API, for staff with the permission."""

import time
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any, Final

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from operations.logs import read
from users.api_tokens.access import token_access
from users.http import release_connections
from users.rest import REASON, StaffRight
from users.strict.fields import QueryIdField
from users.strict.views import KnownParametersOnly

MOST_LINES: Final = 1000
LONGEST_WAIT: Final = 10  # seconds
LOOK_SECONDS: Final = 0.5
_waiting = BoundedSemaphore(4)  # of this process; each holds a thread


class LogQuery(serializers.Serializer[Any]):
    """Filters of log lines. `after`, the id of your last line, and `wait` follow the log."""

    limit = QueryIdField(required=False, default=100, max_value=MOST_LINES, min_value=1)
    service = serializers.RegexField(r"^[a-z]{1,20}$", required=False)
    level = serializers.ChoiceField(read.LEVELS, required=False, help_text="this one and worse")
    q = serializers.CharField(max_length=200, required=False, help_text="a text in the line")
    since = serializers.DateTimeField(required=False)
    until = serializers.DateTimeField(required=False)
    request = serializers.CharField(max_length=64, required=False)
    task = serializers.CharField(max_length=64, required=False)
    order = QueryIdField(required=False)
    user = QueryIdField(required=False)
    after = serializers.CharField(max_length=200, required=False)
    wait = QueryIdField(
        required=False,
        default=0,
        max_value=LONGEST_WAIT,
        help_text="seconds to wait for a line, where there is none yet",
    )


class LogLines(serializers.Serializer[Any]):
    services = serializers.ListField(child=serializers.CharField())
    complete = serializers.BooleanField(help_text="false: there may be older lines that fit")
    lines = serializers.ListField(
        child=serializers.DictField(),
        help_text="oldest first; each has id, timestamp, level, event, service and its own fields",
    )


@token_access(GET="operate", key_tokens=False)
class LogView(KnownParametersOnly):
    permission_classes = [StaffRight]
    right = "operations.view_servicelog"

    @extend_schema(
        operation_id="v1_monitoring_logs",
        tags=["operators"],
        parameters=[LogQuery],
        responses={200: LogLines, 400: REASON, 403: REASON},
    )
    def get(self, request: Request) -> Response:
        """The newest lines of the log. Secrets are hidden before a line is written."""
        query = LogQuery(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        values = query.validated_data
        folder = Path(settings.LOG_FOLDER)
        page = _wait_for_lines(folder, values) if values["wait"] else _read_lines(folder, values)
        services = read.list_services(folder)
        return Response({"services": services, "complete": page.is_complete, "lines": page.entries})


def _read_lines(folder: Path, values: dict[str, Any]) -> read.FoundLines:
    filters = read.LogFilters(
        service=values.get("service", ""),
        level=values.get("level", ""),
        search=values.get("q", ""),
        since=values.get("since"),
        until=values.get("until"),
        after=values.get("after", ""),
        ids={name: str(values[name]) for name in read.FOLLOWED if name in values},
    )
    return read.read_entries(folder, filters, limit=values["limit"])


def _wait_for_lines(folder: Path, values: dict[str, Any]) -> read.FoundLines:
    """Read until there is a line, a few requests at a time; others are answered at once."""
    has_place, deadline = _waiting.acquire(blocking=False), time.monotonic() + values["wait"]
    try:
        while True:
            page = _read_lines(folder, values)
            if page.entries or not has_place or time.monotonic() > deadline:
                return page
            release_connections()
            time.sleep(LOOK_SECONDS)
    finally:
        if has_place:
            _waiting.release()
