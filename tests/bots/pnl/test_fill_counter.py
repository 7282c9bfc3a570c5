"""Every fill is counted once, in any order, and the result equals the venue's balance."""

import random
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from bots import payloads
from bots.models import Bot, ClosedTrade, Mode, PnlBook, PnlDay, PnlHour, PriceMinute
from bots.pnl import fill_counter
from bots.running import runner
from exchanges.models import ExchangeKey, Symbol
from orders import reconciler
from orders.models import Fill, Order
from realtime.models import Event
from tests.bots.desk import Desk
from tests.orders.reports import NOON, fill, report
from tests.trading import record_order

Deal = tuple[str, str, str, str]  # side, quantity, price, fee in USDT
WEEK: list[Deal] = [
    ("buy", "1", "100", "0.1"),
    ("sell", "1", "110", "0.1"),
    ("buy", "2", "100", "0.2"),
    ("sell", "1", "114", "0.1"),
    ("sell", "1", "110", "0.1"),
]


@pytest.fixture
def trade(key: ExchangeKey) -> Callable[..., Order]:
    """Fill an order of its own: trade("buy", "1", "100", "0.1", minute=3)."""

    def one(side: str, quantity: str, price: str, fee: str | None, *, minute: int = 0,
            currency: str = "USDT", bot: Bot | None = None) -> Order:  # fmt: skip
        order = record_order(
            key, side=side, quantity=Decimal(quantity), price=Decimal(price), bot=bot
        )
        name = f"t{order.pk}"
        at = NOON + timedelta(minutes=minute)
        part = fill(name, quantity, price, executed_at=at, side=side,
                    fee=None if fee is None else Decimal(fee), fee_currency=currency,
                    exchange_order_id=name)  # fmt: skip
        whole = report("filled", quantity, exchange_order_id=name, side=side,
                       quantity=Decimal(quantity), fills=(part,))  # fmt: skip
        return reconciler.apply_report(order.pk, whole, source="poll", now=at)

    return one


def count_fills(key: ExchangeKey) -> PnlBook:
    while fill_counter.count_fills(key.pk):
        pass
    return PnlBook.objects.get(key=key, bot=None)


def dump_book(book: PnlBook) -> dict[str, Any]:
    return {
        "gross": book.gross,
        "fees": book.fees,
        "held": book.held,
        "cost": book.cost,
        "tally": book.state["tally"],
        "rounds": sorted(book.closed_trades.values_list("ended_at", "gross", "fees")),
        "days": sorted(book.days.values_list("on", "gross", "fees", "volume", "fills")),
        "hours": sorted(book.hours.values_list("weekday", "hour", "net", "rounds")),
    }


def test_results_of_a_week(key: ExchangeKey, trade: Callable[..., Order]) -> None:
    for minute, part in enumerate(WEEK):
        trade(*part, minute=minute)
    book = count_fills(key)
    assert (book.gross, book.fees, book.held) == (34, Decimal("0.6"), 0)
    assert [one.gross for one in ClosedTrade.objects.order_by("ended_at")] == [10, 24]
    profits = Fill.objects.order_by("executed_at").values_list("side", "closed_profit")
    assert all((profit is None) == (side == "buy") for side, profit in profits)
    assert sum(profit or 0 for _, profit in profits) == book.gross
    day = PnlDay.objects.get()
    assert (day.gross, day.fees, day.volume, day.fills) == (34, Decimal("0.6"), 634, 5)
    hour = PnlHour.objects.get()
    assert (hour.weekday, hour.hour, hour.net) == (NOON.weekday(), 12, Decimal("33.4"))


def test_nothing_is_counted_twice(key: ExchangeKey, trade: Callable[..., Order]) -> None:
    trade(*WEEK[0])
    before = dump_book(count_fills(key))
    assert fill_counter.count_fills(key.pk) == 0
    assert dump_book(count_fills(key)) == before
    assert not Fill.objects.filter(is_counted=False).exists()


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_reports_does_not_matter(
    key: ExchangeKey, trade: Callable[..., Order], seed: int
) -> None:
    parts = list(enumerate(WEEK * 2))
    random.Random(seed).shuffle(parts)  # noqa: S311 (the same each time)
    for minute, part in parts:
        trade(*part, minute=minute)
        count_fills(key)
    book = count_fills(key)
    assert (book.gross, book.fees, book.held) == (68, Decimal("1.2"), 0)
    assert book.closed_trades.count() == 4
    assert sum(day.fills for day in book.days.all()) == 10


