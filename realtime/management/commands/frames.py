"""Writes what is made from the frames into its files, or says which of them are stale."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from realtime.docs import markdown, typescript
from users.commands import CommandWithExamples

TYPES = "realtime/static/realtime/frames.d.ts"
DOCUMENT = "docs/events.md"


EXAMPLES = """
  manage.py frames --write           after you have changed the shape of an event
  manage.py frames --check           in CI; `make check` does it

Exit code 0: all is up to date; 1: something is stale.
"""


class Command(CommandWithExamples):
    help = "Write the types and the tables of all frames, or check that they are up to date."
    examples = EXAMPLES
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--write", action="store_true", help="write what is stale")
        what.add_argument("--check", action="store_true", help="change nothing; 1 if any is stale")

    def handle(self, *args: Any, write: bool, **options: Any) -> None:
        stale = [
            (path, text)
            for path, text in generate_files(settings.BASE_DIR)
            if text != _read_file(path)
        ]
        if not stale:
            self.stdout.write("Everything is up to date.")
        elif write:
            for path, text in stale:
                path.write_text(text)
                self.stdout.write(f"Written: {path.relative_to(settings.BASE_DIR)}")
        else:
            named = ", ".join(str(path.relative_to(settings.BASE_DIR)) for path, _ in stale)
            raise CommandError(f"Stale: {named}. Run manage.py frames --write.", returncode=1)


def generate_files(base: Path) -> list[tuple[Path, str]]:
    """Generate the text of each file."""
    document = base / DOCUMENT
    return [
        (base / TYPES, typescript.build_file()),
        (document, markdown.fill_tables(_read_file(document))),
    ]


def _read_file(path: Path) -> str:
    return path.read_text() if path.exists() else ""
