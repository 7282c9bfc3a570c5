"""Templates are short-lined, formatted by djade, and partials are named as such."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from config.launcher.home import BASE

TEMPLATES = sorted((BASE / "templates").rglob("*.html"))
LONGEST = 120
INCLUDED = re.compile(r'{% include "([^"]+)"')
names = pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(BASE)))


def template_name(path: Path) -> str:
    return path.relative_to(BASE / "templates").as_posix()


@names
def test_no_line_is_longer_than_a_screen(path: Path) -> None:
    lines = enumerate(path.read_text().splitlines(), start=1)
    assert [number for number, line in lines if len(line) > LONGEST] == []


@names
def test_only_partials_are_included(path: Path) -> None:
    included = INCLUDED.findall(path.read_text())
    assert [name for name in included if not name.rpartition("/")[2].startswith("_")] == []


def test_each_partial_is_used_somewhere() -> None:
    sources = [*TEMPLATES, *BASE.glob("[a-z]*/**/*.py")]
    text = "".join(path.read_text() for path in sources if ".venv" not in path.parts)
    partials = [template_name(path) for path in TEMPLATES if path.name.startswith("_")]
    assert [name for name in partials if f'"{name}"' not in text] == []


def test_djade_has_nothing_to_change() -> None:
    djade = str(Path(sys.executable).with_name("djade"))
    command = [djade, "--check", "--target-version", "5.2", *map(str, TEMPLATES)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
