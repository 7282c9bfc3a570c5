"""The page that closes a position: it asks first, and says what it will do."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from exchanges.models import ExchangeKey, Position
from exchanges.payloads import money_kinds
from orders import placement
from orders.close_position import CloseUnderWay, NoPosition, close_position, find_position
from orders.models import IS_OPEN, Order, Origin
from users.http import current_user, is_id

OTHER_SIDE = {"long": "short", "short": "long"}


@login_required
@require_http_methods(["GET", "POST"])
def close_by_page(request: HttpRequest) -> HttpResponse:
    query = request.POST or request.GET
    key = _find_key(request, query.get("key", ""))
    symbol, side = query.get("symbol", "")[:40], query.get("side", "")
    if request.method == "POST":
        return _close_position(request, key, symbol, side, cancel_orders="cancel_orders" in query)
    try:
        position = find_position(key=key, symbol=symbol, side=side)
    except (NoPosition, placement.OrderDenied) as error:
        messages.warning(request, str(error))
        return redirect("holdings")
    return render(request, "orders/close_position.html", _build_context(request, position))


def _find_key(request: HttpRequest, text: str) -> ExchangeKey:
    if not is_id(text):
        raise Http404
    return get_object_or_404(ExchangeKey.objects.tradable_by(current_user(request).pk), pk=text)


def _close_position(
    request: HttpRequest, key: ExchangeKey, symbol: str, side: str, *, cancel_orders: bool
) -> HttpResponse:
    try:
        order = close_position(
            user=current_user(request),
            key=key,
            symbol=symbol,
            side=side,
            cancel_orders=cancel_orders,
            now=timezone.now(),
        )
    except (NoPosition, CloseUnderWay, placement.OrderDenied) as error:
        messages.warning(request, str(error))
        return redirect("holdings")
    messages.success(
        request, _("Handed on: a market order closes %(symbol)s.") % {"symbol": order.symbol}
    )
    return redirect(f"/orders/?order={order.pk}")


def _build_context(request: HttpRequest, position: Position) -> dict[str, Any]:
    running = position.key.bots.filter(symbol=position.symbol, mode="running")
    orders = Order.objects.filter(
        IS_OPEN, key=position.key, symbol=position.symbol, origin=Origin.FILLWATCH
    )
    return {
        "page": "holdings",
        "position": position,
        "quantity": abs(position.quantity),
        "is_short": position.quantity < 0,
        "open_orders": orders.exclude(position_side=OTHER_SIDE.get(position.side)).count(),
        "bots": list(running.order_by("name").values_list("name", flat=True)),
        **money_kinds(ExchangeKey.objects.visible_to(current_user(request).pk)),
    }
