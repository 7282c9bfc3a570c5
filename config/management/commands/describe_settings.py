"""`manage.py describe_settings`: write the tables of docs/settings.md."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from config import settings_table
from users.commands import CommandWithExamples

EXAMPLES = """
  manage.py describe_settings            after you have added or changed a setting
  manage.py describe_settings --check    change nothing, for CI

Exit code 0: the document is up to date; 1: it is not.
"""


class Command(CommandWithExamples):
    help = "Write docs/settings.md: every setting, from the code and from .env.example."
    examples = EXAMPLES
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="write nothing; exit code 1 if it is out of date"
        )

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        document = settings_table.DOCUMENT
        present = document.read_text()
        rendered = settings_table.render_document(present)
        if check and rendered != present:
            raise CommandError(f"{document.name} is out of date: `manage.py describe_settings`.")
        if not check:
            document.write_text(rendered)
        self.stdout.write(f"{document.name} is up to date.")
