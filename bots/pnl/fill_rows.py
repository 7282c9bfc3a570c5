"""Fills as the recorder reads them: the fields that PnL needs, in order of execution."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any, Final, NamedTuple

from django.db import connection
from django.db.models import Case, CharField, Q, QuerySet, Value, When
from django.db.models.functions import Cast, Collate, Concat, LPad

from bots.models import PnlBook
from bots.pnl.accumulator import FillKey
from bots.pnl.lots import LedgerFill, Side, quote_value
from exchanges.instruments import profit_currency
from exchanges.models import PositionMode
from orders.models import Fill, Origin

FIELDS: Final = (
    *("pk", "order__bot", "symbol", "side", "quantity", "price", "fee"),
    *("fee_currency", "fee_value", "executed_at", "turn", "order__position_side"),
)
# The order of fills executed at the same time: by the venue's trade number, whichever was reported
# first. A venue that uses other texts as trade ids tells no order; then it is our order of arrival.
NUMBER: Final = Case(
    When(trade_id__regex="^[0-9]+$", then="trade_id"), default=Cast("pk", CharField())
)
TURN: Final = Collate(Concat(LPad(NUMBER, 80, Value("0")), "side"), "C")


SAVE_PROFITS: Final = """
UPDATE orders_fill AS fill SET closed_profit = counted.profit
FROM unnest(%s::bigint[], %s::numeric[]) AS counted (id, profit)
WHERE fill.id = counted.id AND fill.closed_profit IS DISTINCT FROM counted.profit
"""
SIDES: Final = ("long", "short")
# An order from outside may be heard of before the side of its position: then its fills wait.
LACKS_SIDE: Final = Q(
    key__position_mode=PositionMode.HEDGE,
    order__origin=Origin.EXTERNAL,
    order__position_side="",
)


class FillRow(NamedTuple):
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
    position_side: str

    def is_after(self, key: FillKey | None) -> bool:
        if key is None:
            return True
        at, pk = key
        return self.at > at or (self.at == at and self.turn > _read_turn(pk))

    @property
    def book_side(self) -> str:
        """Return the side of the key's book that it counts in: of two positions, or of none."""
        return self.position_side if self.position_side in SIDES else ""

    @property
    def lacks_fee_value(self) -> bool:
        """Tell whether its fee was paid in a third currency and has no value yet."""
        own_currencies = {*self.symbol.partition(":")[0].split("/"), profit_currency(self.symbol)}
        return bool(self.fee and self.fee_currency not in own_currencies and self.fee_value is None)


def read_uncounted(key_id: int, *, limit: int) -> list[FillRow]:
    """Lock and return fills that are not counted, or to be counted again.

    A fill locked by another transaction is skipped: that transaction queues the key again.
    """
    fills = Fill.objects.filter(key=key_id, is_counted=False).exclude(LACKS_SIDE)
    return _read_rows(fills.select_for_update(of=("self",), no_key=True, skip_locked=True), limit)


def read_after(book: PnlBook, counted_up_to: FillKey | None, *, limit: int) -> list[FillRow]:
    """Return the fills of a book that follow this one, or its first ones."""
    fills: QuerySet[Fill] = Fill.objects.filter(
        key=book.key_id, symbol=book.symbol, is_counted=True
    )
    if book.bot_id is not None:
        fills = fills.filter(order__bot=book.bot_id)
    elif book.side:
        fills = fills.filter(order__position_side=book.side)
    elif ":" in book.symbol:  # spot has no sides
        fills = fills.exclude(order__position_side__in=SIDES)
    if counted_up_to is not None:
        at, pk = counted_up_to
        fills = fills.annotate(turn=TURN).filter(
            Q(executed_at__gt=at) | Q(executed_at=at, turn__gt=_read_turn(pk)), executed_at__gte=at
        )
    return _read_rows(fills, limit)


def to_ledger_fill(fill: FillRow, book: PnlBook) -> LedgerFill:
    """Convert a fill, with its fee in the book's currency: as paid, or its value at that time."""
    base = fill.symbol.partition("/")[0]
    with_fee = partial(LedgerFill, fill.side, fill.quantity, fill.price, fill.at)
    if fill.fee is None or not fill.fee:
        return with_fee(fee=fill.fee)
    if fill.fee_currency == base and book.key.market == "spot":
        return with_fee(fee_in_base=fill.fee)
    if fill.fee_currency == base:  # paid from the wallet: the position of a contract stays
        return with_fee(fee=quote_value(fill.fee, fill.price))
    if fill.fee_currency in (book.quote, fill.symbol.partition(":")[0].partition("/")[2]):
        return with_fee(fee=fill.fee)
    return with_fee(fee=fill.fee_value)


def save_closed_profits(profits: Mapping[int, Decimal | None]) -> None:
    """Save what each fill closed; a fill that is counted again may have closed something else."""
    changed = [(pk, profit) for pk, profit in profits.items() if profit is not None]
    none = [pk for pk, profit in profits.items() if profit is None]
    Fill.objects.filter(pk__in=none, closed_profit__isnull=False).update(closed_profit=None)
    if changed:
        with connection.cursor() as cursor:
            cursor.execute(SAVE_PROFITS, [list(column) for column in zip(*changed, strict=True)])


def _read_rows(fills: QuerySet[Fill], limit: int) -> list[FillRow]:
    ordered = fills.annotate(turn=TURN).order_by("executed_at", "turn")
    rows: Iterable[Any] = ordered.values_list(*FIELDS)[:limit]
    return [FillRow._make(row) for row in rows]


def _read_turn(pk: int) -> str:
    return str(Fill.objects.annotate(turn=TURN).values_list("turn", flat=True).get(pk=pk))
