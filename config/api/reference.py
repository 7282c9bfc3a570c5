"""The API's reference as rows for a page, made from its OpenAPI document. Pure."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

METHODS: Final = ("get", "post", "put", "patch", "delete")
REFERENCE: Final = "#/components/schemas/"
DEEPEST: Final = 4  # of an example: schemas may contain themselves
EXAMPLES: Final = {
    "date-time": "2026-01-05T10:00:00.000000Z",
    "date": "2026-01-05",
    "decimal": "0.5",
    "uuid": "b3c1f5a0-8f6e-4a1d-9c55-0a4f6f0f2c11",
    "email": "ada@example.org",
    "uri": "https://example.org/",
}
Document = Mapping[str, Any]
Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FieldRow:
    """A parameter, or a field of a body."""

    name: str
    type: str
    place: str
    is_required: bool
    text: str


@dataclass(frozen=True, slots=True)
class AnswerRow:
    status: str
    text: str
    fields: list[FieldRow]
    example: str


@dataclass(frozen=True, slots=True)
class ApiOperation:
    """One operation of the API with everything that its entry shows."""

    id: str
    tag: str
    method: str
    path: str
    summary: str
    text: str
    scope: str
    is_open: bool
    parameters: list[FieldRow]
    body: list[FieldRow]
    request: str
    answers: list[AnswerRow]

    @property
    def words(self) -> str:
        return f"{self.method} {self.path} {self.text} {self.tag}".lower()


def list_operations(document: Document, *, base_url: str) -> list[ApiOperation]:
    """Return all operations by tag, then in the order of their paths."""
    found = [
        _build_operation(document, path, method, item[method], base_url)
        for path, item in document["paths"].items()
        for method in METHODS
        if method in item
    ]
    return sorted(found, key=lambda operation: operation.tag)


def search_operations(operations: list[ApiOperation], text: str) -> list[ApiOperation]:
    """Return the operations that contain each of the words."""
    words = text.lower().split()
    return [one for one in operations if all(word in one.words for word in words)]


def make_example(document: Document, schema: Schema, depth: int = 0) -> Any:
    """Return a value that fits the schema: an example of its own, or one of its type."""
    schema = resolve_schema(document, schema)
    for name in ("example", "default", "const"):
        if schema.get(name) is not None:
            return schema[name]
    if values := [value for value in schema.get("enum", ()) if value not in (None, "")]:
        return values[0]
    match schema.get("type"):
        case "array":
            return [] if depth > DEEPEST else [make_example(document, schema["items"], depth + 1)]
        case "object" if depth <= DEEPEST:
            fields = schema.get("properties", {}).items()
            return {name: make_example(document, one, depth + 1) for name, one in fields}
        case "object":
            return {}
        case "integer":
            return schema.get("minimum", 1)
        case "number":
            return 1.5
        case "boolean":
            return True
    return EXAMPLES.get(schema.get("format", ""), "text")


def resolve_schema(document: Document, schema: Schema) -> Schema:
    """Follow a reference; of several schemas take the first, or all of them together."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(REFERENCE)
        return resolve_schema(document, document["components"]["schemas"][name])
    if "allOf" in schema:
        parts = [resolve_schema(document, part) for part in schema["allOf"]]
        properties = {k: v for part in parts for k, v in part.get("properties", {}).items()}
        joined = {k: v for part in parts for k, v in part.items()} | {"properties": properties}
        return joined | {k: v for k, v in schema.items() if k != "allOf"}
    for name in ("oneOf", "anyOf"):
        if schema.get(name):
            return resolve_schema(document, schema[name][0])
    return schema


def describe_type(document: Document, schema: Schema) -> str:
    full = resolve_schema(document, schema)
    kind = full.get("type", "any")
    if full.get("enum"):
        return " | ".join(str(value) for value in full["enum"] if value not in (None, ""))
    if kind == "array":
        return f"list of {describe_type(document, full.get('items', {}))}"
    text = full.get("format") or kind
    return f"{text} or null" if full.get("nullable") else str(text)


def _build_operation(
    document: Document, path: str, method: str, item: Mapping[str, Any], base_url: str
) -> ApiOperation:
    text = str(item.get("description") or item.get("summary") or "")
    body = _read_schema(item.get("requestBody", {}))
    writable = {} if body is None else _select_writable(document, body)
    return ApiOperation(
        id=str(item["operationId"]),
        tag=next(iter(item.get("tags", ())), "other"),
        method=method.upper(),
        path=path,
        summary=text.split("\n")[0].split(". ")[0].rstrip("."),
        text=text,
        scope=str(item.get("x-api-token", {}).get("scope", "")),
        is_open={} in item.get("security", []) or not item.get("security"),
        parameters=[_describe_parameter(document, one) for one in item.get("parameters", ())],
        body=list(_list_fields(document, writable)) if writable else [],
        request=_write_request(document, path, method, writable, base_url),
        answers=[_describe_answer(document, *pair) for pair in item["responses"].items()],
    )


def _describe_parameter(document: Document, item: Mapping[str, Any]) -> FieldRow:
    kind = describe_type(document, item.get("schema", {}))
    text = str(item.get("description", ""))
    return FieldRow(item["name"], kind, item["in"], bool(item.get("required")), text)


def _describe_answer(document: Document, status: str, item: Mapping[str, Any]) -> AnswerRow:
    schema = _read_schema(item)
    shown = schema if schema is not None and status.startswith("2") else None
    fields = [] if shown is None else list(_list_fields(document, shown))
    example = "" if shown is None else _write_json(make_example(document, shown))
    return AnswerRow(status, str(item.get("description", "")), fields, example)


def _list_fields(document: Document, schema: Schema) -> Iterator[FieldRow]:
    full = resolve_schema(document, schema)
    if full.get("type") == "array":
        full = resolve_schema(document, full["items"])
    required = full.get("required", ())
    for name, own in full.get("properties", {}).items():
        text = own.get("description") or resolve_schema(document, own).get("description", "")
        kind = describe_type(document, own)
        yield FieldRow(name, kind, "", name in required, str(text).split("\n")[0])


def _select_writable(document: Document, schema: Schema) -> Schema:
    """Return the schema without what only the server writes."""
    full = resolve_schema(document, schema)
    properties = full.get("properties", {})
    own = {name: one for name, one in properties.items() if not one.get("readOnly")}
    return {**full, "properties": own} if properties else full


def _read_schema(item: Mapping[str, Any]) -> Schema | None:
    """Return the schema of a body in JSON, or None."""
    content = item.get("content", {})
    found: Schema | None = content.get("application/json", {}).get("schema")
    return found


def _write_request(document: Document, path: str, method: str, body: Schema, base_url: str) -> str:
    lines = [f"curl -X {method.upper()} {base_url}{path}", '  -H "Authorization: Bearer $TOKEN"']
    if body:
        example = make_example(document, body)
        required = body.get("required", ())
        if isinstance(example, dict) and required:  # the shortest body that is taken
            example = {name: value for name, value in example.items() if name in required}
        text = json.dumps(example, ensure_ascii=False)
        lines += ['  -H "Content-Type: application/json"', f"  -d '{text}'"]
    return " \\\n".join(lines)


def _write_json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
