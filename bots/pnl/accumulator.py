"""A book while fills go in: what it has earned, and what that adds to its days and rounds. Pure.

How it stood when a day began is kept with that day, so that a fill that comes late has no more
counted again than what came after that. Where much is held in many lots it is kept more rarely, so
that what is kept grows no faster than what was counted.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, localcontext
from typing import Any, Final

from bots.pnl.lots import Ledger, Method, Part, Step, worth
from bots.pnl.trade_stats import Cycle, Running, Tally
from realtime.values import EXACT, ZERO

SPARING: Final = 4  # all that is kept has at most about so many lots for each fill
Place = tuple[datetime, int]  # of a fill in its book: when it was executed, and its number


@dataclass(slots=True)
class Gained:
    """What is new of a day."""

    gross: Decimal = ZERO
    fees: Decimal = ZERO
    volume: Decimal = ZERO
    fills: int = 0
    rounds: Tally = field(default_factory=Tally)
    kept: dict[str, Any] = field(default_factory=dict)  # how the book stood when it began


@dataclass(slots=True)
class Count:
    """How a book stands, and since it was taken up what is new of its days and rounds."""

    ledger: Ledger
    running: Running = field(default_factory=Running)
    tally: Tally = field(default_factory=Tally)
    gross: Decimal = ZERO
    fees: Decimal = ZERO
    is_provisional: bool = False
    newest: Place | None = None
    unkept: int = 0  # fills since it was last kept how the book stood
    days: dict[date, Gained] = field(default_factory=dict)
    cycles: list[Cycle] = field(default_factory=list)

    @classmethod
    def begin(cls, method: Method) -> "Count":
        return cls(Ledger(method))

    def take(self, number: int, part: Part, *, dust: Decimal = ZERO) -> None:
        """The next fill in order of execution."""
        with localcontext(EXACT):
            day = self._day(part.at.date())
            day.fills += 1
            day.volume += worth(part.quantity, part.price)
            for step in self.ledger.take(part):
                self._add_up(day, step)
                if over := self.running.follow(step, dust):
                    self.cycles.append(over)
                    self.tally.add(over.net)
                    day.rounds.add(over.net)
            self.newest = (part.at, number)
            self.unkept += 1

    def _day(self, on: date) -> Gained:
        begins = self.newest is None or self.newest[0].date() != on
        day = self.days.setdefault(on, Gained())
        if begins and self.newest is not None and self.unkept * SPARING >= len(self.ledger.lots):
            day.kept = self.dump()
            self.unkept = 0
        return day

    def _add_up(self, day: Gained, step: Step) -> None:
        self.gross += step.gross
        self.fees += step.fee
        day.gross += step.gross
        day.fees += step.fee
        self.is_provisional |= step.is_provisional

    # As it is kept between two sittings

    def dump(self) -> dict[str, Any]:
        at, number = self.newest or (None, 0)
        return {
            "ledger": self.ledger.dump(),
            "running": self.running.dump(),
            "tally": self.tally.dump(),
            "gross": f"{self.gross:f}",
            "fees": f"{self.fees:f}",
            "is_provisional": self.is_provisional,
            "newest_at": at.isoformat() if at else None,
            "newest": number,
            "unkept": self.unkept,
        }

    @classmethod
    def load(cls, kept: Mapping[str, Any]) -> "Count":
        at = kept["newest_at"]
        return cls(
            ledger=Ledger.load(kept["ledger"]),
            running=Running.load(kept["running"]),
            tally=Tally.load(kept["tally"]),
            gross=Decimal(kept["gross"]),
            fees=Decimal(kept["fees"]),
            is_provisional=kept["is_provisional"],
            newest=(datetime.fromisoformat(at), kept["newest"]) if at else None,
            unkept=kept["unkept"],
        )
