"""The list of the bots page: each bot with its state, earnings and open orders. Reads only."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any, Final

from django.core.paginator import Page, Paginator
from django.db.models import Case, Count, F, QuerySet, Sum, When
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

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
class BotFilters:
    """The filters in the page's address; invalid values are ignored."""

    mode: str = ""
    strategy: str = ""
    symbol: str = ""
    key: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "BotFilters":
        mode, strategy, key = (query.get(name, "") for name in ("mode", "strategy", "key"))
        symbol = query.get("symbol", "").replace("\x00", "").strip().upper()[:40]
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
class BotRow:
    bot: Bot
    state: str
    open: int
    earnings: Sequence[Mapping[str, Any]]
    held: Sequence[OpenPosition]
    fill_at: datetime | None

    @property
    def instrument(self) -> str:
        return market_view.bot_instrument(self.bot)

    @property
    def is_at_rest(self) -> bool:
        return self.bot.mode in AT_REST


def for_user(user_id: int) -> QuerySet[Bot]:
    return Bot.objects.filter(user=user_id).select_related("key")


def list_page(user_id: int, filters: BotFilters, number: str) -> Page[Bot]:
    """Return a page of bots, errors first; an invalid page number means the first page."""
    ordered = filters.apply(for_user(user_id)).order_by(URGENT, "name", "pk")
    return Paginator(ordered, PAGE).get_page(number)


def build_rows(bots: Iterable[Bot], *, now: datetime) -> list[BotRow]:
    """Build the rows; the number of queries does not depend on the number of bots."""
    bots = list(bots)
    books = _books_by_bot(bots)
    waiting = count_open_orders(bots)
    holding = defaultdict[int | None, list[OpenPosition]](list)
    for position in open_positions.value_positions(chain(*books.values()), now=now):
        holding[position.book.bot_id].append(position)
    return [
        BotRow(
            bot=bot,
            state=describe_state(bot, waiting[bot.pk]),
            open=waiting[bot.pk],
            earnings=sum_earnings(books[bot.pk]),
            held=holding[bot.pk],
            fill_at=newest_fill_at(books[bot.pk]),
        )
        for bot in bots
    ]


def count_bots(user_id: int, *, now: datetime) -> dict[str, Any]:
    """Count the bots by mode, and sum today's results (UTC) of bots by currency."""
    modes = Counter(dict(for_user(user_id).order_by().values_list("mode").annotate(Count("pk"))))
    days = PnlDay.objects.filter(book__user=user_id, book__bot__isnull=False, on=now.date())
    currency = ("book__key__is_paper", "book__quote")
    net = Sum(F("gross") - F("fees"))
    sums = days.order_by(*currency).values_list(*currency).annotate(sum=net)
    today = [(PnlCurrency(simulated, quote), net) for simulated, quote, net in sums]
    counts = {mode: modes[mode] for mode in Mode.values}
    return {"modes": counts, "total": modes.total(), "today": today}


def count_open_orders(bots: Iterable[Bot]) -> Counter[int | None]:
    waiting = Order.objects.filter(IS_OPEN, bot__in=bots).order_by()
    return Counter(dict(waiting.values_list("bot").annotate(Count("pk"))))


def sum_earnings(books: Iterable[PnlBook]) -> list[dict[str, Any]]:
    """Sum a bot's results by currency: a change of its symbol may add another one."""
    by_currency = defaultdict[str, list[PnlBook]](list)
    for book in books:
        by_currency[book.quote].append(book)
    return [
        {
            "currency": currency,
            "net": sum((book.net for book in currency_books), ZERO),
            "is_provisional": is_provisional(currency_books),
        }
        for currency, currency_books in sorted(by_currency.items())
    ]


def newest_fill_at(books: Iterable[PnlBook]) -> datetime | None:
    return max((book.newest_at for book in books if book.newest_at), default=None)


def describe_state(bot: Bot, waiting: int) -> str:
    """Describe why the bot has its mode, and what it waits for."""
    if bot.mode == Mode.STOPPING:
        wait = _describe_wait(bot, waiting)
        text = {
            lifecycle.START: _("%(wait)s, then it starts again"),
            lifecycle.DELETE: _("%(wait)s, then it is removed"),
            Mode.ERROR: "%(wait)s: %(reason)s",
        }.get(bot.after_stop, "%(wait)s")
        return text % {"wait": wait, "reason": bot.reason}
    if bot.mode == Mode.RUNNING and not bot.key.is_active:
        return _("the key “%(key)s” is switched off") % {"key": bot.key.label}
    return bot.reason


def list_keys(user_id: int) -> list[ExchangeKey]:
    return list(ExchangeKey.objects.filter(user=user_id))


def list_symbols(user_id: int) -> list[str]:
    names = Bot.objects.filter(user=user_id).order_by("symbol").values_list("symbol", flat=True)
    return list(names.distinct()[:500])


def _describe_wait(bot: Bot, waiting: int) -> str:
    if not waiting:
        return _("is about to stop")
    text = ngettext(
        "waits for %(count)s order at %(venue)s", "waits for %(count)s orders at %(venue)s", waiting
    )
    return text % {"count": waiting, "venue": bot.key.venue_label}


def _books_by_bot(bots: Iterable[Bot]) -> dict[int | None, list[PnlBook]]:
    books_by_bot = defaultdict[int | None, list[PnlBook]](list)
    for book in PnlBook.objects.filter(bot__in=bots).select_related("key"):
        books_by_bot[book.bot_id].append(book)
    return books_by_bot
