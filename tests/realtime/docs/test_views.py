"""What is made from the frames is fresh, whole, and says what the frames say."""

import math
from pathlib import Path
from typing import get_args

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from config import settings as configured
from config.launcher.home import BASE
from realtime.docs import limits, markdown, reference, typescript
from realtime.management.commands import frames as command
from realtime.management.commands.frames import DOCUMENT, TYPES

STALE = "Run .venv/bin/python manage.py frames --write, and commit what it wrote."


@pytest.fixture
def base(settings: Settings, tmp_path: Path) -> Path:
    """A copy of the files, to be written."""
    for path in (DOCUMENT, TYPES):
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).write_text((BASE / path).read_text())
    settings.BASE_DIR = tmp_path
    return tmp_path


@pytest.mark.parametrize(("path", "text"), command.generate_files(BASE))
def test_a_file_is_as_the_frames_are(path: Path, text: str) -> None:
    assert path.read_text() == text, STALE


@pytest.mark.parametrize("path", [DOCUMENT, TYPES])
def test_a_stale_file_is_told_of_and_written_anew(base: Path, path: str) -> None:
    fresh = (base / path).read_text()
    (base / path).write_text(fresh.replace("order_filled", "order_full"))
    with pytest.raises(CommandError, match=f"Stale: {path}") as error:
        call_command("frames", "--check")
    assert error.value.returncode == 1
    call_command("frames", "--write")
    assert (base / path).read_text() == fresh
    call_command("frames", "--check")


def test_a_missing_file_is_stale(base: Path) -> None:
    (base / TYPES).unlink()
    with pytest.raises(CommandError):
        call_command("frames", "--check")


def test_a_table_that_nobody_makes_is_an_error() -> None:
    with pytest.raises(markdown.UnknownTable):
        markdown.fill_tables("<!-- made: weather -->\n<!-- /made -->")


def test_prose_around_the_tables_stays_and_all_tables_are_in_the_document() -> None:
    text = markdown.fill_tables("before\n<!-- made: endpoints -->\nold\n<!-- /made -->\nafter")
    assert text.startswith("before\n<!-- made: endpoints -->\n\n| endpoint |")
    assert text.endswith("|\n\n<!-- /made -->\nafter")
    assert "old" not in text
    named = {match[2] for match in markdown.PLACE.finditer((BASE / DOCUMENT).read_text())}
    assert named == markdown.TABLES.keys()


def test_an_upright_line_does_not_break_a_table() -> None:
    row = next(
        line
        for line in markdown.fill_tables("<!-- made: shapes -->\n<!-- /made -->").split("\n")
        if line.startswith("| `average_price`")
    )
    assert row.startswith("| `average_price` | `Money \\| null` |")


def test_the_limits_in_the_documents_are_those_of_the_settings() -> None:
    text = Path(configured.__file__).read_text()
    for name, usual in limits.USUAL.items():
        [line] = [line for line in text.split("\n") if f'"REALTIME_{name}"' in line]
        default = line.split(f'"REALTIME_{name}",')[1].split(")")[0]
        assert math.prod(float(factor) for factor in default.split("*")) == usual, name
    free = limits.build_rows({**limits.USUAL, "CONNECTS_PER_MINUTE": 0})
    assert ("new sockets of an address", "as many as it likes", "4005") in free


def test_every_type_of_frame_is_in_a_union_of_typescript() -> None:
    text = typescript.build_file()
    for entry in reference.list_entries().values():
        assert f"\n  {entry.name}: {entry.shape.__name__};" in text
        assert f"{entry.shape.__name__} " in text
    for family in get_args(reference.Family):
        assert f"export type {family.capitalize()}Frame = " in text


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        (list[str], "string[]"),
        (list[int | None], "(number | null)[]"),
        (dict[str, str | bool], "Record<string, string | boolean>"),
        (float | None, "number | null"),
    ],
)
def test_a_type_as_typescript_writes_it(kind: type, written: str) -> None:
    assert typescript.write_type(kind) == written
