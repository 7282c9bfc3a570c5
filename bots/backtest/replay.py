"""Replay past candles to a strategy: the same pure `decide` as live, once at each close.

Market orders are filled at the next open. After a Halt nothing is placed any more; what is held
stays held, and is valued to the end.
"""

from collections import deque
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from bots.backtest.account import BacktestAccount
from bots.backtest.order_match import BacktestTerms, PastCandle
from bots.pnl.lots import Method
from bots.strategies.decisions import Amend, Cancel, Halt, Intent, Market, Place, Sample
from bots.strategies.registry import StrategyModule
from realtime.values import EXACT, ZERO

MOST_ROUNDS: Final = 50  # evaluations at one close, until a strategy wants nothing more


@dataclass(frozen=True, slots=True)
class ValuePoint:
    """The values at the close of a candle: of the bot's account, and of holding from the start."""

    at: datetime
    value: Decimal
    hold: Decimal


@dataclass(frozen=True, slots=True)
class HeldFromStart:
    """The comparison: all the money spent once, at the first price at which the bot could buy."""

    quantity: Decimal
    cash: Decimal

    def value_at(self, price: Decimal) -> Decimal:
        return EXACT.add(self.cash, EXACT.multiply(self.quantity, price))


class Replay:
    """One back-test; feed it candles from the oldest to the newest."""

    def __init__(
        self,
        strategy: StrategyModule,
        settings: Any,
        market: Market,
        terms: BacktestTerms,
        *,
        candle_seconds: int,
        method: Method = "fifo",
    ) -> None:
        self.strategy, self.settings, self.market, self.terms = strategy, settings, market, terms
        self.length = timedelta(seconds=candle_seconds)
        self.account = BacktestAccount(market, terms, method)
        self.halt: Halt | None = None
        self.halted_at: datetime | None = None
        self.points: list[ValuePoint] = []
        self.candles_in_market = 0
        self._hold: HeldFromStart | None = None
        minutes = getattr(settings, "window_minutes", 0)
        self._samples = deque[Sample](maxlen=minutes * 60 // candle_seconds + 2)

    def add_candle(self, candle: PastCandle) -> None:
        ended_at = candle.at + self.length
        if self.points and self._hold is None:
            self._hold = self._buy_and_hold(candle.open)
        self.account.match_candle(candle, ended_at)
        self._samples.append(Sample(at=ended_at, high=candle.high, low=candle.low))
        if self.halt is None:
            self._evaluate_close(candle.close, ended_at)
        self.candles_in_market += bool(self.account.position.quantity)
        hold = self._hold.value_at(candle.close) if self._hold else self.terms.money
        value = self.account.value_at(candle.close)
        self.points.append(ValuePoint(ended_at, value, hold))
        if value <= 0 and self.halt is None:
            self._stop_run(Halt(reason="All the money is lost.", is_error=True), ended_at)

    def _evaluate_close(self, price: Decimal, now: datetime) -> None:
        """Ask the strategy until it wants nothing more; cancels are confirmed at once."""
        market = replace(self.market, price=price, samples=tuple(self._samples))
        for _ in range(MOST_ROUNDS):
            slots, position = dict(self.account.slots), self.account.position
            intents = self.strategy.decide(self.settings, position, slots, market, now)
            for intent in intents:
                self._apply_intent(intent, price, now)
                if self.halt is not None:
                    return
            if slots == self.account.slots:
                return

    def _apply_intent(self, intent: Intent, price: Decimal, now: datetime) -> None:
        match intent:
            case Place():
                if refusal := self.account.place_order(intent, price, now):
                    self._stop_run(Halt(reason=refusal, is_error=True), now)
            case Cancel(slot=slot):
                self.account.cancel_order(slot, now)
            case Amend():
                self.account.amend_order(intent)
            case Halt():
                self._stop_run(intent, now)

    def _stop_run(self, halt: Halt, now: datetime) -> None:
        self.halt, self.halted_at = halt, now
        for slot in list(self.account.open):
            self.account.cancel_order(slot, now)

    def _buy_and_hold(self, price: Decimal) -> HeldFromStart:
        """Buy at the same price and fee as the bot's first market order would."""
        paid = self.market.round_price_up(price * (1 + self.terms.slippage))
        with_fee = paid * (1 + self.terms.taker)
        quantity = self.market.quantity_for(self.terms.money, with_fee) if with_fee else ZERO
        return HeldFromStart(quantity, self.terms.money - quantity * with_fee)
