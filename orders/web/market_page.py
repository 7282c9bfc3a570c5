"""The page of one market: price, chart, and the user's own orders, fills and positions there."""

from typing import Any, Final

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from exchanges import payloads
from exchanges.instruments import Instrument
from exchanges.limits import venue_status
from exchanges.models import ExchangeKey
from exchanges.prices import chart_candles
from exchanges.prices.instrument_search import filter_well_formed
from orders.models import IS_OPEN, Fill, Order
from orders.payloads import order_data, trade_data
from orders.web import markets_page, row_text
from realtime import streams
from realtime.shapes.events import PositionData
from users.http import current_user
from users.models import User

MAX_ORDERS: Final = 100
MAX_FILLS: Final = 100


@login_required
@require_GET
def show_market(request: HttpRequest, name: str) -> HttpResponse:
    """Show one market. The stream offset is read first: a change in between is then sent again."""
    user, now = current_user(request), timezone.now()
    position = streams.fetch_head(user.pk)
    rows = markets_page.build_rows(filter_well_formed([name]))[0]
    if not rows:
        raise Http404("This symbol is not traded at a venue of this installation.")
    [row] = rows
    length = request.GET.get("interval", chart_candles.DEFAULT_LENGTH)
    keys = _list_keys(user, row.instrument)
    own = _read_own_rows(user, row.instrument, keys)
    cells = [row_text.build_cells(order, now=now) for order in own["orders"]]
    context: dict[str, Any] = {
        "page": "markets",
        "position": position,
        "now": now,
        "row": row,
        "interval": length if length in chart_candles.LENGTHS else chart_candles.DEFAULT_LENGTH,
        "intervals": list(chart_candles.LENGTHS),
        "lengths": chart_candles.LENGTHS,
        "keys": keys,
        "cells": cells,
        "waiting": venue_status.list_closed(keys, now=now),
        "simulated": row.instrument.is_paper,
        "chart": {**own, "keys": [key.pk for key in keys]},
        **own,
    }
    return render(request, "orders/market.html", context)


def _list_keys(user: User, instrument: Instrument) -> list[ExchangeKey]:
    visible = ExchangeKey.objects.visible_to(user.pk)
    return list(visible.filter(**instrument.venue_market._asdict()).order_by("label"))


def _read_own_rows(user: User, instrument: Instrument, keys: list[ExchangeKey]) -> dict[str, Any]:
    """Read what the chart draws and the tables list, newest first."""
    chosen = {"key__in": keys, "symbol": instrument.symbol}
    orders = Order.objects.filter(IS_OPEN, **chosen).select_related("key", "bot", "order_group")
    fills = Fill.objects.filter(**chosen).order_by("-executed_at", "-pk")
    return {
        "orders": [order_data(order) for order in orders.order_by("-pk")[:MAX_ORDERS]],
        "fills": [trade_data(fill) for fill in fills[:MAX_FILLS]],
        "positions": _list_positions(user, instrument, keys),
    }


def _list_positions(
    user: User, instrument: Instrument, keys: list[ExchangeKey]
) -> list[PositionData]:
    """Return the positions held there by these keys."""
    wanted = {key.pk for key in keys}
    rows = payloads.list_positions(user.pk).filter(symbol=instrument.symbol).exclude(quantity=0)
    return [payloads.position_data(row, row.key) for row in rows if row.key_id in wanted]
