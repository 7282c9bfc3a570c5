"""Look up in the OpenAPI document which query parameters an operation has, and if it has a body.

The document is what clients read, so it decides what is known. What it does not list is refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from threading import Lock
from typing import Any

from drf_spectacular.generators import EndpointEnumerator, SchemaGenerator
from drf_spectacular.settings import spectacular_settings


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the document."""

    parameters: Mapping[str, bool]  # of the query, and whether each may be given more than once
    has_body: bool


_reading = Lock()


@cache
def read_operation(callback: Any, route: str, method: str) -> Operation:
    """Build this operation's part of the document: 3 ms, once for each operation and process.

    One thread at a time: drf-spectacular looks for libraries at its first use, and another thread
    that comes meanwhile fails on what it has half looked up.
    """
    with _reading:
        return _build_operation(callback, route, method)


def _build_operation(callback: Any, route: str, method: str) -> Operation:
    generator = SchemaGenerator()  # type: ignore[no-untyped-call]
    view = generator.create_view(callback, method)  # type: ignore[no-untyped-call]
    path = EndpointEnumerator().get_path_from_regex(route)  # type: ignore[no-untyped-call]
    path = generator.coerce_path(path, method, view)  # type: ignore[no-untyped-call]
    view.request = spectacular_settings.GET_MOCK_REQUEST(method, path, view, None)
    described = view.schema.get_operation(path, route, "^/", method, generator.registry)
    return Operation(
        parameters={
            parameter["name"]: parameter["schema"].get("type") == "array"
            for parameter in described.get("parameters", ())
            if parameter["in"] == "query"
        },
        has_body="requestBody" in described,
    )
