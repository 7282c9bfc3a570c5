"""Statistics of closed trades, kept up to date one result at a time. Pure and exact.

A trade runs from holding nothing to holding nothing again. Its net result is after fees.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from decimal import Context, Decimal, localcontext
from typing import Any

from bots.pnl.lots import LedgerStep
from realtime.values import EXACT, ZERO

ROUNDED = Context(prec=28)
DAYS_A_YEAR = 365  # these markets never close


@dataclass(frozen=True, slots=True)
class TradeResult:
    """A closed trade with its result."""

    began_at: datetime
    ended_at: datetime
    turnover: Decimal
    gross: Decimal
    fees: Decimal
    parts: int
    is_provisional: bool

    @property
    def net(self) -> Decimal:
        return self.gross - self.fees


@dataclass(slots=True)
class OpenTrade:
    """A trade that has begun. Its fields are keys of stored JSON."""

    began_at: datetime | None = None
    turnover: Decimal = ZERO
    gross: Decimal = ZERO
    fees: Decimal = ZERO
    parts: int = 0
    is_provisional: bool = False

    def add_step(self, step: LedgerStep, dust: Decimal = ZERO) -> TradeResult | None:
        """Add a step, and return the trade if that closed it.

        A rest that is too small to be sold counts as nothing. Only a closing step may leave one:
        the first fill of an order can be as small, and begins a trade.
        """
        self.began_at = self.began_at or step.at
        self.turnover += step.opened + step.closed
        self.gross += step.gross
        self.fees += step.fee
        self.parts += 1
        self.is_provisional |= step.is_provisional
        is_closed = step.held == 0 or (step.closed > 0 and abs(step.held) < dust)
        return self._close_trade(step.at) if is_closed else None

    def dump(self) -> dict[str, Any]:
        began_at = self.began_at.isoformat() if self.began_at else None
        return _dump_values(asdict(self)) | {"began_at": began_at}

    @classmethod
    def load(cls, state: Mapping[str, Any]) -> "OpenTrade":
        began_at = state["began_at"]
        trade = cls(**_load_values({**state, "began_at": None}))
        trade.began_at = datetime.fromisoformat(began_at) if began_at else None
        return trade

    def _close_trade(self, at: datetime) -> TradeResult:
        began_at = self.began_at or at
        result = TradeResult(
            began_at, at, self.turnover, self.gross, self.fees, self.parts, self.is_provisional
        )
        for field in fields(self):
            setattr(self, field.name, field.default)
        return result


@dataclass(slots=True)
class TradeStats:
    """Statistics of the trades closed so far."""

    count: int = 0  # "cycles" in stored JSON
    wins: int = 0
    losses: int = 0
    won: Decimal = ZERO
    lost: Decimal = ZERO  # zero or above
    best: Decimal = ZERO
    worst: Decimal = ZERO
    streak: int = 0  # wins in a row; below zero, losses
    longest_wins: int = 0
    longest_losses: int = 0
    total: Decimal = ZERO
    peak: Decimal = ZERO
    drawdown: Decimal = ZERO  # the deepest fall from a peak

    def add_result(self, net: Decimal) -> None:
        self.count += 1
        self.best = net if self.count == 1 else max(self.best, net)
        self.worst = net if self.count == 1 else min(self.worst, net)
        if net > 0:
            self.wins += 1
            self.won += net
            self.streak = max(self.streak, 0) + 1
        elif net < 0:
            self.losses += 1
            self.lost -= net
            self.streak = min(self.streak, 0) - 1
        else:
            self.streak = 0
        self.longest_wins = max(self.longest_wins, self.streak)
        self.longest_losses = max(self.longest_losses, -self.streak)
        self.total += net
        self.peak = max(self.peak, self.total)
        self.drawdown = max(self.drawdown, self.peak - self.total)

    @property
    def win_rate(self) -> Decimal | None:
        """The share of trades that won; None before the first trade."""
        return _divide_or_none(Decimal(self.wins), Decimal(self.count))

    @property
    def profit_factor(self) -> Decimal | None:
        """The amount won for each unit lost; None if nothing was ever lost."""
        return _divide_or_none(self.won, self.lost)

    @property
    def average_win(self) -> Decimal | None:
        return _divide_or_none(self.won, Decimal(self.wins))

    @property
    def average_loss(self) -> Decimal | None:
        return _divide_or_none(self.lost, Decimal(self.losses))

    def dump(self) -> dict[str, Any]:
        values = _dump_values(asdict(self))
        return {"cycles": values.pop("count"), **values}

    @classmethod
    def load(cls, state: Mapping[str, Any]) -> "TradeStats":
        values = _load_values(state)
        return cls(count=values.pop("cycles"), **values)


def _dump_values(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: f"{value:f}" if isinstance(value, Decimal) else value
        for name, value in values.items()
    }


def _load_values(state: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: Decimal(value) if isinstance(value, str) else value for name, value in state.items()
    }


def sharpe_ratio(days: int, total: Decimal, squares: Decimal) -> Decimal | None:
    """Return the yearly Sharpe ratio of daily results, over a riskless rate of 0.

    It needs only the number of days, idle ones included, the sum of their results and the sum of
    the squares, which are exact. None with less than two days, or if every day was the same.
    """
    if days < 2:
        return None
    with localcontext(EXACT):
        variance = (squares * days - total * total) / (days * (days - 1))
    with localcontext(ROUNDED):
        mean = total / days
        return mean / variance.sqrt() * Decimal(DAYS_A_YEAR).sqrt() if variance else None


def _divide_or_none(dividend: Decimal, divisor: Decimal) -> Decimal | None:
    with localcontext(ROUNDED):
        return dividend / divisor if divisor else None
