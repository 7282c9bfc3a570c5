"""A bot's page as an instrument: its price chart, its ladder of orders, its hours. Reads only."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.utils.translation import gettext as _

from bots.charts.ladder import Rung, draw_ladder
from bots.models import Bot, BotOrder, PnlBook
from bots.pnl.trade_books import find_trade_books
from bots.portfolio.week_map import build_week_map
from bots.prices import market_view
from exchanges.instruments import profit_currency
from orders.models import IS_OPEN, Fill, Order
from orders.payloads import order_data, trade_data
from orders.web.charts.order_chart import ChartData, choose_interval
from orders.web.markets_page import build_rows

MOST_ORDERS: Final = 200
MOST_FILLS: Final = 300
RELATED: Final = ("key", "bot", "order_group")


def chart_context(bot: Bot, interval: str) -> dict[str, Any]:
    """Return what _order_chart.html draws; nothing for a symbol that is not known here."""
    rows, _reason = build_rows([market_view.bot_instrument(bot)])
    if not rows:
        return {}
    return {"traded": rows[0], "chart": _read_chart(bot), **choose_interval(interval)}


def hours_context(bot: Bot, books: Sequence[PnlBook]) -> dict[str, Any]:
    """Return the map of the week in the newest currency."""
    if not books:
        return {}
    unit = max(books, key=lambda book: (book.newest_at is not None, book.newest_at)).quote
    shown = find_trade_books([book for book in books if book.quote == unit])
    return {"week": build_week_map(shown, unit=unit, zone=bot.user.time_zone)}


def draw_open_orders(bot: Bot, orders: Sequence[dict[str, Any]], *, now: datetime) -> Any:
    """Draw the open orders that have a price, and the price of now."""
    name = market_view.bot_instrument(bot)
    rungs = [
        Rung(
            price=Decimal(price),
            side=order["side"],
            quantity=Decimal(order["remaining"]),
            label=row["act"].reason if row["act"] else "",
        )
        for row in orders
        if (price := (order := row["order"])["price"] or order["trigger_price"])
    ]
    price = market_view.read_prices([name], now=now).get(name)
    unit = profit_currency(bot.symbol)
    return draw_ladder(rungs, price=price, title=_("Open orders"), unit=unit)


def _read_chart(bot: Bot) -> ChartData:
    """Read the bot's open orders and newest fills, each with the reason that the bot had."""
    orders = Order.objects.filter(IS_OPEN, bot=bot).select_related(*RELATED).order_by("-pk")
    fills = Fill.objects.filter(order__bot=bot).order_by("-executed_at", "-pk")[:MOST_FILLS]
    filled = {fill.order_id for fill in fills}
    reasons = BotOrder.objects.filter(order__in=filled).values_list("order", "reason")
    return ChartData(
        instrument=market_view.bot_instrument(bot),
        keys=[bot.key_id],
        orders=[order_data(order) for order in orders[:MOST_ORDERS]],
        fills=[trade_data(fill) for fill in fills],
        reasons=dict(reasons),
        positions=[],
        levels=[],
        can_amend=False,  # its prices are the strategy's: new settings change them
    )
