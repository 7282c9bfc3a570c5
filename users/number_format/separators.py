"""How numbers are written on the pages of one person: 1,234.56, 1.234,56 or 1 234.56. Pure.

Formatters write 1,234.56 and pass it through `write_number`. Only a request for a page sets a
format: the API, commands, logs, messages and files for programs stay as they are.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

NARROW_SPACE: Final = "\N{NARROW NO-BREAK SPACE}"
SEPARATORS: Final[dict[str, dict[int, str]]] = {
    "comma": {ord(","): ".", ord("."): ","},
    "space": {ord(","): NARROW_SPACE},
}

_read_format: ContextVar[Callable[[], str]] = ContextVar("read_format", default=str)


def write_number(text: str) -> str:
    """Exchange the separators of a number that is written as 1,234.56."""
    separators = SEPARATORS.get(_read_format.get()())
    return text.translate(separators) if separators else text


@contextmanager
def number_format(read_format: Callable[[], str]) -> Iterator[None]:
    token = _read_format.set(read_format)
    try:
        yield
    finally:
        _read_format.reset(token)
