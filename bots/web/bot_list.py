"""What the bots page shows: each bot with what it does, earned and has open. It only reads."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from django.core.paginator import Page, Paginator
from django.db.models import Case, Count, F, QuerySet, Sum, When

from bots.models import Bot, Mode, PnlBook, PnlDay, Strategy
from bots.pnl import open_positions
from bots.pnl.open_positions import OpenPosition
from bots.pnl.summary import PnlCurrency, is_provisional
from bots.prices import market_view
from bots.running import lifecycle
from exchanges.models import ExchangeKey
from orders.models import IS_OPEN, Order
from realtime.values import ZERO
from users.http import is_id

PAGE: Final = 100
URGENT: Final = Case(
    *(When(mode=mode, then=place) for place, mode in enumerate(("error", "stopping", "running"))),
    default=9,
)
AT_REST: Final = (Mode.STOPPED, Mode.ERROR)


@dataclass(frozen=True, kw_only=True, slots=True)
class Filters:
    """What the address of the page asks for; what it cannot mean is ignored."""

    mode: str = ""
    strategy: str = ""
    symbol: str = ""
    key: str = ""

    @classmethod
    def of(cls, asked: Mapping[str, str]) -> "Filters":
        mode, strategy, key = (asked.get(name, "") for name in ("mode", "strategy", "key"))
        symbol = asked.get("symbol", "").replace("\x00", "").strip().upper()[:40]
        return cls(
            mode=mode if mode in Mode.values else "",
            strategy=strategy if strategy in Strategy.values else "",
            symbol=symbol,
            key=key if is_id(key) else "",
        )

    @property
    def narrowed(self) -> bool:
        return bool(self.mode or self.strategy or self.symbol or self.key)

    def apply(self, bots: QuerySet[Bot]) -> QuerySet[Bot]:
        exact = {name: getattr(self, name) for name in self.__slots__}
        return bots.filter(**{name: value for name, value in exact.items() if value})


@dataclass(frozen=True, kw_only=True, slots=True)
class Earned:
    """In one quote currency; a bot whose symbol was changed may have more than one."""

    currency: str
    net: Decimal
    is_provisional: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    bot: Bot
    words: str
    open: int
    earned: Sequence[Earned]
    held: Sequence[OpenPosition]
    fill_at: datetime | None

    @property
    def instrument(self) -> str:
        return market_view.bot_instrument(self.bot)

    @property
    def is_at_rest(self) -> bool:
        return self.bot.mode in AT_REST


@dataclass(frozen=True, kw_only=True, slots=True)
class Numbers:
    """Those at the top of the page."""

    modes: Mapping[str, int]
    today: Sequence[tuple[PnlCurrency, Decimal]]

    @property
    def whole(self) -> int:
        return sum(self.modes.values())


def of(user_id: int) -> QuerySet[Bot]:
    return Bot.objects.filter(user=user_id).select_related("key")


def page(user_id: int, filters: Filters, number: str) -> Page[Bot]:
    """What needs attention first, then what is at work; what cannot be a page is the first one."""
    ordered = filters.apply(of(user_id)).order_by(URGENT, "name", "pk")
    return Paginator(ordered, PAGE).get_page(number)


def rows(bots: Iterable[Bot], *, now: datetime) -> list[Row]:
    """In as many queries for a hundred bots as for one."""
    bots = list(bots)
    books = _books(bots)
    waiting = open_orders(bots)
    holding = defaultdict[int | None, list[OpenPosition]](list)
    for one in open_positions.value_positions(
        (book for mine in books.values() for book in mine), now=now
    ):
        holding[one.book.bot_id].append(one)
    return [
        Row(
            bot=bot,
            words=words(bot, waiting[bot.pk]),
            open=waiting[bot.pk],
            earned=earned(books[bot.pk]),
            held=holding[bot.pk],
            fill_at=newest_fill(books[bot.pk]),
        )
        for bot in bots
    ]


def numbers(user_id: int, *, now: datetime) -> Numbers:
    """What a day earned is that of bots, by days of UTC; purses are never added up."""
    modes = Counter(dict(of(user_id).order_by().values_list("mode").annotate(Count("pk"))))
    days = PnlDay.objects.filter(book__user=user_id, book__bot__isnull=False, on=now.date())
    sums = (
        days.order_by("book__key__is_paper", "book__quote")
        .values_list("book__key__is_paper", "book__quote")
        .annotate(net=Sum(F("gross") - F("fees")))
    )
    today = [(PnlCurrency(simulated, quote), net) for simulated, quote, net in sums]
    return Numbers(modes={mode: modes[mode] for mode in Mode.values}, today=today)


def open_orders(bots: Iterable[Bot]) -> Counter[int | None]:
    waiting = Order.objects.filter(IS_OPEN, bot__in=bots).order_by()
    return Counter(dict(waiting.values_list("bot").annotate(Count("pk"))))


def earned(books: Iterable[PnlBook]) -> list[Earned]:
    by_currency = defaultdict[str, list[PnlBook]](list)
    for book in books:
        by_currency[book.quote].append(book)
    return [
        Earned(
            currency=currency,
            net=sum((book.gross - book.fees for book in mine), ZERO),
            is_provisional=is_provisional(mine),
        )
        for currency, mine in sorted(by_currency.items())
    ]


def newest_fill(books: Iterable[PnlBook]) -> datetime | None:
    return max((book.newest_at for book in books if book.newest_at), default=None)


def words(bot: Bot, waiting: int) -> str:
    """Why it is as it is, and what it waits for."""
    if bot.mode == Mode.STOPPING:
        after = {
            lifecycle.START: ", then it starts again",
            lifecycle.DELETE: ", then it is removed",
            Mode.ERROR: f": {bot.reason}",
        }.get(bot.after_stop, "")
        return f"{_waits_for(bot, waiting)}{after}"
    if bot.mode == Mode.RUNNING and not bot.key.is_active:
        return f"the key “{bot.key.label}” is switched off"
    return bot.reason


def keys(user_id: int) -> list[ExchangeKey]:
    return list(ExchangeKey.objects.filter(user=user_id))


def symbols(user_id: int) -> list[str]:
    names = Bot.objects.filter(user=user_id).order_by("symbol").values_list("symbol", flat=True)
    return list(names.distinct()[:500])


def _waits_for(bot: Bot, waiting: int) -> str:
    if not waiting:
        return "is about to stop"
    orders = "order" if waiting == 1 else "orders"
    return f"waits for {waiting} {orders} at {bot.key.venue_label}"


def _books(bots: Iterable[Bot]) -> dict[int | None, list[PnlBook]]:
    found = defaultdict[int | None, list[PnlBook]](list)
    for book in PnlBook.objects.filter(bot__in=bots).select_related("key"):
        found[book.bot_id].append(book)
    return found
