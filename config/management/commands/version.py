"""`manage.py version`: the release that is installed here."""

from typing import Any

from django.conf import settings

from users.commands import CommandWithExamples

EXAMPLES = """
  manage.py version                  put it into a report of a fault

Exit code: always 0.
"""


class Command(CommandWithExamples):
    help = "Print the version of Fillwatch."
    examples = EXAMPLES

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(settings.VERSION)
