"""The simulator stands alone, and its core is pure."""

import ast
import sys
from pathlib import Path

import pytest

import exchanges.simulator

ALLOWED = {"aiohttp", "cryptography", "trustme"}
ROOT = Path(exchanges.simulator.__file__).parent
FILES = [file.relative_to(ROOT) for file in sorted(ROOT.rglob("*.py"))]
PURE_FOLDERS = {"accounts", "orders", "markets", "engine", "rate_limits", "faults"}
# The venue has the clock, the storage has the disk.
IMPURE = {Path("engine/venue.py"), Path("engine/storage.py")}
PURE = [
    f
    for f in FILES
    if f.parts[0] in {*PURE_FOLDERS, "decimals.py", "refusals.py"} and f not in IMPURE
]
CLOCKS_NETWORK_AND_DISK = {"aiohttp", "asyncio", "datetime", "socket", "sqlite3", "time", "trustme"}


def list_imports(file: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse((ROOT / file).read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def list_imported_files(file: Path) -> set[Path]:
    paths = {name.removeprefix("exchanges.simulator.") for name in list_imports(file)}
    return {Path(path.replace(".", "/") + ".py") for path in paths} & set(FILES)


@pytest.mark.parametrize("file", FILES, ids=str)
def test_what_a_module_may_import(file: Path) -> None:
    for name in list_imports(file):
        top = name.partition(".")[0]
        is_own = name.startswith("exchanges.simulator")
        assert is_own or top in ALLOWED or top in sys.stdlib_module_names, name


@pytest.mark.parametrize("file", PURE, ids=str)
def test_the_core_has_no_clock_network_or_disk(file: Path) -> None:
    assert not list_imports(file) & CLOCKS_NETWORK_AND_DISK
    assert list_imported_files(file) <= set(PURE)
