"""The list of the signals page: each signal with its outcome and the bots that could execute it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy

from bots.models import Bot, Mode, Signal, Strategy
from bots.signals import execute
from realtime.values import format_money
from users.http import is_id

PAGE: Final = 50
MOST_SYMBOLS: Final = 200
STATUSES: Final = dict(Signal.Status.choices) | {"pending": gettext_lazy("Waiting")}
BUYS: Final = ("buy", "long")
ARROWS: Final = {"close": "■"} | dict.fromkeys(BUYS, "▲")


@dataclass(frozen=True, kw_only=True, slots=True)
class SignalFilters:
    """The filters in the page's address; invalid values are ignored."""

    status: str = ""
    symbol: str = ""
    before: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "SignalFilters":
        status, before = query.get("status", ""), query.get("before", "")
        return cls(
            status=status if status in STATUSES else "",
            symbol=query.get("symbol", "").replace("\x00", "").strip()[:40],
            before=before if is_id(before) else "",
        )

    @property
    def narrowed(self) -> bool:
        return bool(self.status or self.symbol)

    def apply(self, signals: QuerySet[Signal]) -> QuerySet[Signal]:
        exact = {"status": self.status, "symbol": self.symbol, "pk__lt": self.before}
        return signals.filter(**{name: value for name, value in exact.items() if value})


@dataclass(frozen=True, slots=True)
class SignalRow:
    """A signal, and the bots that could execute it, the default bot first."""

    signal: Signal
    bots: Sequence[Bot]

    @property
    def side(self) -> str:
        """The side that colours the row; a close has none."""
        if self.signal.side == Signal.Side.CLOSE:
            return ""
        return "buy" if self.signal.side in BUYS else "sell"

    @property
    def arrow(self) -> str:
        return ARROWS.get(self.signal.side, "▼")

    @property
    def status(self) -> str:
        return str(STATUSES[self.signal.status])

    @property
    def price(self) -> str | None:
        price = self.signal.price
        return None if price is None else format_money(price)

    @property
    def expires_at(self) -> datetime:
        return self.signal.received_at + execute.EXPIRES_AFTER


@dataclass(frozen=True, slots=True)
class SignalPage:
    rows: Sequence[SignalRow]
    older: int | None  # the last row's id, if older signals exist


def find_signals(user_id: int, filters: SignalFilters) -> SignalPage:
    matching = filters.apply(Signal.objects.filter(user=user_id)).order_by("-id")
    signals, bots = list(matching[: PAGE + 1]), _bots_by_symbol(user_id)
    rows = [
        SignalRow(signal, bots[signal.symbol] if signal.status == Signal.Status.PENDING else ())
        for signal in signals[:PAGE]
    ]
    return SignalPage(rows, rows[-1].signal.pk if len(signals) > PAGE else None)


def list_symbols(user_id: int) -> list[str]:
    signals = Signal.objects.filter(user=user_id).order_by("symbol")
    return list(signals.values_list("symbol", flat=True).distinct()[:MOST_SYMBOLS])


def _bots_by_symbol(user_id: int) -> Mapping[str, Sequence[Bot]]:
    by_symbol: dict[str, list[Bot]] = defaultdict(list)
    running = Bot.objects.filter(user=user_id, strategy=Strategy.MANUAL, mode=Mode.RUNNING)
    for bot in running.select_related("key").order_by("-is_default", "pk"):
        by_symbol[bot.symbol].append(bot)
    return by_symbol
