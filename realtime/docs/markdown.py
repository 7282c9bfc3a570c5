"""The tables of docs/events.md, made from the frames; the prose around them is left alone. Pure."""

import re
from collections.abc import Callable, Iterable, Mapping

from realtime.docs import glossary, json_schema, limits, reference, typescript
from realtime.docs.close_codes import CLOSES, ERRORS, instruction, name
from realtime.docs.reference import Entry, Family
from realtime.endpoints import DOORS, Door

PLACE = re.compile(r"(<!-- made: (\w+) -->\n).*?(<!-- /made -->)", re.DOTALL)


class NoSuchTable(KeyError):
    """The document asks for a table that nobody makes."""


def fill(document: str) -> str:
    """The document with every table between its two marks written anew."""
    return PLACE.sub(lambda found: found[1] + _table(found[2]) + found[3], document)


def _table(name: str) -> str:
    if name not in TABLES:
        raise NoSuchTable(name)
    return "\n" + TABLES[name]().strip() + "\n\n"


def _rows(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    titles = list(head)
    lines = [titles, ["---"] * len(titles), *map(list, rows)]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _doors() -> str:
    rows = [(f"`{door.path}`", door.says, _topics(door), who(door)) for door in DOORS.values()]
    return _rows(("door", "what is heard", "topics", "who"), rows)


def who(door: Door) -> str:
    """Who may come in, in words."""
    if door.for_staff:
        return "operators"
    return "whoever is signed in" if door.needs_login else "anybody"


def _topics(door: Door) -> str:
    return ", ".join(f"`{topic}`" for topic in sorted(door.topics))


def _told(family: Family) -> Callable[[], str]:
    def table() -> str:
        rows = [
            (f"`{entry.name}`", entry.topic or "", _link(entry.shape), _when(entry))
            for entry in reference.of_family(family)
        ]
        return _rows(("type", "topic", "data", "when"), rows)

    return table


def _said(family: Family) -> Callable[[], str]:
    def table() -> str:
        rows = [
            (f"`{entry.name}`", _link(entry.shape), entry.when)
            for entry in reference.of_family(family)
        ]
        return _rows(("type", "data", "what it says"), rows)

    return table


def _when(entry: Entry) -> str:
    return f"{entry.when} *(planned: nothing sends it yet)*" if entry.planned else entry.when


def _link(shape: type) -> str:
    return f"[`{shape.__name__}`](#{shape.__name__.lower()})"


def _closes() -> str:
    rows = [(f"{code:d}", name(code), CLOSES[code], instruction(code)) for code in sorted(CLOSES)]
    return _rows(("code", "name", "why", "do"), rows)


def _errors() -> str:
    return _rows(("code", "what was wrong"), ((f"`{code}`", ERRORS[code]) for code in ERRORS))


def _limits() -> str:
    return _rows(("limit", "usual", "what happens beyond it"), limits.table())


def _shapes() -> str:
    return "\n\n".join(map(_shape, dict.fromkeys(json_schema.with_parts(reference.shapes()))))


def _shape(shape: type) -> str:
    head = f"### {shape.__name__}\n\n{' '.join(glossary.doc(shape).split())}"
    known = json_schema.fields(shape)
    if not known:
        return f"{head} It carries nothing: `{{}}`."
    rows = [
        (f"`{name}`", f"`{typescript.of_type(kind)}`{_maybe(always)}", glossary.words(shape, name))
        for name, (kind, always) in known.items()
    ]
    return f"{head}\n\n{_rows(('field', 'type', 'meaning'), rows)}"


def _maybe(always: bool) -> str:
    return "" if always else ", may be left out"


TABLES: Mapping[str, Callable[[], str]] = {
    "doors": _doors,
    "events": _told("event"),
    "notes": _told("note"),
    "market": _told("market"),
    "socket": _said("socket"),
    "client": _said("client"),
    "closes": _closes,
    "errors": _errors,
    "limits": _limits,
    "shapes": _shapes,
}
