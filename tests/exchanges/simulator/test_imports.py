"""The simulator stands alone, its core is pure, and no two of its folders import each other."""

import ast
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import exchanges.simulator

ALLOWED = {"aiohttp", "trustme"}
ROOT = Path(exchanges.simulator.__file__).parent
FILES = [file.relative_to(ROOT) for file in sorted(ROOT.rglob("*.py"))]
PURE_FOLDERS = {"accounts", "orders", "markets", "engine", "rate_limits", "faults"}
# The venue has the clock, the storage has the disk.
IMPURE = {Path("engine/venue.py"), Path("engine/storage.py")}
PURE = [f for f in FILES if f.parts[0] in {*PURE_FOLDERS, "decimals.py"} and f not in IMPURE]
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


def get_folder(file: Path) -> Path:
    return file if file.parent == Path() else file.parent


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


def test_no_two_folders_import_each_other() -> None:
    folders: dict[Path, set[Path]] = {}
    for file in FILES:
        imported = {get_folder(other) for other in list_imported_files(file)}
        folders.setdefault(get_folder(file), set()).update(imported - {get_folder(file)})
    TopologicalSorter(folders).prepare()  # raises CycleError with the circle
