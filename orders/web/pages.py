"""The orders pages: each view reads, or passes one request on. JSON is for our own scripts."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods
from django.views.decorators.vary import vary_on_headers

from exchanges.limits import venue_status
from exchanges.payloads import money_kinds
from orders import placement
from orders.models import Order
from orders.payloads import order_data
from orders.sharing.acting_user import describe_actor
from orders.web import row_text
from orders.web.change_pages import BY_HAND
from orders.web.listing import counts as counted
from orders.web.listing import order_list
from orders.web.listing.columns import LABELS, OPTIONAL, read_columns
from orders.web.listing.distances import describe_distances
from orders.web.listing.order_list import OrderFilters
from orders.web.listing.profits import describe_profits
from orders.web.listing.sorting import build_heads
from orders.web.listing.symbols import list_symbols
from orders.web.order_page.timeline import build_timeline_context
from orders.web.shared_keys import (
    SharedKey,
    describe_shared_keys,
    list_visible_keys,
    mark_row,
)
from realtime import streams
from users.http import current_user, is_fetch, is_id
from users.models import User
from users.sharing.access import note_use


@login_required
@require_GET
@vary_on_headers("X-Requested-With")
def list_orders(request: HttpRequest) -> HttpResponse:
    """Show the orders page; to its script the list alone.

    The stream offset is read first: what changes in between is sent again, which is harmless.
    """
    user, now = current_user(request), timezone.now()
    position = streams.fetch_head(user.pk)
    filters = OrderFilters.from_query(request.GET)
    grants = note_use(user.pk, now=now)
    keys, shared = list_visible_keys(user, grants), describe_shared_keys(user)
    size = order_list.SCRIPT_PAGE if is_fetch(request) and filters.before else order_list.PAGE
    listing = order_list.build_listing(user, filters, grants, size=size)
    parts = {"filters": filters, "keys": keys, **_build_rows(user, filters, listing, now, shared)}
    if is_fetch(request):
        return render(request, "orders/_order_listing.html", parts)
    shown = _find_selected(user, request.GET.get("order", ""))
    context = {
        "page": "orders",
        "position": position,
        "now": now,
        "check_seconds": settings.ORDER_CHECK_SECONDS,
        "statuses": order_list.STATUSES,
        "choices": [(name, LABELS[name]) for name in OPTIONAL],
        "waiting": venue_status.list_closed(keys, now=now),
        "bots": user.bots.all(),
        "symbols": list_symbols(user, grants),
        "has_external": order_list.has_external(user, grants),
        "tallies": counted.count_orders(user, grants, now=now),
        "shared_keys": json.dumps(shared),
        **parts,
        **(build_timeline_context(shown, now, shared) if shown else {}),
        **money_kinds(keys),
    }
    return render(request, "orders/order_list.html", context)


@login_required
@require_GET
def show_statistics(request: HttpRequest) -> HttpResponse:
    tallies = counted.count_orders(current_user(request), now=timezone.now())
    return render(request, "orders/_order_statistics.html", {"tallies": tallies})


@login_required
@require_http_methods(["GET", "POST"])
def cancel_open_orders(request: HttpRequest) -> HttpResponse:
    """Ask for confirmation with the amounts (GET), or cancel all these orders (POST)."""
    user = current_user(request)
    query = request.POST or request.GET
    filters = OrderFilters.from_query({name: query.get(name, "") for name in ("key", "symbol")})
    if request.method == "POST":
        return _cancel_filtered(request, user, filters)
    selected = _select_filtered(user, filters)
    keys = list_visible_keys(user)
    amounts = order_list.sum_open_orders(selected)
    context = {
        "page": "orders",
        "filters": filters,
        "amounts": amounts,
        "number": sum(amount.orders for amount in amounts),
        "bots": placement.list_bots_at_work(selected),
        "key": next((key for key in keys if str(key.pk) == filters.key), None),
        **money_kinds(keys),
    }
    template = "orders/_cancel_all_form.html" if is_fetch(request) else "orders/cancel_all.html"
    return render(request, template, context)


def _select_filtered(user: User, filters: OrderFilters) -> QuerySet[Order]:
    key_id = int(filters.key) if filters.key else None
    return placement.select_open_orders(user, key_id=key_id, symbol=filters.symbol or None)


def _cancel_filtered(request: HttpRequest, user: User, filters: OrderFilters) -> HttpResponse:
    selected = _select_filtered(user, filters)
    bots = [name for _pk, name in placement.list_bots_at_work(selected)]
    of_another = selected.exclude(user=user).first()  # then all are, as their key was named
    owner_id = of_another.user_id if of_another else user.pk
    actor = describe_actor(user, owner_id=owner_id, by=BY_HAND)
    orders = placement.cancel_open_orders(selected, **actor, now=timezone.now())
    left = placement.count_uncancelled(selected)
    if is_fetch(request):
        data = {"orders": [order_data(order) for order in orders], "left": left, "bots": bots}
        return JsonResponse(data, status=202)
    parts = [_("Asked to cancel %(count)s orders.") % {"count": len(orders)}]
    if left:
        parts.append(_("Still open: %(count)s. Cancel all once more.") % {"count": left})
    if bots:
        parts.append(_("These bots stop: %(bots)s.") % {"bots": ", ".join(bots)})
    messages.info(request, " ".join(parts))
    return redirect("orders")


def _build_rows(
    user: User,
    filters: OrderFilters,
    page: order_list.OrderListing,
    now: datetime,
    shared: Mapping[int, SharedKey],
) -> dict[str, Any]:
    data = [order_data(order) for order in (*page.orders, *page.recent)]
    columns = read_columns(user)
    distances = describe_distances(data) if "distance" in columns else {}
    profits = describe_profits(order["id"] for order in data) if "profit" in columns else {}
    rows = [
        mark_row(row_text.build_cells(order, now=now), order, shared)
        | {"distance": distances.get(order["id"], ""), "profit": profits.get(order["id"], "")}
        for order in data
    ]
    count = len(page.orders)
    return {
        "listing": page,
        "data": data,
        "rows": rows[:count],
        "recent": rows[count:],
        "decimals": order_list.count_decimals(data),
        "columns": columns,
        "heads": build_heads(LABELS, filters.sort),
    }


def _find_selected(user: User, order_id: str) -> Order | None:
    return order_list.query_orders(user).filter(pk=order_id).first() if is_id(order_id) else None
