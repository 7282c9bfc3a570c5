"""Each frame has a schema that takes what is sent and refuses everything else."""

import json
from datetime import UTC, datetime
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator, Draft202012Validator

from realtime import frames
from realtime.docs import close_codes, glossary, json_schema, reference, shape_fields
from realtime.endpoints import ENDPOINTS
from realtime.frames import Close
from realtime.socket import parsing
from tests.realtime.checking import build_full_schema, wrongs

ENTRIES = reference.list_entries()


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=ENTRIES)
def test_an_example_is_what_its_schema_says(entry: reference.FrameEntry) -> None:
    schema = build_full_schema(entry)
    Draft202012Validator.check_schema(schema)
    Draft7Validator.check_schema(schema)
    assert wrongs(entry, entry.example()) == []


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=ENTRIES)
def test_a_schema_refuses_what_is_too_much_too_little_or_something_else(
    entry: reference.FrameEntry,
) -> None:
    frame = entry.example()
    bad = [
        frame | {"more": 1},
        frame | {"type": "other"},
        frame | {"data": frame["data"] | {"more": 1}},
        frame | {"data": []},
    ]
    bad += [frame | {"data": frame["data"] | {name: {"a": {}}}} for name in frame["data"]]
    for name, (_, always) in json_schema.get_fields(entry.shape).items():
        if always:
            less = {key: value for key, value in frame["data"].items() if key != name}
            bad.append(frame | {"data": less})
    assert [frame for frame in bad if not wrongs(entry, frame)] == []


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=ENTRIES)
def test_what_the_encoders_write_is_what_the_schemas_say(entry: reference.FrameEntry) -> None:
    data = frames.dump_json(entry.example()["data"])
    text = frames.note_frame(entry.name, data)
    if entry.name in frames.EVENTS:
        now = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
        text = frames.event_frame(entry.name, seq=1, timestamp=now, data=data)
    assert wrongs(entry, json.loads(text)) == []


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("price", "1e3"),
        ("price", 42.1),
        ("price", ""),
        ("status", "gone"),
        ("created_at", "2026-11-21 09:30"),
        ("created_at", "2026-11-21T09:30:00+01:00"),
        ("fees", {"BNB": 0.1}),
        ("bot", "5"),
    ],
)
def test_money_time_and_words_of_a_list_are_told_from_other_strings(kind: str, value: Any) -> None:
    entry = ENTRIES["order_update"]
    frame = entry.example()
    assert wrongs(entry, frame | {"data": frame["data"] | {kind: value}})


def test_every_field_has_words_and_no_words_are_left_over() -> None:
    every = {shape.__name__: shape for shape in json_schema.iterate_shapes(reference.list_shapes())}
    used = {
        (name, field) for name, shape in every.items() for field in json_schema.get_fields(shape)
    }
    wordless = {
        (name, field)
        for name, field in used
        if field not in shape_fields.OWN.get(name, {}) and field not in glossary.FIELDS
    }
    assert not wordless, "realtime/docs/glossary.py has no words for these"
    own = {(name, field) for name, fields in shape_fields.OWN.items() for field in fields}
    assert not own - used, "realtime/docs/glossary.py has words for what is not there"
    assert set(glossary.FIELDS) <= {field for _, field in used - own}
    assert all(glossary.get_docstring(shape) != dict.__doc__ for shape in every.values())


