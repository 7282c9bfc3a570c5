"""The form that places one order: what a venue would refuse is shown beside its field."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from orders import validation
from orders.models import MarginMode, OrderType, TimeInForce
from orders.placement import PlacementRequest
from orders.schema.error_texts import PRICE_LABELS
from orders.web.forms import ExitsForm, build_number_field
from orders.web.placing.draft import read_draft
from orders.web.placing.preview import convert_quote_amount


class PlaceOrderForm(ExitsForm):
    type = forms.ChoiceField(
        choices=OrderType.choices, initial=OrderType.LIMIT, widget=forms.RadioSelect
    )
    quantity = build_number_field(gettext_lazy("Amount"), required=False)
    quote_amount = build_number_field(gettext_lazy("Or for how much money"), required=False)
    price = build_number_field(gettext_lazy("Price"), required=False)
    trigger_price = build_number_field(gettext_lazy("Trigger price"), required=False)
    trailing_percent = build_number_field(
        gettext_lazy("Behind the price, in %"), max_digits=5, decimal_places=2, required=False
    )
    time_in_force = forms.ChoiceField(
        label=gettext_lazy("How long"),
        choices=TimeInForce.choices,
        initial=TimeInForce.GTC,
        required=False,
    )
    good_till = forms.DateTimeField(
        label=gettext_lazy("Until"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    reduce_only = forms.BooleanField(
        label=gettext_lazy("Only to reduce the position"), required=False
    )
    leverage = forms.IntegerField(
        label=gettext_lazy("Set the leverage first"),
        required=False,
        min_value=1,
        max_value=validation.MAX_LEVERAGE,
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "placeholder": gettext_lazy("leave as it is")}
        ),
    )
    margin_mode = forms.ChoiceField(
        label=gettext_lazy("Margin"),
        choices=[("", gettext_lazy("as it is")), *MarginMode.choices],
        required=False,
    )

    def clean(self) -> dict[str, Any]:
        """Clear the fields that the order's type does not use, then check the rest."""
        cleaned = self.cleaned_data
        if cleaned.get("type") not in validation.FIELDS_OF_TYPE:
            return cleaned
        required, optional = validation.FIELDS_OF_TYPE[cleaned["type"]]
        cleaned |= {name: None for name in PRICE_LABELS if name not in required | optional}
        if cleaned["type"] != OrderType.MARKET:
            self.size_by_money()
        if cleaned.get("price") is None and not self.has_error("price"):
            cleaned["time_in_force"] = TimeInForce.GTC
        if cleaned.get("time_in_force") != TimeInForce.GTD:
            cleaned["good_till"] = None
        self.refuse_lone_limits()
        if not self.errors:
            request = self.to_request()
            for find_errors in (validation.find_field_errors, validation.find_exit_errors):
                for field, message in find_errors(request):
                    self.add_error(field, message)
        return cleaned

    def size_by_money(self) -> None:
        """Turn a sum of money into the amount that it buys at the order's own price."""
        draft, money = read_draft(self), self.cleaned_data.pop("quote_amount", None)
        self.cleaned_data["quote_amount"] = None
        if not money or self.cleaned_data.get("quantity") or draft.symbol is None:
            return
        quantity = convert_quote_amount(draft, at=None, symbol=draft.symbol)
        if quantity is not None:
            self.cleaned_data["quantity"] = quantity
        elif draft.own_price:
            self.add_error("quote_amount", _("This buys less than the least step of the amount."))

    def to_request(self) -> PlacementRequest:
        cleaned, exits = self.split_exits()
        return PlacementRequest(
            **{
                **cleaned,
                "exits": exits,
                "quantity": cleaned["quantity"] or Decimal(0),
                "time_in_force": cleaned["time_in_force"] or TimeInForce.GTC,
            }
        )
