"""What the signals page shows: what came, what became of it, and which bots could do it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import QuerySet

from bots.models import Bot, Mode, Signal, Strategy
from bots.signals import execute
from realtime.values import format_money
from users.http import is_id

PAGE: Final = 50
MOST_SYMBOLS: Final = 200
STATUSES: Final = {
    "pending": "Waiting",
    "executed": "Executed",
    "failed": "Failed",
    "ignored": "Ignored",
    "expired": "Expired",
}
BUYS: Final = ("buy", "long")
ARROWS: Final = {"close": "■"} | dict.fromkeys(BUYS, "▲")


@dataclass(frozen=True, kw_only=True, slots=True)
class Filters:
    """What the address of the page asks for; what it cannot mean is ignored."""

    status: str = ""
    symbol: str = ""
    before: str = ""

    @classmethod
    def of(cls, asked: Mapping[str, str]) -> "Filters":
        status, before = asked.get("status", ""), asked.get("before", "")
        return cls(
            status=status if status in STATUSES else "",
            symbol=asked.get("symbol", "").replace("\x00", "").strip()[:40],
            before=before if is_id(before) else "",
        )

    @property
    def narrowed(self) -> bool:
        return bool(self.status or self.symbol)

    def apply(self, signals: QuerySet[Signal]) -> QuerySet[Signal]:
        exact = {"status": self.status, "symbol": self.symbol, "pk__lt": self.before}
        return signals.filter(**{name: value for name, value in exact.items() if value})


@dataclass(frozen=True, slots=True)
class Row:
    """A signal, and the bots that could do what it wishes for, the usual one first."""

    signal: Signal
    bots: Sequence[Bot]

    @property
    def side(self) -> str:
        """As it is coloured: what closes is neither."""
        if self.signal.side == Signal.Side.CLOSE:
            return ""
        return "buy" if self.signal.side in BUYS else "sell"

    @property
    def arrow(self) -> str:
        return ARROWS.get(self.signal.side, "▼")

    @property
    def status(self) -> str:
        return STATUSES[self.signal.status]

    @property
    def price(self) -> str | None:
        price = self.signal.price
        return None if price is None else format_money(price)

    @property
    def expires_at(self) -> datetime:
        return self.signal.received_at + execute.EXPIRES


@dataclass(frozen=True, slots=True)
class Found:
    rows: Sequence[Row]
    older: int | None  # the last one's number, if there are more


def found(user_id: int, filters: Filters) -> Found:
    mine = filters.apply(Signal.objects.filter(user=user_id)).order_by("-id")
    signals = list(mine[: PAGE + 1])
    bots = _bots(user_id)
    rows = [Row(one, bots[one.symbol] if _waits(one) else ()) for one in signals[:PAGE]]
    return Found(rows, rows[-1].signal.pk if len(signals) > PAGE else None)


def symbols(user_id: int) -> list[str]:
    mine = Signal.objects.filter(user=user_id).order_by("symbol")
    return list(mine.values_list("symbol", flat=True).distinct()[:MOST_SYMBOLS])


def _waits(signal: Signal) -> bool:
    return signal.status == Signal.Status.PENDING


def _bots(user_id: int) -> Mapping[str, Sequence[Bot]]:
    by_symbol: dict[str, list[Bot]] = defaultdict(list)
    running = Bot.objects.filter(user=user_id, strategy=Strategy.MANUAL, mode=Mode.RUNNING)
    for bot in running.select_related("key").order_by("-is_default", "pk"):
        by_symbol[bot.symbol].append(bot)
    return by_symbol
