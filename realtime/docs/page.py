"""The page of the events: what it shows, made from the frames as they are declared. Pure."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from realtime.docs import close_codes, glossary, json_schema, limits, reference, typescript
from realtime.docs.markdown import describe_access
from realtime.docs.reference import Family, FrameEntry
from realtime.endpoints import ENDPOINTS

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

Row = dict[str, Any]  # of the template
EPOCH = "1-9f31c0aa52de"
TALK: list[tuple[Literal["server", "client"], str, dict[str, Any], str]] = [
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


def build_context(bounds: Mapping[str, float]) -> dict[str, Any]:
    """Build the template's context."""
    return {
        "endpoints": [
            {
                "path": endpoint.path,
                "says": endpoint.says,
                "topics": sorted(endpoint.topics),
                "who": describe_access(endpoint),
            }
            for endpoint in ENDPOINTS.values()
        ],
        "talk": [
            {"side": side, "frame": _format_short(of, data), "remark": remark}
            for side, of, data, remark in TALK
        ],
        "sections": _build_sections(),
        "closes": _group_close_codes(),
        "errors": [(code, mark_code(meaning)) for code, meaning in close_codes.ERRORS.items()],
        "limits": [tuple(map(mark_code, row)) for row in limits.build_rows(bounds)],
        "names": [(name, glossary.MARKS[name]) for name, _ in json_schema.NAMED.values()],
    }


def mark_code(text: str) -> SafeString:
    """Mark `code` in a text as HTML."""
    parts = QUOTED.split(text)
    return _join_safe(
        format_html("<code>{}</code>", part) if place % 2 else part
        for place, part in enumerate(parts)
    )


def color_json(frame: object) -> SafeString:
    """Format JSON with its keys, strings, numbers and constants in colours."""
    text = json.dumps(frame, indent=2, ensure_ascii=False)
    parts, end = list[str](), 0
    for match in JSON_PART.finditer(text):
        parts.append(text[end : match.start()])
        parts.append(format_html('<span class="{}">{}</span>', match.lastgroup, match[0]))
        end = match.end()
    return _join_safe([*parts, text[end:]])


def _join_safe(parts: Iterable[str]) -> SafeString:
    """Join the parts, and escape those that are not marked as safe."""
    return format_html_join("", "{}", ((part,) for part in parts))


def _format_short(of: str, data: Mapping[str, Any]) -> str:
    """Format a frame on one line, with the fields of the example only."""
    entry = reference.list_entries()[of]
    number = {"seq": data["seq"]} if entry.numbered else {}
    shown = {
        name: value for name, value in data.items() if name in json_schema.get_fields(entry.shape)
    }
    text = json.dumps({"type": entry.name} | number | {"data": shown}, ensure_ascii=False)
    return text if len(shown) == len(json_schema.get_fields(entry.shape)) else f"{text[:-2]}, …}}}}"


def _build_sections() -> list[Row]:
    first = dict[type, str]()
    return [
        {
            "id": family,
            "title": title,
            "intro": mark_code(intro),
            "frames": [_build_frame(entry, first) for entry in reference.list_family(family)],
        }
        for family, (title, intro) in FAMILIES.items()
    ]


def _build_frame(entry: FrameEntry, first: dict[type, str]) -> Row:
    """Build a type of frame as it is shown; `like` names an earlier one with the same fields."""
    like = first.setdefault(entry.shape, entry.id)
    return {
        "id": entry.id,
        "name": entry.name,
        "topic": entry.topic,
        "when": mark_code(entry.when),
        "planned": entry.planned,
        "about": mark_code(glossary.get_docstring(entry.shape) if entry.topic else ""),
        "fields": list(_build_fields(entry.shape)),
        "like": like if like != entry.id else None,
        "example": color_json(entry.example()),
    }


def _build_fields(shape: type, within: str = "") -> Iterable[Row]:
    """Build a row for each field; fields of a nested shape follow, with its name in front."""
    for name, (kind, always) in json_schema.get_fields(shape).items():
        yield {
            "name": within + name,
            "kind": typescript.write_type(kind),
            "meaning": mark_code(glossary.get_meaning(shape, name)),
            "always": always,
        }
        for part in json_schema.get_parts(kind):
            yield from _build_fields(part, f"{within}{name}.")


def _group_close_codes() -> list[tuple[str, str, list[tuple[int, str, str]]]]:
    """Group the close codes by what they ask of the client."""
    return [
        (
            f"{first} to {first + 99}",
            instruction,
            [
                (int(code), close_codes.get_label(code), why)
                for code, why in close_codes.CLOSES.items()
                if code // 100 * 100 == first
            ],
        )
        for first, instruction in close_codes.INSTRUCTIONS.items()
    ]
