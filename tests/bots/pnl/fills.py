"""Fills as rows, without a venue, to count books in any order of arrival."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from bots.models import Bot, PnlBook
from bots.pnl import fill_counter
from bots.pnl.trade_stats import TradeStats
from exchanges.models import ExchangeKey
from orders.models import Fill, Order, Side
from tests.orders.reports import NOON
from users.models import User


@dataclass(frozen=True)
class FillSpec:
    """A fill to write; `minute` is after noon."""

    minute: int
    side: str
    quantity: Decimal
    price: Decimal
    fee: Decimal | None = Decimal(0)
    fee_currency: str = "USDT"
    fee_value: Decimal | None = None
    is_bots: bool = False

    @property
    def at(self) -> datetime:
        return NOON + timedelta(minutes=self.minute)


def create_key(user: User, *, label: str = "plain", market: str = "spot",
           is_paper: bool = True) -> ExchangeKey:  # fmt: skip
    return ExchangeKey.objects.create(
        user=user, label=label, venue="binance", market=market, is_paper=is_paper,
        api_key=label, sealed_secret=b"x")  # fmt: skip


def create_bot(key: ExchangeKey, name: str = "bot") -> Bot:
    return Bot.objects.create(user=key.user, key=key, name=name, symbol="BTC/USDT")


def write_fills(
    key: ExchangeKey, specs: Sequence[FillSpec], bot: Bot | None = None, symbol: str = "BTC/USDT"
) -> list[Fill]:
    """Write fills in this order of arrival, not counted yet."""
    number = Fill.objects.count()
    orders = Order.objects.bulk_create(
        Order(
            user_id=key.user_id, key=key, bot=bot if one.is_bots else None, symbol=symbol,
            side=one.side, type="market", quantity=one.quantity, status="filled", ended_at=one.at,
            created_at=one.at, client_order_id=f"f{place}", exchange_order_id=f"f{place}",
        )
        for place, one in enumerate(specs, start=number)
    )  # fmt: skip
    return Fill.objects.bulk_create(
        Fill(
            order=order, user_id=key.user_id, key=key, symbol=symbol,
            trade_id=order.client_order_id, side=Side(one.side), price=one.price,
            quantity=one.quantity, fee=one.fee, fee_value=one.fee_value, executed_at=one.at,
            fee_currency="" if one.fee is None else one.fee_currency,
        )
        for order, one in zip(orders, specs, strict=True)
    )  # fmt: skip


def count_fills(key: ExchangeKey) -> None:
    while fill_counter.count_fills(key.pk):
        pass


def dump_book(book: PnlBook) -> dict[str, Any]:
    """Return all that is stored of a book, to compare two of them."""
    book = PnlBook.objects.get(pk=book.pk)
    days = book.days.order_by("on").values_list(
        *("on", "gross", "fees", "volume", "fills", "rounds", "wins", "losses", "won", "lost"),
        *("best", "worst"),
    )
    rounds = book.closed_trades.values_list(
        *("began_at", "ended_at", "turnover", "gross", "fees", "parts", "is_provisional")
    )
    return {
        "gross": book.gross,
        "fees": book.fees,
        "held": book.held,
        "cost": book.cost,
        "newest_at": book.newest_at,
        "is_provisional": book.is_provisional,
        "is_behind": book.is_behind,
        "tally": book.state["tally"],
        "running": book.state["running"],
        "ledger": book.state["ledger"],
        "days": list(days),
        "rounds": sorted(rounds),
        "hours": sorted(book.hours.values_list("weekday", "hour", "net", "rounds")),
    }


def stats_of(results: Iterable[Decimal]) -> TradeStats:
    stats = TradeStats()
    for net in results:
        stats.add_result(net)
    return stats