def test_a_fee_reported_later(key: ExchangeKey, trade: Callable[..., Order]) -> None:
    order = trade("buy", "1", "100", None)
    trade("sell", "1", "110", "0.1", minute=1)
    assert count_fills(key).is_provisional
    known = fill(f"t{order.pk}", "1", "100", executed_at=NOON, side="buy",
                 fee=Decimal("0.3"), fee_currency="USDT",
                 exchange_order_id=f"t{order.pk}")  # fmt: skip
    reconciler.apply_fills(order.pk, [known], source="poll", now=NOON)
    book = count_fills(key)
    assert not book.is_provisional
    assert book.fees == Decimal("0.4")
    assert book.closed_trades.get().fees == Decimal("0.4")


def test_a_fee_in_a_third_currency(key: ExchangeKey, trade: Callable[..., Order]) -> None:
    Symbol.objects.create(venue="binance", market="spot", is_paper=True, name="BNB/USDT",
                          base="BNB", quote="USDT", price_step=1, quantity_step=1, min_quantity=1,
                          min_cost=1, read_at=NOON)  # fmt: skip
    trade("buy", "1", "100", "0.001", currency="BNB", minute=5)
    assert count_fills(key).is_provisional
    PriceMinute.objects.create(instrument="binance.spot.paper:BNB/USDT", at=NOON, high=602, low=598)
    trade("sell", "1", "110", "0.001", currency="BNB", minute=6)
    Fill.objects.update(is_counted=False)
    book = count_fills(key)
    assert not book.is_provisional
    assert book.fees == Decimal("1.2")


def test_a_bots_fill_is_in_its_book_and_its_keys(desk: Desk, trade: Callable[..., Order]) -> None:
    bot = desk.make()
    trade(*WEEK[0], bot=bot)
    trade(*WEEK[0], minute=1)
    count_fills(desk.key)
    assert PnlBook.objects.get(bot=bot).held == 1
    assert PnlBook.objects.get(bot=None).held == 2
    assert Event.objects.filter(type="pnl_update").count() == 1


def test_a_book_equals_the_venues_balance_to_the_last_digit(desk: Desk) -> None:
    before = money(desk)
    bot = desk.start(desk.make())
    for _ in range(6):
        desk.fill(desk.newest(bot))
        desk.settle(bot)
    count_fills(desk.key)
    book = PnlBook.objects.get(bot=bot)
    after = money(desk)
    kept = after["BTC"] - before["BTC"]
    assert book.held == kept
    assert book.gross - book.fees - book.cost == after["USDT"] - before["USDT"]
    assert book.closed_trades.count() == 3


def test_a_bot_stops_at_its_daily_loss(desk: Desk, trade: Callable[..., Order]) -> None:
    bot = desk.start(desk.make(daily_loss=Decimal(5)))
    now = timezone.now()
    order = trade("buy", "1", "100", "0", bot=bot)
    trade("sell", "1", "94", "0", minute=1, bot=bot)
    Fill.objects.update(executed_at=now)
    assert order
    count_fills(desk.key)
    runner.evaluate_bot(bot.pk, now=now)
    bot = desk.settle(bot)
    assert bot.mode == Mode.ERROR
    assert "lost 6" in bot.reason
    assert desk.there() == []


def test_losses_in_another_currency_are_not_added(desk: Desk) -> None:
    """Nor what was lost on paper: it may lose so much of what its symbol is paid in."""
    bot = desk.make()
    live = ExchangeKey.objects.create(user=desk.key.user, label="live", venue="binance",
                                      market="spot", api_key="x", sealed_secret=b"x")  # fmt: skip
    for key, symbol, gross in (
        *((desk.key, "BTC/USDT", -3), (desk.key, "ETH/USDT", 1)),
        *((desk.key, "ETH/BTC", -50), (live, "BTC/USDT", -700)),
    ):
        book = PnlBook.objects.create(user=key.user, key=key, bot=bot, symbol=symbol,
                                   quote=symbol.partition("/")[2])  # fmt: skip
        PnlDay.objects.create(book=book, on=NOON.date(), gross=gross, fees=1)
    assert fill_counter.loss_of_day(bot.pk, NOON.date()) == 4


def test_the_event_keeps_every_digit_and_is_provisional_while_behind(desk: Desk) -> None:
    gross = Decimal("12345678901234567890.000000000000000001")
    book = PnlBook(key=desk.key, bot=desk.make(), symbol="BTC/USDT", quote="USDT", gross=gross,
                fees=Decimal("0.000000000000000002"), held=Decimal(0), cost=Decimal(0))  # fmt: skip
    told = payloads.pnl_data(book)
    assert told["net"] == "12345678901234567889.999999999999999999"
    assert told["provisional"] is False
    book.is_behind = True
    assert payloads.pnl_data(book)["provisional"] is True


def money(desk: Desk) -> dict[str, Decimal]:
    accounts = desk.simulator.control.get("accounts")["accounts"]
    (mine,) = (one for one in accounts if one["key"] == desk.key.api_key)
    return {
        name: Decimal(row["free"]) + Decimal(row["locked"])
        for name, row in mine["balances"].items()
    }
