"""Position mode: what an order that does not fit it is refused with, and what counts as set."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from exchanges.base import PositionModeMismatch, RequestRefused

COMMON_SYMBOL: Final = "BTCUSDT"  # its positions show the mode, whether one is open or not


@contextmanager
def name_mismatch(sign: str) -> Iterator[None]:
    """Name the refusal of an order that does not fit the account's position mode."""
    try:
        yield
    except RequestRefused as refused:
        if sign in str(refused):
            raise PositionModeMismatch(str(refused)) from None
        raise


@contextmanager
def accept_unchanged(sign: str) -> Iterator[None]:
    """Let pass that the account is in the requested mode already."""
    with suppress(_Unchanged):
        try:
            yield
        except RequestRefused as refused:
            raise (_Unchanged if sign in str(refused) else refused) from None


class _Unchanged(Exception):
    pass
