"""The pages that change one order: cancel it, close it here, or give it other terms."""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from exchanges.models import ExchangeKey
from exchanges.payloads import money_kinds
from orders import placement
from orders.changes import amend
from orders.groups import actions
from orders.groups.actions import GroupHasEnded
from orders.models import Order, Origin
from orders.payloads import order_data
from orders.sharing.acting_user import ActingUser, describe_actor, find_order_refusal
from orders.web import row_text
from orders.web.forms import build_number_field
from orders.web.listing import order_list
from users.http import current_user, is_fetch

BY_HAND: Final = "page"  # in an order's history
PRICE: Final = re.compile(r"[0-9]{1,20}(\.[0-9]{1,18})?")


class AmendForm(forms.Form):
    """The terms that this order has: a price only if it is a limit."""

    trigger_price = build_number_field(gettext_lazy("Trigger price"))
    price = build_number_field(gettext_lazy("Price"))
    quantity = build_number_field(gettext_lazy("Amount, with what is filled already"))

    def __init__(self, *args: Any, order: Order, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("trigger_price", "price"):
            if getattr(order, name) is None:
                del self.fields[name]
        if order.order_group_id:  # which decides the amount
            del self.fields["quantity"]


def can_be_amended(order: Order) -> bool:
    return order.origin == Origin.FILLWATCH and not amend.find_obstacle(order)


@login_required
@require_POST
def cancel_order(request: HttpRequest, order_id: int) -> HttpResponse:
    return _change_order(request, order_id, placement.cancel_order, done=_("Asked to cancel"))


@login_required
@require_POST
def close_order(request: HttpRequest, order_id: int) -> HttpResponse:
    """End an order here of which its venue cannot say how it ended."""
    return _change_order(request, order_id, placement.close_order, done=_("Closed"))


def _change_order(
    request: HttpRequest, order_id: int, change: Callable[..., Order], *, done: str
) -> HttpResponse:
    order = _find_order(request, order_id)
    try:
        order = change(order, **_name_actor(request, order), now=timezone.now())
    except (placement.OrderIsExternal, placement.OrderNotClosable) as error:
        return _refuse_change(request, order, str(error))
    words = row_text.describe_order(order_data(order))
    return _confirm_change(request, order, f"{done}: {words}.")


@login_required
@require_POST
def cancel_group(request: HttpRequest, order_id: int) -> HttpResponse:
    """Cancel the whole group that an order belongs to."""
    order = _find_order(request, order_id)
    try:
        if order.order_group is None:
            raise GroupHasEnded(_("This order belongs to no group."))
        member_id = _name_actor(request, order)["member_id"]
        actions.cancel_group(order.order_group, member_id=member_id, now=timezone.now())
    except GroupHasEnded as error:
        return _refuse_change(request, order, str(error))
    return _confirm_change(request, order, _("Asked to cancel the whole group."))


@login_required
@require_http_methods(["GET", "POST"])
def amend_order(request: HttpRequest, order_id: int) -> HttpResponse:
    """Show the order's price and amount (GET), or ask for others (POST)."""
    order = _find_order(request, order_id)
    terms = _read_terms(order)
    proposal = _read_proposal(request, terms) if request.method == "GET" else {}
    form = AmendForm(request.POST or None, initial=terms | proposal, order=order)
    try:
        amended = _try_to_amend(order, form, _name_actor(request, order))
    except (amend.CannotAmend, placement.OrderIsExternal) as error:
        return _refuse_change(request, order, str(error))
    if amended is None:
        return _show_form(request, order, form)
    return _confirm_change(request, amended, _("Asked to change it: its venue decides."))


def _read_proposal(request: HttpRequest, terms: Mapping[str, str | None]) -> dict[str, str]:
    """Return the prices to which a line on the chart was moved: the form asks about them."""
    proposal = {}
    for name in ("trigger_price", "price"):
        text = request.GET.get(name, "")
        if terms[name] is not None and PRICE.fullmatch(text):
            proposal[name] = text
    return proposal


def _describe_moves(form: AmendForm, terms: Mapping[str, str | None]) -> list[tuple[str, str, str]]:
    """Describe each price that the form proposes: its label, and the price before and after."""
    if form.is_bound:
        return []
    return [
        (
            str(form.fields[name].label),
            row_text.format_number(terms[name], row_text.PRICE_DECIMALS),
            row_text.format_number(str(value), row_text.PRICE_DECIMALS),
        )
        for name, value in form.initial.items()
        if name in form.fields and value != terms[name]
    ]


def _read_terms(order: Order) -> dict[str, str | None]:
    data: Any = order_data(order)
    names = ("trigger_price", "price", "quantity")
    return {name: data[f"amend_{name}"] or data[name] for name in names}


def _try_to_amend(order: Order, form: AmendForm, actor: ActingUser) -> Order | None:
    if not form.is_valid():
        return None
    wanted: dict[str, Decimal] = form.cleaned_data
    try:
        return amend.amend_order(
            order,
            price=wanted.get("price"),
            quantity=wanted.get("quantity"),
            trigger_price=wanted.get("trigger_price"),
            **actor,
            now=timezone.now(),
        )
    except placement.OrderDenied as denied:
        form.add_error(denied.field if denied.field in form.fields else None, denied.message)
        return None


def _show_form(request: HttpRequest, order: Order, form: AmendForm) -> HttpResponse:
    context: dict[str, Any] = {
        "page": "orders",
        "form": form,
        "order": order,
        "moves": _describe_moves(form, _read_terms(order)),
        "words": row_text.describe_order(order_data(order)),
        **money_kinds(ExchangeKey.objects.visible_to(current_user(request).pk)),
    }
    template = "orders/_amend_form.html" if is_fetch(request) else "orders/amend.html"
    return render(request, template, context, status=422 if form.is_bound else 200)


def _find_order(request: HttpRequest, order_id: int) -> Order:
    """Return the order if this person may change it; who only sees it gets 403."""
    user = current_user(request)
    order = get_object_or_404(order_list.query_orders(user), pk=order_id)
    if refusal := find_order_refusal(user, order):
        raise PermissionDenied(_(refusal.message))
    return order


def _name_actor(request: HttpRequest, order: Order) -> ActingUser:
    return describe_actor(current_user(request), owner_id=order.user_id, by=BY_HAND)


def _confirm_change(request: HttpRequest, order: Order, message: str) -> HttpResponse:
    if is_fetch(request):
        return JsonResponse(order_data(order), status=202)
    messages.info(request, message)
    return redirect("order", order.pk)


def _refuse_change(request: HttpRequest, order: Order, message: str) -> HttpResponse:
    if is_fetch(request):
        return JsonResponse({"detail": message}, status=409)
    messages.warning(request, message)
    return redirect("order", order.pk)
