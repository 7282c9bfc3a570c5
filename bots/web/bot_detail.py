"""What the page of one bot shows, and the panel of an emergency. It only reads."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import accumulate
from typing import Any, Final

from bots.activity.log import log_entry_data
from bots.charts import scales, svg
from bots.models import Bot, BotOrder, ClosedTrade, PnlBook, StopAll
from bots.pnl import history, open_positions
from bots.pnl import summary as pnl_summary
from bots.pnl.summary import Summary
from bots.prices import market_view
from bots.strategies import STRATEGIES
from bots.strategies.settings import Asked, Setting, settings_of
from bots.web import bot_list
from orders.models import IS_OPEN, Order, Origin
from orders.payloads import order_data
from orders.web import row_text
from realtime.values import format_money

ROUNDS: Final = 20
LINES: Final = 12
MOST_OPEN: Final = 200
YOUNG: Final = 4  # days
MOST_ROUNDS: Final = 1000
SHOWN_AFTER: Final = timedelta(minutes=10)  # that everything is stopped, is news for so long
STORED_ONLY: Final = {"leave"}  # of the settings: what a bot notes for itself


@dataclass(frozen=True, kw_only=True, slots=True)
class Purse:
    """What a bot earned in one currency, and what it holds there."""

    currency: str
    gross: Decimal
    fees: Decimal
    is_provisional: bool
    held: Sequence[open_positions.OpenPosition]
    chart: str
    summary: Summary

    @property
    def net(self) -> Decimal:
        return self.gross - self.fees

    @property
    def paid(self) -> Decimal:
        return -self.fees

    @property
    def won(self) -> str:
        """Of a hundred rounds."""
        share = self.summary.trades.win_rate
        return "" if share is None else f"{share * 100:.0f}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Ended:
    """A round, with what it brought."""

    book: PnlBook
    ended_at: datetime
    net: Decimal
    paid: Decimal
    turnover: Decimal
    parts: int
    is_provisional: bool


def of(bot: Bot, *, now: datetime) -> dict[str, Any]:
    books = list(PnlBook.objects.filter(bot=bot).select_related("key"))
    waiting = bot_list.open_orders([bot])[bot.pk]
    base, _, quotes = bot.symbol.partition("/")
    rounds = (
        ClosedTrade.objects.filter(book__in=books)
        .select_related("book")
        .order_by("-ended_at", "-pk")
    )
    return {
        "state": bot_list.words(bot, waiting),
        "strategy": STRATEGIES[bot.strategy],
        "settings": settings(bot),
        "purses": [_purse(currency, mine, now) for currency, mine in _by_currency(books)],
        "acts": _acts(bot, now),
        "open": waiting,
        "rounds": [_ended(one) for one in rounds[:ROUNDS]],
        "fill_at": bot_list.newest_fill(books),
        "lines": [log_entry_data(line) for line in bot.log_entries.all()[:LINES]],
        "holds": any(book.held for book in books),
        "spends": format_money(Decimal(bot.settings.get("amount") or 0)),
        "base": base,
        "quote": quotes.partition(":")[0],
        "instrument": market_view.bot_instrument(bot),
    }


def settings(bot: Bot) -> list[tuple[Asked, str]]:
    """As one would say them; what was left out is not a setting."""
    declared = settings_of(STRATEGIES[bot.strategy].Settings)
    found = [(one, bot.settings.get(one.name)) for one in declared]
    return [
        (one.asked, _said(one, value))
        for one, value in found
        if value not in (None, "") and one.name not in STORED_ONLY
    ]


def emergency_of(user_id: int, *, now: datetime) -> dict[str, Any] | None:
    """The one that is under way, or ended just now; what is left is counted anew."""
    newest = StopAll.objects.filter(user=user_id).first()
    if newest is None or (newest.ended_at and newest.ended_at < now - SHOWN_AFTER):
        return None
    left = Order.objects.filter(IS_OPEN, user=user_id, origin=Origin.FILLWATCH).count()
    awake = Bot.objects.filter(user=user_id).exclude(mode__in=bot_list.AT_REST).count()
    done = max(0, newest.orders - left)
    return {"asked": newest, "left": left, "awake": awake, "done": done}


def _by_currency(books: Sequence[PnlBook]) -> list[tuple[str, list[PnlBook]]]:
    names = sorted({book.quote for book in books})
    return [(name, [book for book in books if book.quote == name]) for name in names]


def _purse(currency: str, books: list[PnlBook], now: datetime) -> Purse:
    title = f"Earned so far, in {currency}"
    return Purse(
        currency=currency,
        gross=sum((book.gross for book in books), Decimal(0)),
        fees=sum((book.fees for book in books), Decimal(0)),
        is_provisional=pnl_summary.is_provisional(books),
        held=open_positions.value_positions(books, now=now),
        chart=svg.draw_line(_course(books), title=title, unit=currency, from_zero=True),
        summary=pnl_summary.summarize([books])[0],
    )


def _course(books: Sequence[PnlBook]) -> list[scales.ChartPoint]:
    """What was earned so far, by days; of a bot that is young, by its rounds."""
    days = history.nets_with_idle_days(history.daily_results(books))
    steps = [(svg.day_start(on), net) for on, net in days]
    if len(steps) < YOUNG:
        rounds = ClosedTrade.objects.filter(book__in=books).order_by("-ended_at", "-pk")[
            :MOST_ROUNDS
        ]
        steps = [(one.ended_at, one.gross - one.fees) for one in reversed(rounds)]
    moments, nets = [at for at, _ in steps], [net for _, net in steps]
    return list(zip(moments, accumulate(nets), strict=True))


def _acts(bot: Bot, now: datetime) -> list[dict[str, Any]]:
    """What waits at the venue, each with the reason that the bot had."""
    waiting = Order.objects.filter(IS_OPEN, bot=bot).select_related("key", "bot", "bot_order")
    data = [(order, order_data(order)) for order in waiting.order_by("-pk")[:MOST_OPEN]]
    return [
        {"row": row_text.build_cells(one, now=now), "order": one, "act": _act_of(order)}
        for order, one in data
    ]


def _ended(one: ClosedTrade) -> Ended:
    return Ended(
        book=one.book,
        ended_at=one.ended_at,
        net=one.gross - one.fees,
        paid=-one.fees,
        turnover=one.turnover,
        parts=one.parts,
        is_provisional=one.is_provisional,
    )


def _act_of(order: Order) -> BotOrder | None:
    return getattr(order, "bot_order", None)


def _said(one: Setting, value: Any) -> str:
    if one.kind is bool:
        return "yes" if value else "no"
    plain = format_money(Decimal(value)) if one.kind is Decimal else value
    return f"{plain} {one.asked.unit}".strip()
