"""The tables of docs/events.md, made from the frames; the prose around them is left alone. Pure."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

from realtime.docs import glossary, json_schema, limits, reference, typescript
from realtime.docs.close_codes import CLOSES, ERRORS, get_instruction, get_label
from realtime.docs.reference import Family, FrameEntry
from realtime.endpoints import ENDPOINTS, Endpoint

PLACE = re.compile(r"(<!-- made: (\w+) -->\n).*?(<!-- /made -->)", re.DOTALL)


class UnknownTable(KeyError):
    """The document names a table that does not exist."""


def fill_tables(document: str) -> str:
    """Write every table between its marks anew, and return the document."""
    return PLACE.sub(lambda match: match[1] + _build_table(match[2]) + match[3], document)


def _build_table(name: str) -> str:
    if name not in TABLES:
        raise UnknownTable(name)
    return "\n" + TABLES[name]().strip() + "\n\n"


def _format_table(titles: Sequence[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join(f"| {' | '.join(_format_cell(cell) for cell in line)} |" for line in lines)


def _format_cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _endpoint_table() -> str:
    rows = [
        (
            f"`{endpoint.path}`",
            endpoint.says,
            ", ".join(f"`{topic}`" for topic in sorted(endpoint.topics)),
            describe_access(endpoint),
        )
        for endpoint in ENDPOINTS.values()
    ]
    return _format_table(("endpoint", "what is heard", "topics", "who"), rows)


def describe_access(endpoint: Endpoint) -> str:
    """Describe who may connect to an endpoint."""
    if endpoint.for_staff:
        return "operators with the right to one of its types"
    return "whoever is signed in" if endpoint.needs_login else "anybody"


def _topic_table(family: Family) -> str:
    rows = [
        (f"`{entry.name}`", entry.topic or "", _link_shape(entry.shape), _format_when(entry))
        for entry in reference.list_family(family)
    ]
    return _format_table(("type", "topic", "data", "when"), rows)


def _frame_table(family: Family) -> str:
    rows = [
        (f"`{entry.name}`", _link_shape(entry.shape), entry.when)
        for entry in reference.list_family(family)
    ]
    return _format_table(("type", "data", "what it says"), rows)


def _format_when(entry: FrameEntry) -> str:
    planned = " *(planned: nothing sends it yet)*" if entry.planned else ""
    right = f"; with the right `{entry.right}`" if entry.right else ""
    return f"{entry.when}{right}{planned}"


def _link_shape(shape: type) -> str:
    name = json_schema.get_public_name(shape)
    return f"[`{name}`](#{name.lower()})"


def _close_code_table() -> str:
    rows = [
        (f"{code:d}", get_label(code), why, get_instruction(code))
        for code, why in sorted(CLOSES.items())
    ]
    return _format_table(("code", "name", "why", "do"), rows)


def _error_table() -> str:
    rows = [(f"`{code}`", meaning) for code, meaning in ERRORS.items()]
    return _format_table(("code", "what was wrong"), rows)


def _limit_table() -> str:
    return _format_table(("limit", "usual", "what happens beyond it"), limits.build_rows())


def _shape_sections() -> str:
    shapes = dict.fromkeys(json_schema.iterate_shapes(reference.list_shapes()))
    return "\n\n".join(map(_shape_section, shapes))


def _shape_section(shape: type) -> str:
    docstring = " ".join(glossary.get_docstring(shape).split())
    head = f"### {json_schema.get_public_name(shape)}\n\n{docstring}"
    known = json_schema.get_fields(shape)
    if not known:
        return f"{head} It carries nothing: `{{}}`."
    rows = [
        (
            f"`{name}`",
            f"`{typescript.write_type(kind)}`{'' if always else ', may be left out'}",
            glossary.get_meaning(shape, name),
        )
        for name, (kind, always) in known.items()
    ]
    return f"{head}\n\n{_format_table(('field', 'type', 'meaning'), rows)}"


TABLES: Mapping[str, Callable[[], str]] = {
    "endpoints": _endpoint_table,
    "events": partial(_topic_table, "event"),
    "notes": partial(_topic_table, "note"),
    "market": partial(_topic_table, "market"),
    "socket": partial(_frame_table, "socket"),
    "client": partial(_frame_table, "client"),
    "closes": _close_code_table,
    "errors": _error_table,
    "limits": _limit_table,
    "shapes": _shape_sections,
}
