"""TypeScript declarations of all frames, made from the shapes as they are declared. Pure."""

from collections.abc import Iterable, Mapping
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, is_typeddict

from realtime.docs import glossary, json_schema, reference
from realtime.docs.close_codes import CLOSES
from realtime.docs.reference import Family
from realtime.frames import Topic

PLAIN: Mapping[object, str] = {
    str: "string",
    int: "number",
    bool: "boolean",
    float: "number",
    NoneType: "null",
}
WIDTH = 100
HEAD = """\
// Every frame of the sockets, made from realtime/shapes/ and realtime/socket/control_frames.py.
// Written by `manage.py frames --write`: do not edit."""
MAPS: Mapping[Family, tuple[str, str]] = {
    "event": ("Event", "Numbered: stored in the user's stream, delivered exactly once."),
    "note": ("Note", "Without a number: not stored, may be lost, the newest wins."),
    "market": ("Market", "About a watched instrument; the newest wins, at the chosen rate."),
    "socket": ("Socket", "What the server says about the socket itself."),
    "client": ("Client", "What a client may say."),
}
FRAMES = """\
export interface Numbered<Type extends string, Data> {
  type: Type;
  /** One more than that of the event before it. */
  seq: number;
  /** When it was committed. */
  timestamp: Time;
  data: Data;
}

export interface Plain<Type extends string, Data> {
  type: Type;
  data: Data;
}"""
UNIONS = """\
/** All that a server may send; `type` says which, and "seq" in frame whether it is an event. */
export type ServerFrame = EventFrame | NoteFrame | MarketFrame | SocketFrame;

/** Whatever tells of something, by its type. */
export interface DataByType extends EventDataByType, NoteDataByType, MarketDataByType {}"""


def build_file() -> str:
    """Build the file of declarations."""
    parts = [
        HEAD,
        *_build_names(),
        *map(_build_interface, dict.fromkeys(json_schema.iterate_shapes(reference.list_shapes()))),
    ]
    parts += [FRAMES, *(_build_family(family) for family in MAPS), UNIONS]
    return "\n\n".join(parts) + "\n"


def write_type(kind: Any) -> str:
    """Write a type in TypeScript."""
    if name := json_schema.get_mark(kind):
        return json_schema.NAMED[name][0]
    origin, inside = get_origin(kind), get_args(kind)
    if kind == Topic:
        return "Topic"
    if is_typeddict(kind):
        return json_schema.get_public_name(kind)
    if origin is Literal:
        return " | ".join(f'"{word}"' for word in inside)
    if origin in (Union, UnionType):
        return " | ".join(write_type(part) for part in inside)
    if origin is list:
        item = write_type(inside[0])
        return f"({item})[]" if " " in item else f"{item}[]"
    if origin is dict:
        return f"Record<string, {write_type(inside[1])}>"
    return PLAIN[kind]


def _build_names() -> list[str]:
    marks = [
        f"/** {glossary.MARKS[name]} */\nexport type {name} = string;"
        for name, _ in json_schema.NAMED.values()
    ]
    topics = _build_alias("Topic", (f'"{topic}"' for topic in get_args(Topic)))
    closes = _build_alias("CloseCode", (str(int(code)) for code in CLOSES))
    return [*marks, topics, f"/** An instruction: see the table of close codes. */\n{closes}"]


def _build_alias(name: str, options: Iterable[str]) -> str:
    listed = list(options)
    flat = f"export type {name} = {' | '.join(listed)};"
    if len(flat) <= WIDTH:
        return flat
    return f"export type {name} =" + "".join(f"\n  | {word}" for word in listed) + ";"


def _build_interface(shape: type) -> str:
    name = json_schema.get_public_name(shape)
    head = f"/** {' '.join(glossary.get_docstring(shape).split())} */\n"
    body = [
        f"  /** {glossary.get_meaning(shape, field)} */\n"
        f"  {field}{'' if always else '?'}:{_wrap_type(field, write_type(kind))};"
        for field, (kind, always) in json_schema.get_fields(shape).items()
    ]
    if not body:
        return f"{head}export type {name} = Record<string, never>;"
    return "\n".join([f"{head}export interface {name} {{", *body, "}"])


def _wrap_type(name: str, kind: str) -> str:
    if len(name) + len(kind) + 5 <= WIDTH:
        return f" {kind}"
    return "".join(f"\n    | {word}" for word in kind.split(" | "))


def _build_family(family: Family) -> str:
    name, meaning = MAPS[family]
    entries = reference.list_family(family)
    rows = [f"  {entry.name}: {json_schema.get_public_name(entry.shape)};" for entry in entries]
    form = "Numbered" if family == "event" else "Plain"
    each = f"{{ [Type in {name}Type]: {form}<Type, {name}DataByType[Type]> }}"
    lines = [f"/** {meaning} */", f"export interface {name}DataByType {{", *rows, "}", ""]
    lines += [f"export type {name}Type = keyof {name}DataByType;"]
    return "\n".join([*lines, f"export type {name}Frame = {each}[{name}Type];"])
