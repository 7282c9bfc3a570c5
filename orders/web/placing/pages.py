"""The page with the form that places one order, and its preview while it is written."""

from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from exchanges.models import Symbol
from exchanges.payloads import money_kinds
from orders import placement
from orders.models import Order
from orders.payloads import order_data
from orders.web import row_text
from orders.web.placing.draft import read_draft
from orders.web.placing.forms import PlaceOrderForm
from orders.web.placing.prefill import read_initial
from orders.web.placing.preview import build_preview
from orders.web.shared_keys import list_visible_keys
from users.http import current_user, is_fetch
from users.models import User

MAX_NAMES: Final = 500


@login_required
@require_http_methods(["GET", "POST"])
def place_order(request: HttpRequest) -> HttpResponse:
    """Show the form, fill in a button's value, show the preview, or place the order."""
    user = current_user(request)
    form = _build_form(request, user)
    is_asked = form.is_bound and "preview" not in request.POST
    if form.is_valid() and is_asked and (order := _try_to_place(user, form)):
        if is_fetch(request):
            return JsonResponse(order_data(order), status=201)
        messages.success(
            request,
            _("Handed on: %(order)s.") % {"order": row_text.describe_order(order_data(order))},
        )
        return redirect(f"/orders/?order={order.pk}")
    template = "orders/_place_order_form.html" if is_fetch(request) else "orders/place_order.html"
    context = {"page": "orders", **build_form_context(user, form)}
    return render(request, template, context, status=422 if form.errors else 200)


@login_required
@require_GET
def preview_order(request: HttpRequest) -> HttpResponse:
    """Show the preview alone, for the script of the form. What is unfinished is left out."""
    form = PlaceOrderForm(request.GET, user=current_user(request))
    context = {"preview": build_preview(read_draft(form), now=timezone.now())}
    return render(request, "orders/_order_preview.html", context)


def build_form_context(user: User, form: PlaceOrderForm) -> dict[str, Any]:
    keys = list_visible_keys(user)
    return {
        "form": form,
        "keys": keys,
        "known": Symbol.objects.values_list("name", flat=True).distinct()[:MAX_NAMES],
        "preview": build_preview(read_draft(form), now=timezone.now()),
        **money_kinds(keys),
    }


def _build_form(request: HttpRequest, user: User) -> PlaceOrderForm:
    if request.method != "POST":
        return PlaceOrderForm(user=user, initial=read_initial(user, request.GET))
    field, _sign, value = request.POST.get("fill", "").partition("=")
    if field:  # a button of the preview: written into its field, and nothing is placed
        return PlaceOrderForm(user=user, initial=request.POST.dict() | {field: value})
    return PlaceOrderForm(request.POST, user=user)


def _try_to_place(user: User, form: PlaceOrderForm) -> Order | None:
    try:
        return placement.place_order(user=user, request=form.to_request(), now=timezone.now())
    except placement.OrderDenied as denied:
        form.add_error(denied.field if denied.field in form.fields else None, denied.message)
    except placement.IdempotencyConflict:
        form.add_error(None, _("This form was sent before with other values. Reload it."))
    return None
