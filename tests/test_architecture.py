"""Rules that a machine proves: layers, single writers, what the web must not load."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.launcher.home import BASE
from tests.realtime.checking import list_types

APPS = ("config", "operations", "bots", "orders", "exchanges", "realtime", "users")
ORDER_TRUTH = {
    *("status", "filled", "fills_quantity", "cost", "average_price", "fees", "version"),
    *("exchange_order_id", "ended_at", "ended_by", "ended_reason", "end_is_assumed"),
    *("carried", "terms_at"),
}
# Signals have a status too, alerts end, and what was earned has a cost
NOTIFICATIONS = {
    *("operations/notifications/outbox.py", "operations/notifications/sent/resend.py"),
    *(
        "operations/notifications/sending/claims.py",
        "operations/notifications/collections.py",
    ),
}
OTHER_TRUTHS = {
    *NOTIFICATIONS,
    "bots/pnl/lots.py",
    "bots/signals/record.py",
    "operations/alerts/record.py",
}
OTHERS = {"self", "bot", "book", "day", "group", "stop_request"}  # have fields of the same names
DRAWERS = {"services.py", "utils.py", "helpers.py", "managers.py", "common", "core", "signals.py"}
PASSED_BY = {"migrations", "simulator"}  # the simulator has orders of its own


def sources(*folders: str) -> Iterator[Path]:
    for folder in folders:
        for path in sorted((BASE / folder).rglob("*.py")):
            if not PASSED_BY & set(path.relative_to(BASE).parts):
                yield path


def assigned(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Attributes assigned on anything that may be an order, and fields named in bulk updates."""
    for node in ast.walk(tree):
        targets: list[ast.expr] = []
        if isinstance(node, ast.Assign):
            targets = node.targets
        elif isinstance(node, ast.AugAssign | ast.AnnAssign):
            targets = [node.target]
        for target in [part for one in targets for part in getattr(one, "elts", [one])]:
            if isinstance(target, ast.Attribute) and ast.unparse(target.value) not in OTHERS:
                yield target.attr, target.lineno
        if isinstance(node, ast.Call):
            yield from _called(node)


def _called(node: ast.Call) -> Iterator[tuple[str, int]]:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else ast.unparse(node.func)
    if name in ("update", "Order", "create", "get_or_create", "update_or_create"):
        yield from ((word.arg, node.lineno) for word in node.keywords if word.arg)
    if name in ("bulk_update", "setattr"):
        for constant in ast.walk(node):
            if isinstance(constant, ast.Constant) and isinstance(constant.value, str):
                yield constant.value, node.lineno


HISTORY = "orders/order_events.py"


def writers(fields: set[str], *folders: str) -> set[str]:
    found = set()
    for path in sources(*folders):
        hits = {name for name, _ in assigned(ast.parse(path.read_text()))} & fields
        if hits:
            found.add(str(path.relative_to(BASE)))
    return found


def test_only_the_reconciler_changes_the_truth_of_an_order() -> None:
    found = writers(ORDER_TRUTH, "orders", "bots", "operations", "config")
    assert found - OTHER_TRUTHS == {"orders/reconciler.py", HISTORY}
    # The rows of the history repeat status and version; the order itself is not saved there.
    assert ".save(" not in (BASE / HISTORY).read_text()


@pytest.mark.parametrize("path", sorted(OTHER_TRUTHS))
def test_who_writes_another_truth_of_the_same_name_cannot_reach_an_order(path: str) -> None:
    assert "orders.models" not in (BASE / path).read_text()


def test_the_proof_above_sees_each_way_of_writing() -> None:
    ways = "o.status = 1\nx.update(filled=1)\nx.bulk_update(y, ['cost'])\nsetattr(o, 'version', 1)"
    assert {name for name, _ in assigned(ast.parse(ways))} == {
        "status",
        "filled",
        "cost",
        "version",
    }


def test_only_streams_numbers_events() -> None:
    # Which other file even names the tables that hold numbers and events?
    naming = {
        str(path.relative_to(BASE))
        for path in sources(*APPS)
        if any(word in path.read_text() for word in ("INSERT INTO realtime_", "UPDATE realtime_"))
    }
    assert naming == {"realtime/streams.py"}


def test_imports_point_one_way() -> None:
    linted = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=BASE,
        capture_output=True,
        text=True,
        check=False,
    )
    assert linted.returncode == 0, linted.stdout


@pytest.mark.parametrize("module", ["ccxt", "exchanges.pool", "exchanges.simulator", "apprise"])
def test_the_web_never_loads(module: str) -> None:
    code = (
        "import sys, config.asgi\n"
        "from django.urls import get_resolver\n"
        "get_resolver().url_patterns\n"
        f"sys.exit({module!r} in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-W", "ignore", "-c", code], cwd=BASE).returncode == 0


def test_no_drawers() -> None:
    named = {part for path in sources(*APPS) for part in path.relative_to(BASE).parts}
    assert not named & DRAWERS


def test_files_and_functions_stay_small() -> None:
    long = []
    for path in sources(*APPS, "bench"):
        text = path.read_text()
        if text.count("\n") > 400:
            long.append(str(path))
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or 0) - node.lineno + 1
                if lines > 40:
                    long.append(f"{path}:{node.lineno} {node.name} {lines}")
    assert not long


def test_every_event_type_is_documented() -> None:
    document = (BASE / "docs" / "events.md").read_text()
    sent = [name for name, kind in list_types().items() if not kind.planned]
    missing = [name for name in sent if f"`{name}`" not in document]
    assert not missing
