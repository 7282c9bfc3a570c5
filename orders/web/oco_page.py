"""The page that places two exits for what is held, of which the first that fills ends the other."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from exchanges.models import Symbol
from exchanges.payloads import money_kinds
from orders import placement
from orders.groups import actions
from orders.models import OrderGroup, Side
from orders.payloads import order_data
from orders.web.forms import ExitsForm, build_number_field
from orders.web.shared_keys import list_visible_keys
from users.http import current_user, is_fetch
from users.models import User


class OcoForm(ExitsForm):
    quantity = build_number_field(gettext_lazy("Amount"))
    take_profit = build_number_field(gettext_lazy("Take profit at"))
    stop_loss = build_number_field(gettext_lazy("Stop the loss at"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["side"].initial = Side.SELL  # most hold what they want to sell

    def to_request(self) -> actions.OcoRequest:
        cleaned, exits = self.split_exits()
        return actions.OcoRequest(**cleaned, exits=exits)


@login_required
@require_http_methods(["GET", "POST"])
def place_oco(request: HttpRequest) -> HttpResponse:
    """Show the form (GET), or place both exits (POST)."""
    user = current_user(request)
    form = OcoForm(request.POST or None, user=user)
    if form.is_valid() and (group := _try_to_place(user, form)):
        legs = group.legs.select_related("key", "bot", "order_group").order_by("pk")
        orders = [order_data(leg) for leg in legs]
        if is_fetch(request):
            return JsonResponse({"orders": orders}, status=201)
        messages.success(request, _("Handed on: both exits. The first that fills ends the other."))
        return redirect(f"/orders/?order={orders[0]['id']}")
    keys = list_visible_keys(user)
    context = {
        "page": "orders",
        "form": form,
        "keys": keys,
        "known": Symbol.objects.values_list("name", flat=True).distinct()[:500],
        **money_kinds(keys),
    }
    template = "orders/_oco_form.html" if is_fetch(request) else "orders/place_oco.html"
    return render(request, template, context, status=422 if form.is_bound else 200)


def _try_to_place(user: User, form: OcoForm) -> OrderGroup | None:
    try:
        return actions.place_oco(user=user, request=form.to_request(), now=timezone.now())
    except placement.OrderDenied as denied:
        form.add_error(denied.field if denied.field in form.fields else None, denied.message)
    except placement.IdempotencyConflict:
        form.add_error(None, _("This form was sent before with other values. Reload it."))
    return None
