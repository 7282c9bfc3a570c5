"""The page of one order, and the same as a sheet beside the table of orders."""

import json
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from exchanges.instruments import Instrument
from exchanges.limits import venue_status
from exchanges.payloads import money_kinds
from exchanges.prices.instrument_search import filter_well_formed
from orders.models import Order
from orders.web import markets_page
from orders.web.charts.order_chart import choose_interval, read_order_chart
from orders.web.listing import order_list
from orders.web.order_page.timeline import build_timeline_context, list_legs
from orders.web.shared_keys import describe_shared_keys
from realtime import streams
from users.http import current_user, is_fetch
from users.models import User


@login_required
@require_GET
@vary_on_headers("X-Requested-With")
def show_order(request: HttpRequest, order_id: int) -> HttpResponse:
    """Show one order. The stream offset is read first: a change in between is then sent again."""
    user, now = current_user(request), timezone.now()
    position = streams.fetch_head(user.pk)
    order = get_object_or_404(order_list.query_orders(user), pk=order_id)
    shared = describe_shared_keys(user)
    context = build_timeline_context(order, now, shared)
    if is_fetch(request):
        return render(request, "orders/_order_timeline.html", context)
    context |= {
        "page": "orders",
        "position": position,
        "shared_keys": json.dumps(shared),
        "waiting": venue_status.list_closed([order.key], now=now),
        **money_kinds([order.key]),
        **_build_chart_context(user, order, request.GET.get("interval", "")),
    }
    return render(request, "orders/order_page.html", context)


def _build_chart_context(user: User, order: Order, interval: str) -> dict[str, Any]:
    """Return nothing for a symbol that is not known here: it has no price step and no candles."""
    instrument = Instrument(*order.key.venue_market, order.symbol)
    rows, _ = markets_page.build_rows(filter_well_formed([str(instrument)]))
    if not rows:
        return {}
    chart = read_order_chart(user, instrument, order, list_legs(order))
    return {"traded": rows[0], "chart": chart, **choose_interval(interval)}