def test_every_close_code_and_error_has_words() -> None:
    assert close_codes.CLOSES.keys() == set(Close)
    assert all(close_codes.get_instruction(code) for code in Close)
    assert set(close_codes.ERRORS) == set(
        get_args(json_schema.get_fields(ENTRIES["error"].shape)["code"][0])
    )


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("subscribe", {}),
        ("subscribe", {"since": None, "topics": None}),
        ("subscribe", {"since": {"epoch": "1-a", "seq": 0}}),
        ("subscribe", {"since": {"epoch": "1-a"}}),
        ("subscribe", {"since": {"epoch": 1, "seq": 0}}),
        ("subscribe", {"since": {"epoch": "1-a", "seq": "0"}}),
        ("subscribe", {"topics": ["orders", "bots"]}),
        ("subscribe", {"topics": ["weather"]}),
        ("subscribe", {"topics": "orders"}),
        ("watch", {}),
        ("watch", {"instruments": []}),
        ("watch", {"instruments": ["okx.futures.paper:BTC/USDT:USDT"], "interval_ms": None}),
        ("watch", {"instruments": ["BTC/USDT"]}),
        ("watch", {"instruments": ["okx.spot:BTC/USDT"], "topics": ["prices", "books"]}),
        ("watch", {"instruments": ["okx.spot:BTC/USDT"], "interval_ms": "fast"}),
        ("auth", {"token": "a.b.c"}),
        ("auth", {}),
        ("auth", {"token": None}),
        ("pong", {}),
        ("pong", {"seq": None}),
        ("pong", {"seq": 12}),
        ("pong", {"seq": "12"}),
        ("pong", {"seq": -1}),
        ("pong", {"seq": 2**63}),
        ("subscribe", {"topics": []}),
        ("subscribe", {"since": {"epoch": "e" * 65, "seq": 0}}),
        ("watch", {"instruments": ["okx.spot:BTC/USDT"], "interval_ms": 99}),
        ("watch", {"instruments": ["okx.spot:BTC/USDT"], "topics": []}),
        ("watch", {"instruments": ["okx.spot:BTC/USDT", "okx.spot:BTC/USDT"]}),
        ("watch", {"instruments": [f"okx.spot:A{number}/USDT" for number in range(101)]}),
        ("auth", {"token": ""}),
        ("ping", {}),
    ],
)
def test_the_server_reads_what_the_schema_allows_and_refuses_what_it_forbids(
    name: str, data: dict[str, Any]
) -> None:
    frame = {"type": name, "data": data}
    try:
        parsing.parse_frame(json.dumps(frame), ENDPOINTS["all"])
        is_read = True
    except parsing.BadFrame:
        is_read = False
    assert is_read == (not wrongs(ENTRIES[f"client.{name}"], frame))


def made_of(schema: json_schema.Schema, names: json_schema.Schema) -> st.SearchStrategy[Any]:
    """Whatever a schema of ours allows."""
    if "allOf" in schema or "anyOf" in schema:
        # What stands beside the parts narrows each of them.
        beside = {name: value for name, value in schema.items() if name not in ("allOf", "anyOf")}
        parts = schema.get("allOf") or schema["anyOf"]
        return st.one_of(*(made_of(part | beside, names) for part in parts))
    if "$ref" in schema:
        return made_of(names[schema["$ref"].rpartition("/")[2]], names)
    if "enum" in schema or "const" in schema:
        return st.sampled_from(schema.get("enum") or [schema["const"]])
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return st.one_of(*(_of_kind(kind, schema, names) for kind in kinds))


def _of_kind(
    kind: str, schema: json_schema.Schema, names: json_schema.Schema
) -> st.SearchStrategy[Any]:
    match kind:
        case "object":
            parts = {name: made_of(value, names) for name, value in schema["properties"].items()}
            needed = {name: parts.pop(name) for name in schema["required"]}
            return st.fixed_dictionaries(needed, optional=parts)
        case "array":
            sizes = {"min_size": schema.get("minItems", 0), "max_size": schema.get("maxItems", 9)}
            return st.lists(
                made_of(schema["items"], names), unique=schema.get("uniqueItems", False), **sizes
            )
        case "integer":
            return st.integers(schema.get("minimum"), schema.get("maximum"))
        case "string" if "pattern" in schema:
            return st.from_regex(
                schema["pattern"], fullmatch=True, alphabet=st.characters(codec="ascii")
            )
        case "string":
            return st.text(
                min_size=schema.get("minLength", 0), max_size=schema.get("maxLength", 99)
            )
    return st.none()


@pytest.mark.parametrize("entry", reference.list_family("client"), ids=lambda entry: entry.name)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_whatever_a_schema_allows_the_server_reads(
    entry: reference.FrameEntry, data: st.DataObject
) -> None:
    schema = build_full_schema(entry)
    frame = data.draw(made_of(schema, schema["$defs"]))
    assert wrongs(entry, frame) == []
    try:
        parsing.parse_frame(json.dumps(frame), ENDPOINTS["all"])
        refused = ""
    except parsing.BadFrame as bad:
        refused = bad.code
    assert refused in ("", "wrong_topics")  # which topics there are is up to the endpoint
