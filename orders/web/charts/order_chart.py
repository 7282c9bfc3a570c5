"""A price chart with what is a user's own: orders as lines, fills as marks. Reads only."""

from collections.abc import Iterable, Sequence
from typing import Any, Final, TypedDict

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from exchanges import payloads, venues
from exchanges.instruments import Instrument
from exchanges.models import ExchangeKey
from exchanges.prices import chart_candles
from orders.models import IS_OPEN, Fill, Order, OrderGroup
from orders.payloads import order_data, trade_data
from orders.web import row_text
from realtime.shapes.events import OrderData, PositionData, TradeData
from realtime.values import format_money
from users.models import User

MAX_ORDERS: Final = 100
MAX_FILLS: Final = 100
RELATED: Final = ("key", "bot", "order_group")


class LevelData(TypedDict):
    """A price that an order waits for which is not placed yet: a target or a stop."""

    group: int
    title: str
    price: str


class ChartData(TypedDict):
    """The data that order_chart.js draws first; events change it from there."""

    instrument: str
    keys: list[int]
    orders: list[OrderData]
    fills: list[TradeData]
    reasons: dict[int, str]  # why the orders of the fills were there, by their ids
    positions: list[PositionData]
    levels: list[LevelData]
    can_amend: bool


def read_market_chart(user: User, instrument: Instrument, keys: Sequence[ExchangeKey]) -> ChartData:
    """Read all that these keys have in one market, newest first."""
    chosen = {"key__in": keys, "symbol": instrument.symbol}
    groups = OrderGroup.objects.filter(state=OrderGroup.State.WAITING, **chosen)
    return _build_chart(
        instrument,
        keys=keys,
        orders=list_open_orders(instrument, keys),
        fills=Fill.objects.filter(**chosen),
        groups=groups[:MAX_ORDERS],
        positions=_list_positions(user, instrument, keys),
    )


def list_open_orders(instrument: Instrument, keys: Sequence[ExchangeKey]) -> list[OrderData]:
    """List the open orders of these keys in one market, newest first."""
    chosen = Order.objects.filter(IS_OPEN, key__in=keys, symbol=instrument.symbol)
    newest = chosen.select_related(*RELATED).order_by("-pk")[:MAX_ORDERS]
    return [order_data(order) for order in newest]


def read_order_chart(
    user: User, instrument: Instrument, order: Order, legs: Sequence[Order]
) -> ChartData:
    """Read one order with those of its group, and the position of its key."""
    together = legs or [order]
    waiting = [order.order_group] if order.order_group else []
    return _build_chart(
        instrument,
        keys=[order.key],
        orders=[order_data(one) for one in together if one.ended_at is None],
        fills=Fill.objects.filter(order__in=together),
        groups=[group for group in waiting if group.state == OrderGroup.State.WAITING],
        positions=_list_positions(user, instrument, [order.key]),
    )


def choose_interval(text: str) -> dict[str, Any]:
    """Return the interval that an address asks for, or the usual one, for _order_chart.html."""
    interval = text if text in chart_candles.LENGTHS else chart_candles.DEFAULT_LENGTH
    return {
        "interval": interval,
        "intervals": list(chart_candles.LENGTHS),
        "seconds": chart_candles.LENGTHS[interval],
    }


def _build_chart(
    instrument: Instrument,
    *,
    keys: Iterable[ExchangeKey],
    orders: list[OrderData],
    fills: QuerySet[Fill],
    groups: Iterable[OrderGroup],
    positions: list[PositionData],
) -> ChartData:
    names = tuple(f"order__{name}" for name in RELATED)
    newest = fills.select_related(*names).order_by("-executed_at", "-pk")[:MAX_FILLS]
    filled = {fill.order_id: fill.order for fill in newest}
    return ChartData(
        instrument=str(instrument),
        keys=[key.pk for key in keys],
        orders=orders,
        fills=[trade_data(fill) for fill in newest],
        reasons={pk: describe_reason(order_data(order)) for pk, order in filled.items()},
        positions=positions,
        levels=[level for group in groups for level in _list_levels(group)],
        can_amend=venues.get(instrument.venue).can_amend(instrument.market),
    )


def describe_reason(order: OrderData) -> str:
    """Say why an order was there: take profit of Bracket 12, bot grid. order_chart.js does too."""
    group, parts = row_text.describe_group(order), [row_text.name_type(order["type"])]
    if group and order["group"]:
        role = _((order["group"]["role"] or "order").replace("_", " "))
        parts = [_("%(role)s of %(group)s") % {"role": role, "group": group}]
    if order["bot_name"]:
        parts.append(_("bot %(bot_name)s") % {"bot_name": order["bot_name"]})
    if order["origin"] == "external":
        parts.append(_("placed at the exchange"))
    return ", ".join(parts)


def _list_levels(group: OrderGroup) -> list[LevelData]:
    prices = {"Target": group.take_profit_trigger, "Stop": group.stop_loss_trigger}
    return [
        LevelData(group=group.pk, title=title, price=format_money(price))
        for title, price in prices.items()
        if price is not None
    ]


def _list_positions(
    user: User, instrument: Instrument, keys: Iterable[ExchangeKey]
) -> list[PositionData]:
    wanted = {key.pk for key in keys}
    rows = payloads.list_positions(user.pk).filter(symbol=instrument.symbol)
    return [payloads.position_data(row, row.key) for row in rows if row.key_id in wanted]
