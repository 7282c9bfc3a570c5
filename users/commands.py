"""The base of our commands: `--help` ends with examples and exit codes; bars for long ones."""

from argparse import RawDescriptionHelpFormatter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import BaseCommand, DjangoHelpFormatter, OutputWrapper
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn


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


class ProgressBar:
    """The progress of a long command: a bar where the total is known, else a moving sign."""

    def __init__(self, progress: Progress, label: str, total: float | None) -> None:
        self._progress = progress
        self._task = progress.add_task(label, total=total)

    def show(self, done: float, *, label: str = "") -> None:
        """Set how much is done, and if given what is done now."""
        more = {"description": label} if label else {}
        self._progress.update(self._task, completed=done, **more)  # type: ignore[arg-type]

    def name(self, label: str) -> None:
        self._progress.update(self._task, description=label)

    def write_line(self, stdout: OutputWrapper, text: str) -> None:
        """Write a line above the bar; where the output is no terminal, as without a bar."""
        if self._progress.disable or not stdout.isatty():
            stdout.write(text)
        else:
            self._progress.console.print(text, markup=False, highlight=False)


@contextmanager
def show_progress(
    label: str, *, total: float | None = None, is_shown: bool = True, console: Console | None = None
) -> Iterator[ProgressBar]:
    """Show a bar on the terminal until the block ends; nothing in a file or a pipe."""
    shown = console or Console(stderr=True)
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %" if total else ""),
        TimeElapsedColumn(),
    )
    is_off = not (is_shown and shown.is_terminal)
    with Progress(*columns, console=shown, transient=True, disable=is_off) as progress:
        yield ProgressBar(progress, label, total)
