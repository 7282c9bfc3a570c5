"""The simulator stands alone: no framework, and nothing else of Fillwatch."""

import ast
import sys
from pathlib import Path

import pytest

import exchanges.simulator

ALLOWED = {"aiohttp", "trustme"}
ROOT = Path(exchanges.simulator.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))
PURE_FOLDERS = ("accounts", "orders", "markets", "engine", "rate_limits", "faults")
# The venue has the clock, the storage has the disk.
IMPURE = {"engine/venue.py", "engine/storage.py"}
PURE = [
    path
    for path in (file.relative_to(ROOT).as_posix() for file in FILES)
    if path == "decimals.py" or (path.startswith(PURE_FOLDERS) and path not in IMPURE)
]
CLOCKS_NETWORK_AND_DISK = {"aiohttp", "asyncio", "datetime", "socket", "sqlite3", "time", "trustme"}


def imported(file: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_what_a_module_may_import(file: Path) -> None:
    for name in imported(file):
        top = name.partition(".")[0]
        own = name.startswith("exchanges.simulator")
        assert own or top in ALLOWED or top in sys.stdlib_module_names, name


@pytest.mark.parametrize("path", PURE)
def test_the_core_has_no_clock_network_or_disk(path: str) -> None:
    names = imported(ROOT / path)
    assert not names & CLOCKS_NETWORK_AND_DISK
    files = {name.removeprefix("exchanges.simulator.").replace(".", "/") + ".py" for name in names}
    assert {file for file in files if (ROOT / file).exists()} <= set(PURE)
