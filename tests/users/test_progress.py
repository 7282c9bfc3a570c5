"""Progress of long commands: a bar on a terminal, and nothing at all in a file or a pipe."""

from io import StringIO

from django.core.management.base import OutputWrapper
from rich.console import Console

from users.commands import show_progress


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def show(file: StringIO, *, total: float | None = 4) -> tuple[str, str]:
    """Return what a command with a bar wrote to this error stream, and to its output."""
    console = Console(file=file, force_terminal=file.isatty(), width=80)
    output = Terminal() if file.isatty() else StringIO()
    with show_progress("Sealing anew", total=total, console=console) as bar:
        bar.show(1)
        bar.write_line(OutputWrapper(output), "1 of 4 sealed [anew]")
        bar.show(4, label="Done")
    return file.getvalue(), output.getvalue()


def test_a_terminal_shows_a_bar_and_lines_above_it() -> None:
    errors, output = show(Terminal())
    assert "Sealing anew" in errors
    assert "100 %" in errors
    assert "1 of 4 sealed [anew]" in errors
    assert output == ""


def test_a_pipe_gets_the_lines_alone() -> None:
    assert show(StringIO()) == ("", "1 of 4 sealed [anew]\n")


def test_an_unknown_total_has_no_percentage() -> None:
    assert "%" not in show(Terminal(), total=None)[0]
