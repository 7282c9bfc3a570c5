"""Describe what all operations of the OpenAPI document share: refusals, and bodies of DELETE."""

from http import HTTPStatus
from typing import Any, Final

from drf_spectacular.openapi import AutoSchema

from users.api_tokens.access import ATTRIBUTE, needed_scope
from users.api_tokens.authentication import ApiTokenScheme

DETAIL: Final = "Refusal"
FIELDS: Final = "RefusedFields"
REASONS: Final = "FieldReasons"
ROW_OF_REASONS: Final = {
    "type": "object",
    "additionalProperties": {"$ref": f"#/components/schemas/{REASONS}"},
}
SENTENCE_OR_REASONS: Final = {
    "anyOf": [{"type": "string"}, {"$ref": f"#/components/schemas/{REASONS}"}]
}
SCHEMAS: Final = {
    DETAIL: {
        "type": "object",
        "properties": {"detail": {"type": "string", "description": "Why not, in words"}},
        "required": ["detail"],
    },
    FIELDS: {
        "type": "object",
        "description": "Why not, by field or parameter; what is about none is `non_field_errors`."
        " A body that is no JSON has one sentence in `detail`.",
        "properties": {"detail": SENTENCE_OR_REASONS, "code": SENTENCE_OR_REASONS},
        "additionalProperties": {"$ref": f"#/components/schemas/{REASONS}"},
    },
    REASONS: {
        "description": "Sentences; for a field with fields or rows of its own, those of each",
        "anyOf": [
            {"type": "array", "items": {"anyOf": [{"type": "string"}, ROW_OF_REASONS]}},
            ROW_OF_REASONS,
        ],
    },
}
WORDS: Final = {
    HTTPStatus.BAD_REQUEST: "A field or parameter is wrong, or not known",
    HTTPStatus.UNAUTHORIZED: "Not signed in, or no longer",
    HTTPStatus.FORBIDDEN: "Not allowed to you, or the session's CSRF token is missing",
    HTTPStatus.NOT_FOUND: "There is none, or it is another user's",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is larger than allowed",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "The body is not declared as `application/json`",
    HTTPStatus.SERVICE_UNAVAILABLE: "A part of the server is away; `Retry-After` says for how long"
    " to wait",
    HTTPStatus.TOO_MANY_REQUESTS: "Too many requests; `Retry-After` says how many seconds to wait",
}


class ApiSchema(AutoSchema):
    """The library's schema, but a DELETE may have a body where its view says so."""

    def get_auth(self) -> Any:
        """Leave API tokens out where none is taken."""
        methods = super().get_auth()
        if needed_scope(self.view, self.method) is None:
            return [method for method in methods if ApiTokenScheme.name not in method]
        return methods

    def get_extensions(self) -> Any:
        """Say which scope an API token needs here, and whether one for some keys is enough."""
        scope = needed_scope(self.view, self.method)
        if scope is None:
            return {}
        some_keys = getattr(self.view, ATTRIBUTE).key_tokens
        return {"x-api-token": {"scope": scope, "some_keys": some_keys}}

    def _get_request_body(self, direction: str = "request") -> Any:
        if self.method != "DELETE":
            return super()._get_request_body(direction)  # type: ignore[no-untyped-call]
        self.method = "POST"
        try:
            return super()._get_request_body(direction)  # type: ignore[no-untyped-call]
        finally:
            self.method = "DELETE"


def list_refusals(result: Any, **_: Any) -> Any:
    """Add to each operation the refusals that any of its kind may answer."""
    result["components"].setdefault("schemas", {}).update(SCHEMAS)
    for path, operations in result["paths"].items():
        for operation in operations.values():
            responses = operation["responses"]
            for status in _list_statuses(path, operation):
                responses.setdefault(str(status.value), {"description": WORDS[status]})
            for code, response in responses.items():
                if code.startswith(("4", "5")):
                    response.setdefault("content", _refusal_content(code))
            operation["responses"] = dict(sorted(responses.items()))
    return result


def _list_statuses(path: str, operation: Any) -> list[HTTPStatus]:
    # 400: a parameter is unknown; 503: the database may be away.
    statuses = [
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.SERVICE_UNAVAILABLE,
    ]
    if any(operation.get("security", ())):
        statuses += [HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN]
    if "{" in path or _has_cursor(operation):
        statuses.append(HTTPStatus.NOT_FOUND)
    # Also where no body is taken: one that is sent is read, so that it can be refused.
    statuses += [HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNSUPPORTED_MEDIA_TYPE]
    return statuses


def _has_cursor(operation: Any) -> bool:
    """Tell whether it answers 404 to a cursor or a format that there is not."""
    names = {parameter["name"] for parameter in operation.get("parameters", ())}
    return bool(names & {"cursor", "format"})


def _refusal_content(code: str) -> Any:
    name = FIELDS if code == "400" else DETAIL
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}
