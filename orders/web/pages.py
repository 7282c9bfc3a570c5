"""The orders pages: each view reads, or passes one wish on. JSON is for our own scripts."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from exchanges.limits import venue_status
from exchanges.models import ExchangeKey, Symbol
from exchanges.payloads import money_kinds
from orders import placement
from orders.models import Order, Origin
from orders.payloads import change_data, order_data, trade_data
from orders.web import counts as counted
from orders.web import order_list, row_text
from orders.web.forms import PlaceForm
from orders.web.order_list import Filters
from realtime import streams
from users.http import current_user, is_fetch
from users.models import User

BY_HAND = "page"


@login_required
@require_GET
def orders(request: HttpRequest) -> HttpResponse:
    """The position is read before the orders: what changes in between comes again, harmlessly."""
    user, now = current_user(request), timezone.now()
    position = streams.fetch_head(user.pk)
    filters = Filters.of(request.GET)
    keys = list(ExchangeKey.objects.filter(user=user))
    shown = _shown(user, request.GET.get("order", ""))
    context = {
        "page": "orders",
        "position": position,
        "now": now,
        "check_seconds": settings.ORDER_CHECK_SECONDS,
        "filters": filters,
        "statuses": order_list.STATUSES,
        "keys": keys,
        "waiting": venue_status.list_closed(keys, now=now),
        "bots": user.bots.all(),
        "symbols": order_list.symbols(user),
        "has_external": order_list.has_external(user),
        "tallies": counted.of(user, now=now),
        **_listing(user, filters, now),
        **(_timeline(shown, now) if shown else {}),
        **money_kinds(keys),
    }
    return render(request, "orders/order_list.html", context)


@login_required
@require_GET
def statistics(request: HttpRequest) -> HttpResponse:
    tallies = counted.of(current_user(request), now=timezone.now())
    return render(request, "orders/_order_statistics.html", {"tallies": tallies})


@login_required
@require_GET
def timeline(request: HttpRequest, order_id: int) -> HttpResponse:
    """What became of one order; the part that opens beside the table."""
    order = get_object_or_404(order_list.of(current_user(request)), pk=order_id)
    return render(request, "orders/_order_timeline.html", _timeline(order, timezone.now()))


@login_required
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    user = current_user(request)
    form = PlaceForm(request.POST or None, user=user)
    if form.is_valid() and (order := _placed(user, form)):
        if is_fetch(request):
            return JsonResponse(order_data(order), status=201)
        messages.success(request, f"Handed on: {row_text.in_words(order_data(order))}.")
        return redirect(f"/orders/?order={order.pk}")
    keys = list(ExchangeKey.objects.filter(user=user))
    context = {
        "page": "orders",
        "form": form,
        "keys": keys,
        "known": Symbol.objects.values_list("name", flat=True).distinct()[:500],
        **money_kinds(keys),
    }
    template = "orders/_place_order_form.html" if is_fetch(request) else "orders/place_order.html"
    return render(request, template, context, status=422 if form.is_bound else 200)


@login_required
@require_POST
def cancel(request: HttpRequest, order_id: int) -> HttpResponse:
    order = get_object_or_404(order_list.of(current_user(request)), pk=order_id)
    try:
        order = placement.cancel(order, by=BY_HAND, now=timezone.now())
    except placement.NotOurs as words:
        return _left_alone(request, order, str(words))
    if is_fetch(request):
        return JsonResponse(order_data(order), status=202)
    messages.info(request, f"Asked to cancel: {row_text.in_words(order_data(order))}.")
    return redirect(f"/orders/?order={order.pk}")


def _left_alone(request: HttpRequest, order: Order, words: str) -> HttpResponse:
    if is_fetch(request):
        return JsonResponse({"detail": words}, status=409)
    messages.warning(request, words)
    return redirect(f"/orders/?order={order.pk}")


@login_required
@require_http_methods(["GET", "POST"])
def cancel_all(request: HttpRequest) -> HttpResponse:
    """GET asks once, in words with the amounts; POST does it."""
    user = current_user(request)
    asked = request.POST or request.GET
    filters = Filters.of({name: asked.get(name, "") for name in ("key", "symbol")})
    if request.method == "POST":
        return _cancelled_all(request, user, filters)
    wanted = filters.apply(Order.objects.filter(user=user, origin=Origin.FILLWATCH))
    keys = list(ExchangeKey.objects.filter(user=user))
    amounts = order_list.still_open(wanted)
    context = {
        "page": "orders",
        "filters": filters,
        "amounts": amounts,
        "number": sum(amount.orders for amount in amounts),
        "key": next((key for key in keys if str(key.pk) == filters.key), None),
        **money_kinds(keys),
    }
    template = "orders/_cancel_all_form.html" if is_fetch(request) else "orders/cancel_all.html"
    return render(request, template, context)


def _cancelled_all(request: HttpRequest, user: User, filters: Filters) -> HttpResponse:
    asked = placement.cancel_all(
        user=user,
        by=BY_HAND,
        now=timezone.now(),
        key_id=int(filters.key) if filters.key else None,
        symbol=filters.symbol or None,
    )
    if is_fetch(request):
        return JsonResponse({"orders": [order_data(order) for order in asked]}, status=202)
    messages.info(request, f"Asked to cancel {len(asked)} orders.")
    return redirect("orders")


def _placed(user: User, form: PlaceForm) -> Order | None:
    try:
        return placement.place(user=user, wish=form.wish(), now=timezone.now())
    except placement.Denied as denied:
        form.add_error(denied.field if denied.field in form.fields else None, denied.words)
    except placement.IdempotencyConflict:
        form.add_error(None, "This form was sent before with other values. Reload it.")
    return None


def _listing(user: User, filters: Filters, now: datetime) -> dict[str, Any]:
    found = order_list.listing(user, filters)
    data = [order_data(order) for order in (*found.orders, *found.recent)]
    rows = [row_text.cells(order, now=now) for order in data]
    count = len(found.orders)
    return {
        "listing": found,
        "data": data,
        "rows": rows[:count],
        "recent": rows[count:],
        "decimals": order_list.decimals(data),
    }


def _timeline(order: Order, now: datetime) -> dict[str, Any]:
    data = order_data(order)
    return {
        "order": data,
        "row": row_text.cells(data, now=now),
        "changes": [change_data(change) for change in order.changes.order_by("-version")[:200]],
        "fills": [trade_data(fill) for fill in order.fills.order_by("-executed_at", "-pk")[:200]],
        "now": now,
    }


def _shown(user: User, asked: str) -> Order | None:
    return (
        order_list.of(user).filter(pk=asked).first()
        if asked.isdecimal() and asked.isascii() and len(asked) < 19
        else None
    )
