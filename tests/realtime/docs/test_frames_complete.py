"""A frame type without a schema, a sender or a test does not pass, unless it is planned."""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pytest

from config.launcher.home import BASE
from realtime.docs import reference
from realtime.docs.reference import FrameEntry
from realtime.endpoints import ENDPOINTS
from realtime.socket import parsing
from tests.realtime.checking import wrongs
from tests.test_architecture import APPS, sources

# The call, and what it sends
CALLS = {"event": "event", "notify_user": "note", "notify_staff": "note", "build_note": "note"}
SENDS = {"_queue_frame", "server_frame"}
MAKERS = {"test_frames_complete.py", "test_json_schema.py", "test_views.py", "test_asyncapi.py"}
OURS_NEVER_SEND = {"ping"}  # our clients wait for the server's; others may ask
Sent = set[tuple[str, str]]  # family and type


def sent(tree: ast.Module) -> Sent:
    """What the code sends: the types that stand in its calls, by what they are."""
    names = constants(tree)
    types_sent: Sent = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            types_sent |= set(_called(node, names))
        elif isinstance(node, ast.Tuple) and len(node.elts) == 2:
            # notify_watchers takes pairs of type and data
            types_sent |= {("market", kind) for kind in _word(node.elts[0], names)}
    return types_sent


def constants(tree: ast.Module) -> Mapping[str, str]:
    """Words that a module gives a name to."""
    named = {}
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        if isinstance(node, ast.AnnAssign):
            targets = [node.target]
        for target in targets:
            value = getattr(node, "value", None)
            if isinstance(target, ast.Name) and isinstance(value, ast.Constant):
                named[target.id] = str(value.value)
    return named


def _called(node: ast.Call, names: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else ast.unparse(node.func)
    if name in SENDS and node.args:
        yield from (("socket", kind) for kind in _word(node.args[0], names))
    for keyword in node.keywords:
        if name in CALLS and keyword.arg == "type":
            yield from ((CALLS[name], kind) for kind in _word(keyword.value, names))


def _word(node: ast.expr, names: Mapping[str, str]) -> Iterator[str]:
    """The words that an expression may be."""
    match node:
        case ast.Constant(value=str(word)):
            yield word
        case ast.Name(id=name) if name in names:
            yield names[name]
        case ast.IfExp(body=first, orelse=second):
            yield from (*_word(first, names), *_word(second, names))


def spoken(tree: ast.Module) -> set[str]:
    """Every word that stands in the functions of a test's module, or in what they are given."""
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def trees(paths: Iterable[Path]) -> Iterator[ast.Module]:
    return (ast.parse(path.read_text()) for path in paths)


def without_sender(entries: Iterable[FrameEntry], types_sent: Sent) -> set[str]:
    """Types that nothing sends though they are not marked as planned."""
    return {
        entry.id
        for entry in entries
        if not entry.planned and (entry.family, entry.name) not in types_sent
    }


def sent_though_planned(entries: Iterable[FrameEntry], types_sent: Sent) -> set[str]:
    return {
        entry.id for entry in entries if entry.planned and (entry.family, entry.name) in types_sent
    }


def without_test(entries: Iterable[FrameEntry], names_used: set[str]) -> set[str]:
    return {entry.id for entry in entries if not entry.planned and entry.name not in names_used}


@pytest.fixture(scope="module")
def types_sent() -> Sent:
    return set().union(*map(sent, trees(sources(*APPS))))


def list_sendable() -> list[FrameEntry]:
    return reference.list_family("event", "note", "market", "socket")


def test_every_type_of_frame_has_a_schema_that_takes_an_example() -> None:
    for entry in reference.list_entries().values():
        assert entry.id in reference.EXAMPLES, "add one to realtime/examples.json"
        assert not wrongs(entry, entry.example())
    assert reference.EXAMPLES.keys() == reference.list_entries().keys()


def test_every_type_of_frame_is_sent_by_something(types_sent: Sent) -> None:
    assert not without_sender(list_sendable(), types_sent), (
        "nothing sends these: mark them as planned"
    )


def test_nothing_sends_what_is_marked_as_planned(types_sent: Sent) -> None:
    assert not sent_though_planned(list_sendable(), types_sent), (
        "these are sent: take planned=True away"
    )


def test_every_type_of_frame_is_in_a_test() -> None:
    paths = [path for path in sources("tests") if path.name not in MAKERS]
    names_used = set().union(*map(spoken, trees(paths)))
    assert not without_test(reference.list_entries().values(), names_used), (
        "no test speaks of these"
    )


def test_whatever_a_client_may_say_is_read_and_nothing_else() -> None:
    names = [entry.name for entry in reference.list_family("client")]
    with pytest.raises(parsing.BadFrame) as bad:
        parsing.parse_frame('{"type": "weather"}', ENDPOINTS["all"])
    assert bad.value.message == f'"type" is one of {", ".join(names)}.'


def test_both_of_our_clients_say_all_of_it() -> None:
    names = {entry.name for entry in reference.list_family("client")} - OURS_NEVER_SEND
    folder = BASE / "realtime" / "static" / "realtime"
    script = "".join(path.read_text() for path in folder.glob("*.js"))
    assert names <= set(re.findall(r'\bsend\("(\w+)"', script))
    python = "".join(
        (BASE / "realtime" / name).read_text() for name in ("client/stream.py", "client/state.py")
    )
    assert names <= set(re.findall(r'"type": "(\w+)"', python))


# The rules themselves can fail

EVERYTHING = """
PRICE: Final = "price_update"
unit.event(user_id=1, type="trade", data=data)
publish.notify_user(user_id=1, type="stream_state" if one else "venue_state", data=data)
publish.notify_staff(type="job_update", data=data)
told.append((PRICE, data))
told = [("book_update", data)]
self._queue_frame("hello", data)
control.server_frame("bye", data)
"""


def test_the_rules_see_each_way_of_sending() -> None:
    assert sent(ast.parse(EVERYTHING)) >= {
        ("event", "trade"),
        ("note", "stream_state"),
        ("note", "venue_state"),
        ("note", "job_update"),
        ("market", "price_update"),
        ("market", "book_update"),
        ("socket", "hello"),
        ("socket", "bye"),
    }


@pytest.mark.parametrize(
    "source",
    [
        'log.info("trade")',
        'if frame["type"] == "trade": pass',
        'SHELF = Shelf(frozenset({"trade"}))',
        'publish.notify_user(user_id=1, type="trade", data=data)',
        'unit.event(user_id=1, type="order_update", data=order_data(order, "trade"))',
    ],
)
def test_a_word_that_only_stands_there_is_no_sender(source: str) -> None:
    trade = reference.list_entries()["trade"]
    assert without_sender([trade], sent(ast.parse(source))) == {"trade"}


def test_a_type_without_a_sender_or_a_test_is_named_unless_it_is_planned() -> None:
    real = FrameEntry("weather", "event", dict, "it rains", "system")
    planned = FrameEntry("weather", "event", dict, "it rains", "system", planned=True)
    raining = sent(ast.parse('unit.event(user_id=1, type="weather", data={})'))
    assert without_sender([real], set()) == {"weather"}
    assert without_sender([real], raining) == set()
    assert without_sender([planned], set()) == set()
    assert sent_though_planned([planned], raining) == {"weather"}
    assert sent_though_planned([planned], set()) == set()
    assert without_test([real], spoken(ast.parse('wire.next("rain")'))) == {"weather"}
    assert without_test([real], spoken(ast.parse('wire.next("weather")'))) == set()
