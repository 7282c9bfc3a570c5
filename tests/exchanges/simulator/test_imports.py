"""The simulator stands alone: no framework, and nothing else of Fillwatch."""

import ast
import sys
from pathlib import Path

import pytest

import exchanges.simulator

ALLOWED = {"aiohttp", "trustme"}
PURE = {
    "accounts",
    "book",
    "candles",
    "conditional",
    "contracts",
    "decimals",
    "engine",
    "fees",
    "filters",
    "ladder",
    "limits",
    "margin",
    "market",
    "moving",
    "orders",
    "placing",
    "positions",
    "records",
    "symbols",
    "triggering",
    "triggers",
    "walk",
}
CLOCKS_AND_DOORS = {"aiohttp", "asyncio", "datetime", "socket", "sqlite3", "time", "trustme"}
FILES = sorted(Path(exchanges.simulator.__file__).parent.rglob("*.py"))


def imported(file: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_what_a_module_may_import(file: Path) -> None:
    for name in imported(file):
        top = name.partition(".")[0]
        own = name.startswith("exchanges.simulator")
        assert own or top in ALLOWED or top in sys.stdlib_module_names, name


@pytest.mark.parametrize("name", sorted(PURE))
def test_the_core_is_pure(name: str) -> None:
    (file,) = (file for file in FILES if file.stem == name)
    assert not imported(file) & CLOCKS_AND_DOORS
    ours = {part for part in imported(file) if part.startswith("exchanges.simulator.")}
    assert {part.rpartition(".")[2] for part in ours} <= PURE
