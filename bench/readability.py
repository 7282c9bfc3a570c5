"""Count what makes the code hard to find one's way in: names, folders, docstrings, lines."""

import ast
import gc
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench import Result

ROOT: Final = Path(__file__).resolve().parent.parent
APPS: Final = ("config", "operations", "bots", "orders", "exchanges", "realtime", "users")
LARGEST_FOLDER: Final = 18
LONGEST_FILE: Final = 300
ONE_WORD_SHARE: Final = 0.40
RIDDLES: Final = 20  # docstrings that open like one
DOUBLED_CLASSES: Final = 6
RIDDLE: Final = re.compile(r"(What|Who|Whose|Whoever|Whom|Of|As|That|So|Which)\b")
# Names that a framework gives: every app has its own.
FRAMEWORK_CLASSES: Final = {"Meta", "Command", "Migration", "Settings"}
FRAMEWORK_FUNCTIONS: Final = {
    *("handle", "ready", "save", "delete", "clean", "validate", "get", "post", "put", "patch"),
    *("list", "create", "retrieve", "update", "destroy", "emit", "format", "run", "main", "close"),
}
DOCUMENTED: Final = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
ROLES: Final = {"__init__", "__main__"}


@dataclass(frozen=True, kw_only=True)
class Counts:
    folders: dict[str, int]  # modules in each
    functions: int
    one_word: list[str]
    docstrings: int
    riddles: list[str]
    doubled: dict[str, int]
    longest: dict[str, int]  # files above the limit
    lines: dict[str, int]  # by kind

    @property
    def one_word_share(self) -> float:
        return len(self.one_word) / self.functions

    @property
    def largest_folder(self) -> tuple[str, int]:
        return max(self.folders.items(), key=lambda item: item[1])


def _parse_all(modules: Iterable[Path]) -> dict[Path, ast.Module]:
    """Parse each module, with the garbage collector off.

    CPython 3.11 raises SystemError where a collection runs Python code in the midst of its parser
    (python/cpython#106905), as finalizers of earlier tests do.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        return {path: ast.parse(path.read_text()) for path in modules}
    finally:
        if was_on:
            gc.enable()


def count(root: Path = ROOT) -> Counts:
    """Count the production code below `root`; folders also where tests and benches are."""
    modules = list(_list_modules(root, *APPS))
    trees = _parse_all(modules)
    names = [
        (f"{path.relative_to(root)}:{node.lineno} {node.name}", node.name)
        for path, tree in trees.items()
        for node in _list_functions(tree)
    ]
    documented = [
        (f"{path.relative_to(root)}: {text.splitlines()[0]}", text)
        for path, tree in trees.items()
        for text in _list_docstrings(tree)
    ]
    # The simulator is a program of its own with orders and fills of its own.
    classes = _count_classes(tree for path, tree in trees.items() if "simulator" not in path.parts)
    return Counts(
        folders=dict(
            Counter(
                str(path.parent.relative_to(root))
                for path in _list_modules(root, *APPS, "tests", "bench")
                if path.stem not in ROLES
            )
        ),
        functions=len(names),
        one_word=[place for place, name in names if "_" not in name.strip("_")],
        docstrings=len(documented),
        riddles=[place for place, text in documented if RIDDLE.match(text)],
        doubled={name: number for name, number in classes.items() if number > 1},
        longest={
            str(path.relative_to(root)): lines
            for path in modules
            if (lines := path.read_text().count("\n")) > LONGEST_FILE and path.name != "settings.py"
        },
        lines=_count_lines(root),
    )


def _count_classes(trees: Iterable[ast.AST]) -> Counter[str]:
    return Counter(
        node.name
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and node.name not in FRAMEWORK_CLASSES
    )


def _list_modules(root: Path, *folders: str) -> Iterator[Path]:
    for folder in folders:
        for path in sorted((root / folder).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path


def _list_functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            and not node.name.startswith("__")
            and node.name not in FRAMEWORK_FUNCTIONS
        ):
            yield node


def _list_docstrings(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, DOCUMENTED) and (text := ast.get_docstring(node)):
            yield text


def _count_lines(root: Path) -> dict[str, int]:
    kinds = {"Python": "*.py", "templates": "*.html", "JavaScript": "*.js", "CSS": "*.css"}
    return {
        kind: sum(
            path.read_text().count("\n")
            for folder in (*APPS, "templates")
            for path in (root / folder).rglob(pattern)
            if "migrations" not in path.parts
        )
        for kind, pattern in kinds.items()
    }


def run(quick: bool = False, against: Path | None = None) -> Result:
    """Count this checkout, beside another one where given."""
    found = [_list_figures(count(folder.resolve())) for folder in (against, ROOT) if folder]
    return Result(
        title="How hard it is to find one's way",
        columns=["what", *(["before"] if against else []), "now"],
        rows=[[name, *(figures[name] for figures in found)] for name in found[0]],
    )


def _list_figures(found: Counts) -> dict[str, str]:
    folder, modules = found.largest_folder
    return {
        "modules in the largest folder": f"{modules} ({folder})",
        "folders above 18 modules": str(
            sum(number > LARGEST_FOLDER for number in found.folders.values())
        ),
        "files above 300 lines": str(len(found.longest)),
        "functions": str(found.functions),
        "of these with a name of one word": f"{found.one_word_share:.0%}",
        "docstrings": str(found.docstrings),
        "of these opening like a riddle": str(len(found.riddles)),
        "class names used twice": str(len(found.doubled)),
        **{f"lines of {kind}": str(number) for kind, number in found.lines.items()},
        "lines in all": str(sum(found.lines.values())),
    }


def main() -> None:
    """List each finding, for whoever mends them."""
    found = count()
    for title, findings in (
        ("Names of one word", found.one_word),
        ("Docstrings that open like a riddle", found.riddles),
        ("Classes of one name", [f"{name} {number}" for name, number in found.doubled.items()]),
        ("Long files", [f"{path} {lines}" for path, lines in found.longest.items()]),
    ):
        print(f"\n# {title}: {len(findings)}", *findings, sep="\n")


if __name__ == "__main__":
    main()
