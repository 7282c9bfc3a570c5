"""Every command of ours teaches: what it does, examples that parse, options, and exit codes."""

import re
import shlex
from argparse import SUPPRESS
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import get_commands, load_command_class
from django.core.management.base import BaseCommand

BASE = Path(settings.BASE_DIR)
OURS = {
    name: app
    for name, app in get_commands().items()
    if isinstance(app, str) and (BASE / app / "management").is_dir()
}
EXAMPLE = re.compile(r"^ +manage\.py (?P<words>.+?)(?: {2,}.*)?$", re.MULTILINE)
# These change rows, and first say what they would do.
REHEARSED = {"check_orders", "prune_audit", "prune_events", "resync", "rotate_secrets"}
FOR_MACHINES = {
    *("check_orders", "check_streams", "doctor", "health", "jobs", "prove", "prune_events"),
    *("resync", "stream", "verify_audit", "watch", "logs"),
}


def load_command(name: str) -> BaseCommand:
    return load_command_class(OURS[name], name)


def read_help(name: str) -> tuple[Any, str]:
    parser = load_command(name).create_parser("manage.py", name)
    return parser, f"{parser.description}\n{parser.epilog or ''}"


def list_options(name: str) -> set[str]:
    parser, _ = read_help(name)
    return {text for action in parser._actions for text in action.option_strings}


def test_the_commands_are_found() -> None:
    assert {"doctor", "health", "jobs", "check_orders", "watch", "up"} <= set(OURS)


@pytest.mark.parametrize("name", sorted(OURS))
def test_its_help_teaches(name: str) -> None:
    parser, text = read_help(name)
    assert "xit code" in text
    lines = [match["words"] for match in EXAMPLE.finditer(text)]
    assert lines, "no example"
    for line in lines:
        command, *words = shlex.split(line.partition(" | ")[0])
        assert command == name
        parser.parse_args(words)  # ends the test where it does not parse
    untold = [each.dest for each in parser._actions if not each.help or each.help == SUPPRESS]
    assert set(untold) <= {"username", "action", "part"}


@pytest.mark.parametrize("name", sorted(OURS))
def test_the_document_lists_it(name: str) -> None:
    document = "".join(path.read_text() for path in (BASE / "docs").glob("*.md"))
    assert f"manage.py {name}" in document or f"`{name}`" in document


@pytest.mark.parametrize("name", sorted(REHEARSED))
def test_what_changes_rows_has_a_dry_run(name: str) -> None:
    assert "--dry-run" in list_options(name)


@pytest.mark.parametrize("name", sorted(FOR_MACHINES))
def test_what_reports_has_a_form_for_machines(name: str) -> None:
    assert "--json" in list_options(name)
