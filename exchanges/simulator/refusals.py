"""Refusals: why the engine does not take an order, and how a venue says that a request failed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager


class OrderRefusal(Exception):
    """The engine refuses an order. Every dialect has a code and a message for each rule."""

    @property
    def rule(self) -> str:
        return type(self).__name__


class VenueError(Exception):
    """A request is refused, with the venue's own code and message."""

    status = 200

    def __init__(
        self, code: int, message: str, status: int = 0, retry_after: int | None = None
    ) -> None:
        super().__init__(f"{code} {message}")
        self.code = code
        self.message = message
        self.status = status or self.status
        self.retry_after = retry_after


@contextmanager
def translate_refusals(build_error: Callable[[OrderRefusal], VenueError]) -> Iterator[None]:
    """Raise the engine's refusals as errors of a dialect."""
    try:
        yield
    except OrderRefusal as refusal:
        raise build_error(refusal) from refusal
