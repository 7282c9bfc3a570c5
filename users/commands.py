"""The base of our commands: `--help` ends with examples and exit codes."""

from argparse import RawDescriptionHelpFormatter
from typing import Any

from django.core.management.base import BaseCommand, DjangoHelpFormatter


class PlainHelpFormatter(RawDescriptionHelpFormatter, DjangoHelpFormatter):
    """Django's order of options, and the lines of examples as they are written."""


class CommandWithExamples(BaseCommand):
    """A command whose `examples` are lines such as `  manage.py jobs status`, and its exit codes.

    A test parses each line, so an example that no longer works is found.
    """

    examples = ""

    def create_parser(self, *args: Any, **kwargs: Any) -> Any:
        kwargs |= {"epilog": self.examples, "formatter_class": PlainHelpFormatter}
        return super().create_parser(*args, **kwargs)
