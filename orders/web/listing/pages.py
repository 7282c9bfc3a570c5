"""Acts on the table of orders: choose its columns, and cancel the rows chosen in it."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from exchanges.payloads import money_kinds
from orders import placement
from orders.models import Order
from orders.payloads import order_data
from orders.web.listing import bulk, order_list
from orders.web.listing.columns import save_columns
from orders.web.listing.profits import describe_profits, list_uncounted
from orders.web.shared_keys import list_visible_keys
from users.http import current_user, is_fetch


@login_required
@require_POST
def choose_columns(request: HttpRequest) -> HttpResponse:
    """Keep which columns this person sees, on every device."""
    save_columns(current_user(request), request.POST.getlist("column"))
    if is_fetch(request):
        return HttpResponse(status=204)
    back = request.POST.get("back", "")
    is_ours = url_has_allowed_host_and_scheme(back, allowed_hosts=None)
    return redirect(back if is_ours and back.startswith("/orders/") else "orders")


@login_required
@require_GET
def show_profits(request: HttpRequest) -> JsonResponse:
    """Show what these orders closed, and which have fills that are still to be counted."""
    visible = order_list.query_orders(current_user(request))
    ids = list(
        visible.filter(pk__in=bulk.read_ids(request.GET.getlist("id"))).values_list("pk", flat=True)
    )
    return JsonResponse({"profits": describe_profits(ids), "waiting": list_uncounted(ids)})


@login_required
@require_http_methods(["GET", "POST"])
def cancel_chosen(request: HttpRequest) -> HttpResponse:
    """Ask for confirmation with number and amounts (GET), or cancel the chosen orders (POST)."""
    user, query = current_user(request), request.POST or request.GET
    ids = bulk.read_ids(query.getlist("id"))
    if request.method == "POST":
        return _report_outcome(request, bulk.cancel_chosen(user, ids, now=timezone.now()))
    orders, refused = bulk.select_cancellable(user, ids)
    selected = Order.objects.filter(pk__in=[order.pk for order in orders])
    context: dict[str, Any] = {
        "page": "orders",
        "ids": [order.pk for order in orders],
        "number": len(orders),
        "left": refused,
        "amounts": order_list.sum_open_orders(selected),
        "bots": placement.list_bots_at_work(selected),
        **money_kinds(list_visible_keys(user)),
    }
    template = "_cancel_chosen_form" if is_fetch(request) else "cancel_chosen"
    return render(request, f"orders/{template}.html", context)


def _report_outcome(request: HttpRequest, outcome: bulk.BulkOutcome) -> HttpResponse:
    if is_fetch(request):
        data = {
            "orders": [order_data(order) for order in outcome.requested],
            "refused": [{"id": pk, "reason": reason} for pk, reason in outcome.refused.items()],
        }
        return JsonResponse(data, status=202)
    messages.info(
        request, _("Asked to cancel %(count)s orders.") % {"count": len(outcome.requested)}
    )
    for pk, reason in outcome.refused.items():
        messages.warning(
            request, _("Order %(pk)s was left. %(reason)s") % {"pk": pk, "reason": reason}
        )
    return redirect("orders")
