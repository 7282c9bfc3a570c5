"""Statistics of what was earned, kept up to date one result at a time. Pure and exact.

A cycle is what lies between having nothing and having nothing again. Its result is after fees.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from decimal import Context, Decimal, localcontext
from typing import Any

from bots.pnl.lots import Step
from realtime.values import EXACT, ZERO

ROUNDED = Context(prec=28)
DAYS_A_YEAR = 365  # these markets do not close


@dataclass(frozen=True, slots=True)
class Cycle:
    """One trade from beginning to end."""

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
class Running:
    """A cycle that has begun; `follow` says when it is over."""

    began_at: datetime | None = None
    turnover: Decimal = ZERO
    gross: Decimal = ZERO
    fees: Decimal = ZERO
    parts: int = 0
    is_provisional: bool = False

    def follow(self, step: Step, dust: Decimal = ZERO) -> Cycle | None:
        """Add a step; the whole cycle if nothing is held after it.

        Nor is anything where closing left less than can be traded. An order may begin with as
        little: that has only begun.
        """
        self.began_at = self.began_at or step.at
        self.turnover += step.opened + step.closed
        self.gross += step.gross
        self.fees += step.fee
        self.parts += 1
        self.is_provisional |= step.is_provisional
        over = step.held == 0 or (step.closed > 0 and abs(step.held) < dust)
        return self._end(step.at) if over else None

    def dump(self) -> dict[str, Any]:
        began_at = self.began_at.isoformat() if self.began_at else None
        return _written(asdict(self)) | {"began_at": began_at}

    @classmethod
    def load(cls, kept: Mapping[str, Any]) -> "Running":
        began_at = kept["began_at"]
        whole = cls(**_read({**kept, "began_at": None}))
        whole.began_at = datetime.fromisoformat(began_at) if began_at else None
        return whole

    def _end(self, at: datetime) -> Cycle:
        began_at = self.began_at or at
        over = Cycle(
            began_at, at, self.turnover, self.gross, self.fees, self.parts, self.is_provisional
        )
        for field in fields(self):
            setattr(self, field.name, field.default)
        return over


@dataclass(slots=True)
class Tally:
    """Results so far, each counted once."""

    cycles: int = 0
    wins: int = 0
    losses: int = 0
    won: Decimal = ZERO
    lost: Decimal = ZERO  # zero or above
    best: Decimal = ZERO
    worst: Decimal = ZERO
    streak: int = 0  # of wins; below zero, of losses
    longest_wins: int = 0
    longest_losses: int = 0
    total: Decimal = ZERO
    peak: Decimal = ZERO
    drawdown: Decimal = ZERO  # the deepest fall from a peak

    def add(self, net: Decimal) -> None:
        self.cycles += 1
        self.best = net if self.cycles == 1 else max(self.best, net)
        self.worst = net if self.cycles == 1 else min(self.worst, net)
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
        """Of all cycles, those that won; None as long as there is none."""
        return _ratio(Decimal(self.wins), Decimal(self.cycles))

    @property
    def profit_factor(self) -> Decimal | None:
        """What was won for each unit that was lost; None if nothing was ever lost."""
        return _ratio(self.won, self.lost)

    @property
    def average_win(self) -> Decimal | None:
        return _ratio(self.won, Decimal(self.wins))

    @property
    def average_loss(self) -> Decimal | None:
        return _ratio(self.lost, Decimal(self.losses))

    def dump(self) -> dict[str, Any]:
        return _written(asdict(self))

    @classmethod
    def load(cls, kept: Mapping[str, Any]) -> "Tally":
        return cls(**_read(kept))


def _written(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: f"{value:f}" if isinstance(value, Decimal) else value
        for name, value in values.items()
    }


def _read(kept: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: Decimal(value) if isinstance(value, str) else value for name, value in kept.items()
    }


def tally(results: Iterable[Decimal]) -> Tally:
    whole = Tally()
    for net in results:
        whole.add(net)
    return whole


def sharpe(daily: Sequence[Decimal]) -> Decimal | None:
    """A year's Sharpe ratio of daily results, idle days included, beside a riskless rate of 0.

    None with less than two days, or if every day was the same.
    """
    with localcontext(EXACT):
        squares = sum((day * day for day in daily), ZERO)
        return sharpe_of(len(daily), sum(daily, ZERO), squares)


def sharpe_of(days: int, total: Decimal, squares: Decimal) -> Decimal | None:
    """The same from the sums of the days' results and of their squares, which are exact."""
    if days < 2:
        return None
    with localcontext(EXACT):
        spread = (squares * days - total * total) / (days * (days - 1))
    with localcontext(ROUNDED):
        return total / days / spread.sqrt() * Decimal(DAYS_A_YEAR).sqrt() if spread else None


def _ratio(part: Decimal, whole: Decimal) -> Decimal | None:
    with localcontext(ROUNDED):
        return part / whole if whole else None
