"""The contents of a bot's page, and of the stop-all panel. Reads only."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import accumulate
from typing import Any, Final

from django.utils.translation import gettext as _

from bots.activity.log import log_entry_data
from bots.charts import scales, svg
from bots.formatting import format_all_digits
from bots.income import totals
from bots.income.totals import IncomeSums
from bots.models import Backtest, Bot, ClosedTrade, PnlBook, StopAll
from bots.pnl import history, open_positions
from bots.pnl import summary as pnl_summary
from bots.prices import market_view
from bots.strategies.registry import STRATEGIES
from bots.strategies.settings import Input, Setting, list_settings
from bots.web import bot_chart, bot_list
from orders.models import IS_OPEN, Order, Origin
from orders.payloads import order_data
from orders.web import row_text
from realtime.values import format_average, format_money

ROUNDS: Final = 20
LINES: Final = 12
MOST_OPEN: Final = 200
YOUNG: Final = 4  # days: a chart with fewer points shows single trades
MOST_ROUNDS: Final = 1000
SHOWN_AFTER: Final = timedelta(minutes=10)  # the panel stays so long after the end
STORED_ONLY: Final = {"leave"}  # settings that the bot itself writes


def detail_context(bot: Bot, *, interval: str, now: datetime) -> dict[str, Any]:
    books = list(PnlBook.objects.filter(bot=bot).select_related("key"))
    waiting = bot_list.count_open_orders([bot])[bot.pk]
    base, _slash, quotes = bot.symbol.partition("/")
    acts = _open_orders(bot, now)
    trades = ClosedTrade.objects.filter(book__in=books).order_by("-ended_at", "-pk")
    return {
        "state": bot_list.describe_state(bot, waiting),
        "strategy": STRATEGIES[bot.strategy],
        "settings": describe_settings(bot),
        "results": [
            _currency_result(currency, [book for book in books if book.quote == currency], now)
            for currency in sorted({book.quote for book in books})
        ],
        "acts": acts,
        "ladder": bot_chart.draw_open_orders(bot, acts, now=now),
        "average": _average_price(books),
        "open": waiting,
        "rounds": trades.select_related("book")[:ROUNDS],
        "fill_at": bot_list.newest_fill_at(books),
        "lines": [log_entry_data(line) for line in bot.log_entries.all()[:LINES]],
        "holds": any(book.held for book in books),
        "spends": format_money(Decimal(bot.settings.get("amount") or 0)),
        "base": base,
        "quote": quotes.partition(":")[0],
        "instrument": market_view.bot_instrument(bot),
        **bot_chart.chart_context(bot, interval),
        **bot_chart.hours_context(bot, books),
    }


def _average_price(books: Sequence[PnlBook]) -> str:
    """Return what is paid on average for what the bot holds, as a line of the chart."""
    held = [book for book in books if book.held]
    return format_average(held[0].cost / held[0].held) if len(held) == 1 else ""


def describe_settings(bot: Bot | Backtest) -> list[tuple[Input, str]]:
    """Return the settings that have a value, with the value as text."""
    return [
        (setting.input, _format_value(setting, value))
        for setting in list_settings(STRATEGIES[bot.strategy].Settings)
        if (value := bot.settings.get(setting.name)) not in (None, "")
        and setting.name not in STORED_ONLY
    ]


def stop_all_progress(user_id: int, *, now: datetime) -> dict[str, Any] | None:
    """Return the progress of a stop-all request that is under way or has just ended."""
    newest = StopAll.objects.filter(user=user_id).first()
    if newest is None or (newest.ended_at and newest.ended_at < now - SHOWN_AFTER):
        return None
    left = Order.objects.filter(IS_OPEN, user=user_id, origin=Origin.FILLWATCH).count()
    awake = Bot.objects.filter(user=user_id).exclude(mode__in=bot_list.AT_REST).count()
    done = max(0, newest.orders - left)
    return {"asked": newest, "left": left, "awake": awake, "done": done}


def _currency_result(currency: str, books: list[PnlBook], now: datetime) -> dict[str, Any]:
    """Return a bot's earnings and holdings in one currency."""
    entries = totals.filter_income(books[0].user_id, bot=books[0].bot_id)
    incomes = totals.sum_by_day(entries).get((books[0].key.is_paper, currency), {})
    summary = pnl_summary.summarize([books])[0]
    title, share = (
        _("Earned so far, in %(currency)s") % {"currency": currency},
        summary.trades.win_rate,
    )
    return {
        "currency": currency,
        "summary": summary,
        "income": totals.sum_all(incomes),
        "win_rate": "" if share is None else f"{share * 100:.0f}",
        "held": open_positions.value_positions(books, now=now),
        "chart": svg.draw_line(
            _earnings_curve(books, incomes), title=title, unit=currency, from_zero=True
        ),
    }


def _earnings_curve(
    books: Sequence[PnlBook], incomes: Mapping[date, IncomeSums]
) -> list[scales.ChartPoint]:
    """Return the earnings so far by day, or by closed trade for a young bot."""
    days = history.totals_with_idle_days(history.daily_results(books, incomes))
    steps = [(svg.day_start(on), net) for on, net in days]
    if len(steps) < YOUNG:
        trades = ClosedTrade.objects.filter(book__in=books).order_by("-ended_at", "-pk")
        newest = reversed(trades[:MOST_ROUNDS])
        steps = [(trade.ended_at, trade.net) for trade in newest]
    sums = accumulate(net for _at, net in steps)
    return [(at, total) for (at, _net), total in zip(steps, sums, strict=True)]


def _open_orders(bot: Bot, now: datetime) -> list[dict[str, Any]]:
    """Return the open orders, each with its BotOrder, which has the bot's reason."""
    waiting = Order.objects.filter(IS_OPEN, bot=bot).select_related("key", "bot", "bot_order")
    return [
        {
            "row": row_text.build_cells(data := order_data(order), now=now),
            "order": data,
            "act": getattr(order, "bot_order", None),
        }
        for order in waiting.order_by("-pk")[:MOST_OPEN]
    ]


def _format_value(setting: Setting, value: Any) -> str:
    if setting.kind is bool:
        return "yes" if value else "no"
    plain = format_all_digits(Decimal(value)) if setting.kind is Decimal else value
    return f"{plain} {setting.input.unit}".strip()
