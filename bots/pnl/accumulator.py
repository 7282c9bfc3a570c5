"""The state of a PnL book while fills are added, and what they add to its days and trades. Pure.

The state at the beginning of a day is stored with that day: a late fill takes the book back to it,
and only the fills after it are counted again. While a book has many open lots its state is stored
more rarely, so that the stored states grow no faster than the fills.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, localcontext
from typing import Any, Final

from bots.pnl.lots import Ledger, LedgerFill, LedgerStep, quote_value
from bots.pnl.trade_stats import OpenTrade, TradeResult, TradeStats
from realtime.values import EXACT, ZERO

LOTS_PER_FILL: Final = 4  # all stored states together have at most about this many lots per fill
FillKey = tuple[datetime, int]  # execution time and id: which fills of a book are counted


@dataclass(slots=True)
class DayIncrement:
    """The amounts to add to the row of a day."""

    gross: Decimal = ZERO
    fees: Decimal = ZERO
    volume: Decimal = ZERO
    fills: int = 0
    trades: TradeStats = field(default_factory=TradeStats)
    opening_state: dict[str, Any] = field(default_factory=dict)  # of the book as the day began


@dataclass(slots=True)
class BookState:
    """The state of a book, and the days and closed trades added since it was loaded."""

    ledger: Ledger
    open_trade: OpenTrade = field(default_factory=OpenTrade)
    trades: TradeStats = field(default_factory=TradeStats)
    gross: Decimal = ZERO
    fees: Decimal = ZERO
    is_provisional: bool = False
    newest: FillKey | None = None
    unsaved_fills: int = 0  # since a state was last stored with a day
    days: dict[date, DayIncrement] = field(default_factory=dict)
    closed_trades: list[TradeResult] = field(default_factory=list)
    closed_profits: dict[int, Decimal | None] = field(default_factory=dict)  # by the fill's id

    def add_fill(self, fill_id: int, fill: LedgerFill, *, dust: Decimal = ZERO) -> None:
        """Count the next fill in order of execution."""
        with localcontext(EXACT):
            day = self._open_day(fill.at.date())
            day.fills += 1
            day.volume += quote_value(fill.quantity, fill.price)
            steps = self.ledger.add_fill(fill)
            self.closed_profits[fill_id] = _sum_closed(steps)
            for step in steps:
                self._add_step(day, step)
                if trade := self.open_trade.add_step(step, dust):
                    self.closed_trades.append(trade)
                    self.trades.add_result(trade.net)
                    day.trades.add_result(trade.net)
            self.newest = (fill.at, fill_id)
            self.unsaved_fills += 1

    def _open_day(self, on: date) -> DayIncrement:
        is_new = self.newest is None or self.newest[0].date() != on
        day = self.days.setdefault(on, DayIncrement())
        is_due = self.unsaved_fills * LOTS_PER_FILL >= len(self.ledger.lots)
        if is_new and self.newest is not None and is_due:
            day.opening_state = self.dump()
            self.unsaved_fills = 0
        return day

    def _add_step(self, day: DayIncrement, step: LedgerStep) -> None:
        self.gross += step.gross
        self.fees += step.fee
        day.gross += step.gross
        day.fees += step.fee
        self.is_provisional |= step.is_provisional

    # Stored as JSON in PnlBook.state and PnlDay.opening_state: its keys must stay as they are.

    def dump(self) -> dict[str, Any]:
        at, fill_id = self.newest or (None, 0)
        return {
            "ledger": self.ledger.dump(),
            "running": self.open_trade.dump(),
            "tally": self.trades.dump(),
            "gross": f"{self.gross:f}",
            "fees": f"{self.fees:f}",
            "is_provisional": self.is_provisional,
            "newest_at": at.isoformat() if at else None,
            "newest": fill_id,
            "unkept": self.unsaved_fills,
        }

    @classmethod
    def load(cls, state: Mapping[str, Any]) -> "BookState":
        at = state["newest_at"]
        return cls(
            ledger=Ledger.load(state["ledger"]),
            open_trade=OpenTrade.load(state["running"]),
            trades=TradeStats.load(state["tally"]),
            gross=Decimal(state["gross"]),
            fees=Decimal(state["fees"]),
            is_provisional=state["is_provisional"],
            newest=(datetime.fromisoformat(at), state["newest"]) if at else None,
            unsaved_fills=state["unkept"],
        )


def _sum_closed(steps: Sequence[LedgerStep]) -> Decimal | None:
    """Return the profit before fees of the steps of one fill; None if they closed nothing."""
    if not any(step.closed or step.gross for step in steps):
        return None
    return sum((step.gross for step in steps), ZERO)
