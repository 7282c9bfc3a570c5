"""Past prices written by hand, replayed to a strategy."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from bots.backtest.order_match import BacktestTerms, PastCandle
from bots.backtest.outcome import OutcomeData, summarize_replay
from bots.backtest.replay import Replay
from bots.strategies.decisions import Market
from bots.strategies.registry import STRATEGIES
from bots.strategies.settings import read_settings
from realtime.values import format_money

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
SPOT = Market(
    symbol="BTC/USDT",
    is_futures=False,
    price_step=Decimal("0.01"),
    quantity_step=Decimal("0.001"),
    min_quantity=Decimal("0.001"),
    min_cost=Decimal(5),
    amends=True,
)
FUTURES = replace(SPOT, symbol="BTC/USDT:USDT", is_futures=True)
TERMS = BacktestTerms(
    money=Decimal(1000), maker=Decimal("0.001"), taker=Decimal("0.002"), slippage=Decimal(0)
)
MINUTE = 60


def make_candle(number: int, prices: str) -> PastCandle:
    """Make a candle of a minute from "open high low close", or from one price."""
    values = [Decimal(text) for text in prices.split()]
    first, high, low, last = values if len(values) == 4 else values * 4
    at = NOON + timedelta(minutes=number)
    return PastCandle(at=at, open=first, high=high, low=low, close=last)


def replay_prices(
    name: str,
    settings: Mapping[str, Any],
    prices: Sequence[str],
    *,
    market: Market = SPOT,
    terms: BacktestTerms = TERMS,
) -> Replay:
    strategy = STRATEGIES[name]
    replay = Replay(strategy, read_settings(strategy.Settings, settings), market, terms,
                    candle_seconds=MINUTE)  # fmt: skip
    for number, text in enumerate(prices):
        replay.add_candle(make_candle(number, text))
    return replay


def sum_up(replay: Replay) -> OutcomeData:
    return summarize_replay(replay, Decimal(1), Decimal(1))


def list_fills(replay: Replay) -> list[str]:
    return [
        f"{fill.at:%H:%M} {fill.place.slot} {fill.place.side} {format_money(fill.quantity)}"
        f" at {format_money(fill.price)}"
        for fill in replay.account.fills
    ]
