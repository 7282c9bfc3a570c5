"""The AsyncAPI 3 document of all endpoints, made from the frames as they are declared. Pure.

The application that it describes is the server: it sends what a client hears.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from realtime.docs import close_codes, glossary, json_schema, limits, reference
from realtime.docs.reference import FrameEntry
from realtime.endpoints import ENDPOINTS, Endpoint
from realtime.frames import PROTOCOL

Node = dict[str, Any]

AT = "#/components/schemas/"
DESCRIPTION = """\
One socket, JSON text frames. Every user has a stream: a log of numbered events, without gaps, in
the order of commits. A client that comes back says in `subscribe` which number it saw last, is
sent the rest and then `live`; if that cannot be done whole, `reset` asks it to read
`GET /api/v1/snapshot/` and to subscribe from there. A `bye` frame goes before every close, and the
close codes are instructions (`x-close-codes`). Money is a string, time is UTC."""
WAYS_IN: Mapping[str, Node] = {
    "session": {
        "type": "httpApiKey",
        "in": "cookie",
        "name": "sessionid",
        "description": "The session of a signed-in browser, from a page whose origin is trusted.",
    },
    "subprotocol": {
        "type": "httpApiKey",
        "in": "header",
        "name": "Sec-WebSocket-Protocol",
        "description": f"{PROTOCOL}, bearer.<base64url of the access token, without padding>",
    },
    "first_frame": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "An access token in the frame `auth`, in time and before any other.",
    },
}


def build_document(host: str, *, secure: bool, bounds: Mapping[str, float] = limits.USUAL) -> Node:
    """Build the document for the server at this host."""
    return {
        "asyncapi": "3.0.0",
        "info": _build_info(f"http{'s' * secure}://{host}/api/events/"),
        "defaultContentType": "application/json",
        "servers": {"this": {"host": host, "protocol": "wss" if secure else "ws"}},
        "channels": {endpoint.name: _build_channel(endpoint) for endpoint in ENDPOINTS.values()},
        "operations": {
            name: operation
            for endpoint in ENDPOINTS.values()
            for name, operation in _build_operations(endpoint)
        },
        "components": {
            "messages": {
                entry.id: _build_message(entry) for entry in reference.list_entries().values()
            },
            "schemas": json_schema.build_definitions(reference.list_shapes(), AT),
            "securitySchemes": dict(WAYS_IN),
        },
        "x-close-codes": _list_close_codes(),
        "x-errors": dict(close_codes.ERRORS),
        "x-limits": [
            {"of": of, "usual": usual, "beyond": beyond}
            for of, usual, beyond in limits.build_rows(bounds)
        ],
    }


def _build_info(page: str) -> Node:
    return {
        "title": "Fillwatch events",
        "version": PROTOCOL.rpartition(".v")[2],
        "description": DESCRIPTION,
        "license": {"name": "MIT"},
        "externalDocs": {"url": page, "description": "The same for people"},
    }


def _list_close_codes() -> Node:
    return {
        str(int(code)): {"name": code.name, "why": why, "do": close_codes.get_instruction(code)}
        for code, why in close_codes.CLOSES.items()
    }


def _list_entries(endpoint: Endpoint) -> Iterator[FrameEntry]:
    return (entry for entry in reference.list_entries().values() if entry.is_used_at(endpoint))


def _build_channel(endpoint: Endpoint) -> Node:
    return {
        "address": endpoint.path,
        "title": endpoint.says,
        "description": f"Topics: {', '.join(sorted(endpoint.topics))}.",
        "messages": {
            entry.id: {"$ref": f"#/components/messages/{entry.id}"}
            for entry in _list_entries(endpoint)
        },
        "bindings": {"ws": {"method": "GET", "bindingVersion": "0.1.0"}},
        "x-staff-only": endpoint.for_staff,
        "x-needs-login": endpoint.needs_login,
    }


def _build_operations(endpoint: Endpoint) -> Iterator[tuple[str, Node]]:
    for name, action, verb in (("tell", "send", "heard"), ("listen", "receive", "said")):
        of_client = action == "receive"
        entries = [e for e in _list_entries(endpoint) if (e.family == "client") == of_client]
        title = f"What is {verb} at {endpoint.path}"
        yield f"{endpoint.name}.{name}", _build_operation(endpoint, action, title, entries)


def _build_operation(
    endpoint: Endpoint, action: str, title: str, entries: list[FrameEntry]
) -> Node:
    ways: Node = {"security": [{"$ref": f"#/components/securitySchemes/{way}"} for way in WAYS_IN]}
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{endpoint.name}"},
        "title": title,
        "messages": [
            {"$ref": f"#/channels/{endpoint.name}/messages/{entry.id}"} for entry in entries
        ],
    } | (ways if endpoint.needs_login else {})


def _build_message(entry: FrameEntry) -> Node:
    about = {"tags": [{"name": entry.topic}]} if entry.topic else {}
    return {
        "name": entry.name,
        "title": entry.id,
        "summary": entry.when,
        "description": glossary.get_docstring(entry.shape),
        "payload": entry.schema(AT),
        "examples": [{"name": entry.name, "payload": entry.example()}],
        "x-family": entry.family,
        "x-planned": entry.planned,
    } | about
