"""JSON Schemas of all frames, made from the shapes as they are declared. Pure.

Only what draft 7 (which AsyncAPI 3 extends) and draft 2020-12 understand alike: a `$ref` stands
alone, and null is one of the types.
"""

from collections.abc import Iterator, Mapping
from types import NoneType, UnionType
from typing import (
    Any,
    Literal,
    NotRequired,
    Required,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

from realtime import watchlist
from realtime.docs import glossary
from realtime.socket import parsing

Schema = dict[str, Any]

PLAIN: Mapping[object, str] = {
    str: "string",
    int: "integer",
    bool: "boolean",
    float: "number",
    NoneType: "null",
}
# The strings that shapes/fields.py marks
NAMED: Mapping[str, tuple[str, Schema]] = {
    "money": ("Money", {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$"}),
    "time": (
        "Time",
        {
            "type": "string",
            "format": "date-time",
            "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(\.[0-9]{1,6})?Z$",
        },
    ),
    "instrument": ("Instrument", {"type": "string", "pattern": f"^{parsing.INSTRUMENT.pattern}$"}),
}
# TypedDicts whose name in the published documents differs: clients know a place as a position
PUBLIC_NAMES: Mapping[str, str] = {"Offset": "Position"}
# What a client's frame must keep beyond its types; each holds for what it can hold for
SEQ: Schema = {"minimum": 0, "maximum": parsing.TOP_SEQ}
BOUNDS: Mapping[tuple[str, str], Schema] = {
    ("AuthRequest", "token"): {"minLength": 1},
    ("Offset", "epoch"): {"maxLength": parsing.LONGEST_EPOCH},
    ("Offset", "seq"): SEQ,
    ("PongRequest", "seq"): SEQ,
    ("SubscribeRequest", "topics"): {"minItems": 1},
    ("WatchRequest", "topics"): {"minItems": 1},
    ("WatchRequest", "instruments"): {"maxItems": watchlist.LONGEST, "uniqueItems": True},
    ("WatchRequest", "interval_ms"): {
        "minimum": watchlist.FASTEST_MS,
        "maximum": watchlist.SLOWEST_MS,
    },
}


def get_public_name(shape: type) -> str:
    return PUBLIC_NAMES.get(shape.__name__, shape.__name__)


def get_fields(shape: type) -> dict[str, tuple[Any, bool]]:
    """Return each field's type, and if it is always there."""
    total = getattr(shape, "__total__", True)
    return {
        name: (get_args(kind)[0], get_origin(kind) is Required)
        if get_origin(kind) in (Required, NotRequired)
        else (kind, total)
        for name, kind in get_type_hints(shape, include_extras=True).items()
    }


def get_mark(kind: Any) -> str | None:
    """Return the name that shapes/fields.py gave to a string of its own sort."""
    return getattr(kind, "__metadata__", (None,))[0]


def build_shape_schema(shape: type, at: str) -> Schema:
    """Build the schema of this shape; other shapes are referred to by `at` and name."""
    known = get_fields(shape)
    return {
        "type": "object",
        "description": glossary.get_docstring(shape),
        "properties": {
            name: _add_description(build_type_schema(kind, at), glossary.get_meaning(shape, name))
            | BOUNDS.get((shape.__name__, name), {})
            for name, (kind, _) in known.items()
        },
        "required": [name for name, (_, always) in known.items() if always],
        "additionalProperties": False,
    }


def build_type_schema(kind: Any, at: str) -> Schema:
    if name := get_mark(kind):
        return {"$ref": at + NAMED[name][0]}
    if is_typeddict(kind):
        return {"$ref": at + get_public_name(kind)}
    origin, inside = get_origin(kind), get_args(kind)
    if origin is Literal:
        return {"type": "string", "enum": list(inside)}
    if origin in (Union, UnionType):
        return _build_union([build_type_schema(part, at) for part in inside])
    if origin is list:
        return {"type": "array", "items": build_type_schema(inside[0], at)}
    if origin is dict:
        return {"type": "object", "additionalProperties": build_type_schema(inside[1], at)}
    return {"type": PLAIN[kind]}


def _build_union(parts: list[Schema]) -> Schema:
    """Plain ones share a list of types; a null that stands beside an enum belongs to it."""
    if all(part.keys() == {"type"} for part in parts):
        return {"type": [part["type"] for part in parts]}
    return {"anyOf": parts}


def _add_description(schema: Schema, description: str) -> Schema:
    bare = {"allOf": [schema]} if "$ref" in schema else schema
    return bare | {"description": description}


def build_frame_schema(
    name: str, shape: type, at: str, *, numbered: bool = False, may_be_bare: bool = False
) -> Schema:
    """Build the schema of a frame of this type; a bare frame has no `data`."""
    number: Schema = {
        "seq": {"type": "integer", "minimum": 1, "description": glossary.SEQ},
        "timestamp": {"allOf": [{"$ref": at + "Time"}], "description": glossary.TIMESTAMP},
    }
    properties: Schema = {"type": {"type": "string", "const": name}}
    properties |= number if numbered else {}
    properties["data"] = {"$ref": at + get_public_name(shape)}
    return {
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name != "data" or not may_be_bare],
        "additionalProperties": False,
    }


def build_definitions(shapes: "list[type]", at: str) -> dict[str, Schema]:
    """Build the schemas of these shapes and of those they refer to, by name."""
    named = {
        name: schema | {"description": glossary.MARKS[name]} for name, schema in NAMED.values()
    }
    return named | {
        get_public_name(shape): build_shape_schema(shape, at) for shape in iterate_shapes(shapes)
    }


def iterate_shapes(shapes: list[type]) -> Iterator[type]:
    """Yield these shapes and those in their fields."""
    for shape in shapes:
        yield shape
        for kind, _ in get_fields(shape).values():
            yield from iterate_shapes(get_parts(kind))


def get_parts(kind: Any) -> list[type]:
    """Return the shapes that a field of this type holds."""
    return [part for part in (kind, *get_args(kind)) if is_typeddict(part)]
