"""The page of the events: what it shows, made from the frames as they are declared. Pure."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from realtime.docs import close_codes, glossary, json_schema, limits, reference, typescript
from realtime.docs.markdown import who
from realtime.docs.reference import Entry, Family
from realtime.endpoints import DOORS, Door

QUOTED = re.compile(r"`([^`]+)`")
JSON_PART = re.compile(
    r'(?P<key>"(?:[^"\\]|\\.)*")(?=:)|(?P<text>"(?:[^"\\]|\\.)*")|(?P<word>\b(?:true|false|null)\b)'
    r"|(?P<number>-?\d+(?:\.\d+)?)"
)
FAMILIES: Mapping[Family, tuple[str, str]] = {
    "event": (
        "Numbered events",
        "Part of the user's stream: stored, in order, delivered exactly once. They carry the"
        " absolute state; a higher `version` replaces a lower one, so a repeat is harmless.",
    ),
    "note": (
        "Without a number",
        "Not stored and not repeated; the newest wins. `operations` is heard by operators only.",
    ),
    "market": (
        "Markets",
        "To whoever watches the instrument. The newest wins, at the rate that the client chose.",
    ),
    "socket": ("About the socket itself", "The server's part of the conversation."),
    "client": ("What a client may say", "Anything else is answered by an `error`."),
}


Side = Literal["server", "client"]
EPOCH = "1-9f31c0aa52de"
TALK: list[tuple[Side, str, dict[str, Any], str]] = [
    ("server", "hello", {"protocol": "fillwatch.v1", "authenticated": "no"}, ""),
    ("client", "client.auth", {"token": "eyJhbGciOi…"}, "Not needed with a cookie or a bearer."),
    ("server", "ready", {"user": 7, "epoch": EPOCH, "seq": 120, "expires_in": 899.2}, ""),
    (
        "client",
        "client.subscribe",
        {"since": {"epoch": EPOCH, "seq": 118}, "topics": ["orders"]},
        "118 was the last that was seen.",
    ),
    ("server", "order_update", {"seq": 119, "id": 4711, "version": 3}, ""),
    ("server", "order_filled", {"seq": 120, "id": 4711, "version": 4}, ""),
    (
        "server",
        "live",
        {"epoch": EPOCH, "seq": 120, "topics": ["orders"]},
        "All that was missed has been sent; from here on events come as they happen.",
    ),
    ("server", "ping", {"seq": 120, "head": 120}, ""),
    ("client", "client.pong", {"seq": 120}, ""),
]


@dataclass(frozen=True, slots=True)
class Line:
    """What one side says; `words` beside it."""

    side: Side
    frame: str
    words: str


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    kind: str
    words: SafeString
    always: bool


@dataclass(frozen=True, slots=True)
class Frame:
    """A type of frame as it is shown. `like` names an earlier one with the same fields."""

    id: str
    name: str
    topic: str | None
    when: SafeString
    planned: bool
    about: SafeString
    fields: list[Field]
    like: str | None
    example: SafeString


@dataclass(frozen=True, slots=True)
class Section:
    id: str
    title: str
    words: SafeString
    frames: list[Frame]


@dataclass(frozen=True, slots=True)
class DoorRow:
    path: str
    says: str
    topics: list[str]
    who: str


def page(bounds: Mapping[str, float]) -> dict[str, Any]:
    """All that the template needs."""
    return {
        "doors": [_door(door) for door in DOORS.values()],
        "talk": _talk(),
        "sections": _sections(),
        "closes": _closes(),
        "errors": [(code, marked(words)) for code, words in close_codes.ERRORS.items()],
        "limits": [tuple(map(marked, row)) for row in limits.table(bounds)],
        "names": [(name, glossary.MARKS[name]) for name, _ in json_schema.NAMED.values()],
    }


def marked(text: str) -> SafeString:
    """Words in which `code` is marked as such."""
    parts = QUOTED.split(text)
    return _joined(
        format_html("<code>{}</code>", part) if place % 2 else part
        for place, part in enumerate(parts)
    )


def coloured(frame: object) -> SafeString:
    """JSON in which keys, strings, numbers and words can be told from each other."""
    text = json.dumps(frame, indent=2, ensure_ascii=False)
    parts, end = list[str](), 0
    for found in JSON_PART.finditer(text):
        parts.append(text[end : found.start()])
        parts.append(format_html('<span class="{}">{}</span>', found.lastgroup, found[0]))
        end = found.end()
    return _joined([*parts, text[end:]])


def _joined(parts: Iterable[str]) -> SafeString:
    """What is not marked as safe is escaped."""
    return format_html_join("", "{}", ((part,) for part in parts))


def _talk() -> list[Line]:
    """The usual beginning, out of the examples."""
    return [Line(side, _short(of, data), words) for side, of, data, words in TALK]


def _short(of: str, data: Mapping[str, Any]) -> str:
    """On one line, without what is not spoken of."""
    entry = reference.entries()[of]
    number = {"seq": data["seq"]} if entry.numbered else {}
    shown = {name: value for name, value in data.items() if name in json_schema.fields(entry.shape)}
    text = json.dumps({"type": entry.name} | number | {"data": shown}, ensure_ascii=False)
    return text if len(shown) == len(json_schema.fields(entry.shape)) else f"{text[:-2]}, …}}}}"


def _sections() -> list[Section]:
    first = dict[type, str]()
    return [
        Section(family, title, marked(words), list(_frames(reference.of_family(family), first)))
        for family, (title, words) in FAMILIES.items()
    ]


def _frames(entries: Iterable[Entry], first: dict[type, str]) -> Iterable[Frame]:
    for entry in entries:
        like = first.setdefault(entry.shape, entry.id)
        yield Frame(
            id=entry.id,
            name=entry.name,
            topic=entry.topic,
            when=marked(entry.when),
            planned=entry.planned,
            about=marked(glossary.doc(entry.shape) if entry.topic else ""),
            fields=list(_fields(entry.shape)),
            like=like if like != entry.id else None,
            example=coloured(entry.example()),
        )


def _fields(shape: type, within: str = "") -> Iterable[Field]:
    """Those of a shape within it follow with its name before theirs."""
    for name, (kind, always) in json_schema.fields(shape).items():
        words = marked(glossary.words(shape, name))
        yield Field(within + name, typescript.of_type(kind), words, always)
        for part in json_schema.parts(kind):
            yield from _fields(part, f"{within}{name}.")


def _door(door: Door) -> DoorRow:
    return DoorRow(door.path, door.says, sorted(door.topics), who(door))


def _closes() -> list[tuple[str, str, list[tuple[int, str, str]]]]:
    """By what they ask of the client."""
    return [
        (
            f"{first} to {first + 99}",
            words,
            [
                (int(code), close_codes.name(code), why)
                for code, why in close_codes.CLOSES.items()
                if code // 100 * 100 == first
            ],
        )
        for first, words in close_codes.INSTRUCTIONS.items()
    ]
