"""A live bot at the simulated venue, and a back-test of the same prices, place the same orders."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from bots.backtest.order_match import PastCandle
from bots.backtest.run import make_replay
from bots.models import Backtest
from bots.prices import market_view
from realtime.values import format_money
from tests.bots.backtest.past_prices import NOON
from tests.bots.desk import Desk

GRID = {"lower": "48000", "upper": "52000", "levels": "4", "quantity": "0.01"}
PRICES = ["50500", "49900", "48900", "50100", "51200", "50500", "49500", "52300"]


def list_live_orders(desk: Desk, strategy: str, settings: dict[str, Any]) -> list[tuple[str, ...]]:
    """Let a real bot trade while the price of the simulated venue goes from one to the next."""
    bot = desk.make(strategy, settings=settings)
    desk.say_price(PRICES[0])
    bot = desk.start(bot)
    desk.check()
    desk.settle(bot)
    for price in PRICES[1:]:
        desk.simulator.control.post("price", symbol="BTCUSDT", price=price)
        desk.say_price(price)
        desk.check()
        desk.settle(bot)
        desk.check()
        desk.settle(bot)
    placed = bot.bot_orders.select_related("order").order_by("order__pk")
    return [
        _describe_order(row.slot, row.turn, row.order.side, row.order.price, row.order.quantity)
        for row in placed
    ]


def list_tested_orders(
    desk: Desk, strategy: str, settings: dict[str, Any]
) -> list[tuple[str, ...]]:
    instrument = market_view.instrument_name(desk.key, "BTC/USDT")
    backtest = Backtest(
        instrument=instrument, strategy=strategy, settings=settings, interval="1m",
        money=Decimal(100_000), maker_percent=Decimal("0.1"), taker_percent=Decimal("0.1"),
        slippage_percent=Decimal(0), since=timezone.now(), until=timezone.now(),
    )  # fmt: skip
    replay = make_replay(backtest)
    for number, (first, last) in enumerate(zip([PRICES[0], *PRICES], PRICES, strict=False)):
        replay.add_candle(_join_prices(NOON + timedelta(minutes=number), first, last))
    return [
        _describe_order(place.slot, place.turn, place.side, place.price, place.quantity)
        for place in replay.account.placed
    ]


def _join_prices(at: datetime, first: str, last: str) -> PastCandle:
    start, end = Decimal(first), Decimal(last)
    return PastCandle(at=at, open=start, high=max(start, end), low=min(start, end), close=end)


def _describe_order(
    slot: str, turn: int, side: str, price: Decimal | None, quantity: Decimal
) -> tuple[str, ...]:
    shown = "market" if price is None else format_money(price)
    return slot, str(turn), side, shown, format_money(quantity)


@pytest.mark.parametrize(("strategy", "settings"), [("grid", GRID)])
def test_the_same_prices_bring_the_same_orders(
    desk: Desk, strategy: str, settings: dict[str, Any]
) -> None:
    live = list_live_orders(desk, strategy, settings)
    tested = list_tested_orders(desk, strategy, settings)
    assert len(live) > 8
    assert sorted(live) == sorted(tested)
