"""Fills as they are read to be counted: no more of each than money needs, in order of execution."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any, Final, NamedTuple

from django.db.models import Case, CharField, Q, QuerySet, Value, When
from django.db.models.functions import Cast, Collate, Concat, LPad

from bots.models import PnlBook
from bots.pnl.accumulator import Place
from bots.pnl.lots import Part, Side, worth
from orders.models import Fill

FIELDS: Final = (
    *("pk", "order__bot", "symbol", "side", "quantity", "price", "fee"),
    *("fee_currency", "fee_value", "executed_at", "turn"),
)
# Which of one moment was first: by the number that its venue gave it, whichever was told first.
# Where a venue gives names instead, which say nothing, it is the one that was told first.
NUMBER: Final = Case(
    When(trade_id__regex="^[0-9]+$", then="trade_id"), default=Cast("pk", CharField())
)
TURN: Final = Collate(Concat(LPad(NUMBER, 80, Value("0")), "side"), "C")


class Executed(NamedTuple):
    """A row of FIELDS."""

    pk: int
    bot_id: int | None
    symbol: str
    side: Side
    quantity: Decimal
    price: Decimal
    fee: Decimal | None
    fee_currency: str
    fee_value: Decimal | None
    at: datetime
    turn: str

    def is_after(self, place: Place | None) -> bool:
        if place is None:
            return True
        at, pk = place
        return self.at > at or (self.at == at and self.turn > _turn_of(pk))

    @property
    def lacks_worth(self) -> bool:
        """Its fee was paid in a third currency, and nobody knows yet what it was worth."""
        own = {*self.symbol.partition(":")[0].split("/"), currency_of(self.symbol)}
        return bool(self.fee and self.fee_currency not in own and self.fee_value is None)


def waiting(key_id: int, *, most: int) -> list[Executed]:
    """Not counted yet, or to be counted anew; what somebody changes just now rings again."""
    found = Fill.objects.filter(key=key_id, is_counted=False)
    return _read(found.select_for_update(of=("self",), no_key=True, skip_locked=True), most)


def after(book: PnlBook, place: Place | None, *, most: int) -> list[Executed]:
    """What belongs into a book after this fill."""
    found = Fill.objects.filter(key=book.key_id, symbol=book.symbol, is_counted=True)
    if book.bot_id is not None:
        found = found.filter(order__bot=book.bot_id)
    if place is not None:
        at, pk = place
        found = found.annotate(turn=TURN).filter(
            Q(executed_at__gt=at) | Q(executed_at=at, turn__gt=_turn_of(pk)), executed_at__gte=at
        )
    return _read(found, most)


def part(fill: Executed, book: PnlBook) -> Part:
    """With its fee in the book's currency: as it was paid, or as it was worth then."""
    base = fill.symbol.partition("/")[0]
    whole = partial(Part, fill.side, fill.quantity, fill.price, fill.at)
    if fill.fee is None or not fill.fee:
        return whole(fee=fill.fee)
    if fill.fee_currency == base and book.key.market == "spot":
        return whole(fee_in_base=fill.fee)
    if fill.fee_currency == base:  # out of the wallet: a contract's position stays as it is
        return whole(fee=worth(fill.fee, fill.price))
    if fill.fee_currency in (book.quote, fill.symbol.partition(":")[0].partition("/")[2]):
        return whole(fee=fill.fee)
    return whole(fee=fill.fee_value)


def currency_of(symbol: str) -> str:
    """What its profit is paid in: of contracts, what they are settled in."""
    pair, _, settle = symbol.partition(":")
    return settle.partition("-")[0] or pair.partition("/")[2]


def is_inverse(symbol: str) -> bool:
    """Paid in the coin itself, by quantities in the quote currency: such is not counted here."""
    pair, colon, _ = symbol.partition(":")
    return bool(colon) and currency_of(symbol) == pair.partition("/")[0]


def _read(found: QuerySet[Fill], most: int) -> list[Executed]:
    ordered = found.annotate(turn=TURN).order_by("executed_at", "turn")
    rows: Iterable[Any] = ordered.values_list(*FIELDS)[:most]
    return [Executed._make(row) for row in rows]


def _turn_of(pk: int) -> str:
    return str(Fill.objects.annotate(turn=TURN).values_list("turn", flat=True).get(pk=pk))
