"""The inputs and outputs of the API of back-tests."""

from decimal import Decimal
from typing import Any, TypedDict

from rest_framework import serializers

from bots.backtest.outcome import OutcomeData, PastFillData, PastTradeData
from bots.models import Backtest, Strategy
from exchanges.instruments import parse, profit_currency
from exchanges.prices.chart_candles import LENGTHS
from realtime.values import format_money, format_time, format_time_or_none
from users.rest import KnownFieldsOnly, make_shape_serializer
from users.strict.fields import AmountField
from users.strict.numbers import is_plain_number


class BacktestData(TypedDict):
    """A back-test. Nothing in it is an order or money: `outcome` is a calculation on past prices.

    `simulated` tells that the prices are those of the simulated venue.
    """

    id: int
    instrument: str
    simulated: bool
    currency: str
    strategy: str
    settings: dict[str, Any]
    interval: str
    since: str
    until: str
    money: str
    maker_percent: str
    taker_percent: str
    slippage_percent: str
    state: str
    progress: int
    message: str
    created_at: str
    finished_at: str | None
    outcome: OutcomeData | None


class CurvesData(TypedDict):
    """Points of time and value, thinned out but for extremes: of the bot, and of holding."""

    value: list[list[str]]
    hold: list[list[str]]


class WholeBacktestData(BacktestData):
    """With its curves, its first 5,000 fills and its newest 1,000 closed trades."""

    curves: CurvesData
    fills: list[PastFillData]
    trades: list[PastTradeData]


def backtest_data(backtest: Backtest) -> BacktestData:
    place = parse(backtest.instrument)
    return {
        "id": backtest.pk,
        "instrument": backtest.instrument,
        "simulated": place.is_paper,
        "currency": profit_currency(place.symbol),
        "strategy": backtest.strategy,
        "settings": backtest.settings,
        "interval": backtest.interval,
        "since": format_time(backtest.since),
        "until": format_time(backtest.until),
        "money": format_money(backtest.money),
        "maker_percent": format_money(backtest.maker_percent),
        "taker_percent": format_money(backtest.taker_percent),
        "slippage_percent": format_money(backtest.slippage_percent),
        "state": backtest.state,
        "progress": backtest.progress,
        "message": backtest.message,
        "created_at": format_time(backtest.created_at),
        "finished_at": format_time_or_none(backtest.finished_at),
        "outcome": backtest.outcome or None,
    }


def whole_backtest_data(backtest: Backtest) -> WholeBacktestData:
    curves: CurvesData = {"value": [], "hold": []}
    return {
        **backtest_data(backtest),
        "curves": backtest.curves or curves,
        "fills": backtest.fills,
        "trades": backtest.trades,
    }


BacktestOut = make_shape_serializer(BacktestData, backtest_data)
WholeBacktestOut = make_shape_serializer(WholeBacktestData, whole_backtest_data)


class CostField(AmountField):
    """A percentage that may be zero."""

    def to_internal_value(self, data: Any) -> Decimal:
        if isinstance(data, str) and is_plain_number(data.strip()) and not Decimal(data.strip()):
            return Decimal(0)
        return super().to_internal_value(data)


class NewBacktest(KnownFieldsOnly):
    instrument = serializers.CharField(
        max_length=80, help_text="Such as binance.spot:BTC/USDT, from `markets/`."
    )
    strategy = serializers.ChoiceField(Strategy.choices, help_text="Any but manual.")
    settings = serializers.DictField(help_text="As of a bot, from `strategies/`.")
    interval = serializers.ChoiceField(list(LENGTHS), default="15m")
    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    money = AmountField(help_text="In the quote currency, at the start.")
    maker_percent = CostField(default=Decimal("0.1"))
    taker_percent = CostField(default=Decimal("0.1"))
    slippage_percent = CostField(default=Decimal("0.05"))
