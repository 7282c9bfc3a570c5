"""The form that places an order. What a venue would not take is said beside its field."""

import uuid
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms

from exchanges.models import ExchangeKey
from orders.models import OrderType, Side, TimeInForce
from orders.placement import Wish

if TYPE_CHECKING:
    from users.models import User

NUMBER = {"inputmode": "decimal", "autocomplete": "off", "placeholder": "0.00"}


def _more_than_nothing(value: Decimal) -> None:
    if value <= 0:
        raise forms.ValidationError("It must be more than 0.")


def _number(label: str, **more: Any) -> forms.DecimalField:
    return forms.DecimalField(
        label=label,
        max_digits=38,
        decimal_places=18,
        validators=[_more_than_nothing],
        widget=forms.TextInput(attrs=NUMBER),
        error_messages={"invalid": "Write it as a number with a point: 0.01"},
        **more,
    )


class KeyChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, key: ExchangeKey) -> str:
        money = "simulated" if key.is_paper else "real money"
        return f"{key.label} · {key.venue_label} {key.market}, {money}"


class PlaceForm(forms.Form):
    key = KeyChoice(queryset=ExchangeKey.objects.none(), empty_label=None, label="With the key")
    side = forms.ChoiceField(choices=Side.choices, initial=Side.BUY, widget=forms.RadioSelect)
    symbol = forms.CharField(
        max_length=40,
        widget=forms.TextInput(
            attrs={
                "list": "symbols",
                "placeholder": "BTC/USDT",
                "autocomplete": "off",
                "autocapitalize": "characters",
                "spellcheck": "false",
            }
        ),
    )
    type = forms.ChoiceField(
        choices=OrderType.choices, initial=OrderType.LIMIT, widget=forms.RadioSelect
    )
    quantity = _number("Amount")
    price = _number("Price", required=False)
    time_in_force = forms.ChoiceField(
        label="How long", choices=TimeInForce.choices, initial=TimeInForce.GTC, required=False
    )
    idempotency_key = forms.CharField(
        max_length=100, required=False, widget=forms.HiddenInput, initial=lambda: uuid.uuid4().hex
    )

    def __init__(self, *args: Any, user: "User", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        keys = ExchangeKey.objects.filter(user=user, is_active=True)
        self.fields["key"].queryset = keys  # type: ignore[attr-defined]

    def clean_symbol(self) -> str:
        symbol: str = self.cleaned_data["symbol"].strip().upper()
        if "/" not in symbol:
            raise forms.ValidationError("Write both sides, as in BTC/USDT.")
        return symbol

    def clean(self) -> dict[str, Any]:
        """A market order has neither price nor patience, whatever was left in those fields."""
        cleaned = self.cleaned_data
        if cleaned.get("type") == OrderType.MARKET:
            cleaned |= {"price": None, "time_in_force": TimeInForce.GTC}
        elif not self.has_error("price") and cleaned.get("price") is None:
            self.add_error("price", "A limit order needs a price.")
        return cleaned

    def wish(self) -> Wish:
        return Wish(
            **{**self.cleaned_data, "time_in_force": self.cleaned_data["time_in_force"] or "GTC"}
        )
