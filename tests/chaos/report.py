"""Table of what each fault of a storm cost."""

from collections.abc import Sequence
from dataclasses import dataclass, field

VERDICTS = ("lost", "doubled", "others", "differs", "strange")
WIDTH = 20


@dataclass(frozen=True)
class Totals:
    """Totals over all clients and servers at one moment."""

    events: int
    received: int
    sockets: int
    resets: int
    repairs: int
    wrong: tuple[int, ...]

    def since(self, old: "Totals") -> "Totals":
        return Totals(
            self.events - old.events,
            self.received - old.received,
            self.sockets - old.sockets,
            self.resets - old.resets,
            self.repairs - old.repairs,
            tuple(now - then for now, then in zip(self.wrong, old.wrong, strict=True)),
        )

    def __add__(self, other: "Totals") -> "Totals":
        return Totals(
            self.events + other.events,
            self.received + other.received,
            self.sockets + other.sockets,
            self.resets + other.resets,
            self.repairs + other.repairs,
            tuple(one + more for one, more in zip(self.wrong, other.wrong, strict=True)),
        )


@dataclass
class FaultCost:
    """One fault, from its strike until everybody had caught up."""

    fault: str
    seconds: float
    cost: Totals
    times: int = 1

    def __add__(self, other: "FaultCost") -> "FaultCost":
        longest = max(self.seconds, other.seconds)
        return FaultCost(self.fault, longest, self.cost + other.cost, self.times + other.times)


@dataclass
class StormReport:
    seed: int
    rows: list[FaultCost] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        rows: dict[str, FaultCost] = {}
        for row in self.rows:
            rows[row.fault] = rows[row.fault] + row if row.fault in rows else row
        body = [_row_line(row) for _, row in sorted(rows.items())]
        total = self.rows[0]
        for row in self.rows[1:]:
            total += row
        total.fault = "all"
        return [_header_line(), *body, _row_line(total), f"CHAOS_SEED={self.seed}"]


COLUMNS = ("times", "longest s", "events", "received", "sockets", "resets", "repairs", *VERDICTS)


def _header_line() -> str:
    return "fault".ljust(WIDTH) + "".join(name.rjust(10) for name in COLUMNS)


def _row_line(row: FaultCost) -> str:
    cost = row.cost
    figures: Sequence[object] = (
        *(row.times, f"{row.seconds:.1f}", cost.events, cost.received, cost.sockets),
        *(cost.resets, cost.repairs, *cost.wrong),
    )
    return row.fault.ljust(WIDTH) + "".join(str(figure).rjust(10) for figure in figures)
