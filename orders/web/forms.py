"""The forms that place orders. What a venue would refuse is shown beside its field."""

import uuid
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from exchanges import venues
from exchanges.models import ExchangeKey, PositionMode
from exchanges.venues import MarketKind
from orders.lifecycle.exits import Exits, ExitTerms
from orders.lifecycle.groups import EXITS
from orders.models import Side
from users.models import User
from users.strict.inputs import NumberInput

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

NUMBER = {"inputmode": "decimal", "autocomplete": "off", "placeholder": "0.00"}


def _check_positive(value: Decimal) -> None:
    if value <= 0:
        raise forms.ValidationError(_("It must be more than 0."))


def build_number_field(
    label: "StrOrPromise", *, max_digits: int = 38, decimal_places: int = 18, **more: Any
) -> NumberInput:
    return NumberInput(
        label=label,
        max_digits=max_digits,
        decimal_places=decimal_places,
        validators=[_check_positive],
        widget=forms.TextInput(attrs=NUMBER),
        error_messages={"invalid": gettext_lazy("Write it as a number with a point: 0.01")},
        **more,
    )


class KeyWithMarketSelect(forms.Select):
    """A select of keys whose options say what their market lacks, so the page shows what fits."""

    def create_option(self, name: str, value: Any, *more: Any, **options: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *more, **options)
        if value:
            lacks = " ".join(list_lacking(value.instance))
            option["attrs"] |= {"data-market": value.instance.market, "data-lacks": lacks}
        return option


def list_lacking(key: ExchangeKey) -> list[str]:
    """List the parts of the form that an order of this key cannot have."""
    venue = venues.get(key.venue)
    lacking = {
        "trailing_stop": not venue.has_trailing_stops(key.market),
        "quote_amount": not venue.has_quote_orders(key.market),
        "position_side": key.position_mode == PositionMode.ONE_WAY,
        "exits": venue.is_polled,
    }
    return [name for name, is_lacking in lacking.items() if is_lacking]


class KeyChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    viewer: User | None = None

    def label_from_instance(self, key: ExchangeKey) -> str:
        parts = [f"{key.label} · {key.venue_label} {key.market}"]
        parts.append(_("simulated") if key.is_paper else _("real money"))
        if key.user != self.viewer:
            parts.append(_("key of %(user)s") % {"user": key.user})
        return ", ".join(parts)


class KeyOrderForm(forms.Form):
    """Fields of each form that places orders: a key, a side, a symbol, and a name of its own."""

    key = KeyChoice(
        queryset=ExchangeKey.objects.none(),
        empty_label=None,
        label=gettext_lazy("With the key"),
        widget=KeyWithMarketSelect,
    )
    side = forms.ChoiceField(choices=Side.choices, initial=Side.BUY, widget=forms.RadioSelect)
    symbol = forms.CharField(
        label=gettext_lazy("Symbol"),
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
    position_side = forms.ChoiceField(
        label=gettext_lazy("Position, in hedge mode"),
        choices=[
            ("", gettext_lazy("one way")),
            ("long", gettext_lazy("Long")),
            ("short", gettext_lazy("Short")),
        ],
        required=False,
    )
    idempotency_key = forms.CharField(
        max_length=100, required=False, widget=forms.HiddenInput, initial=lambda: uuid.uuid4().hex
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        keys = ExchangeKey.objects.tradable_by(user.pk).filter(is_active=True)
        self.fields["key"].viewer = user  # type: ignore[attr-defined]
        self.fields["key"].queryset = keys.select_related("user")  # type: ignore[attr-defined]
        self.has_futures = keys.filter(market=MarketKind.FUTURES).exists()

    def limit_to_keys(self, keys: list[ExchangeKey]) -> None:
        """Offer no other keys than these: those of one market."""
        field: Any = self.fields["key"]
        field.queryset = field.queryset.filter(pk__in=[key.pk for key in keys])
        self.has_futures = any(key.market == MarketKind.FUTURES for key in keys)

    def clean_symbol(self) -> str:
        symbol: str = self.cleaned_data["symbol"].strip().upper()
        if "/" not in symbol:
            raise forms.ValidationError(_("Write both sides, as in BTC/USDT."))
        return symbol


class ExitsForm(KeyOrderForm):
    """A form with the fields of a take profit and a stop loss."""

    take_profit = build_number_field(gettext_lazy("Then take profit at"), required=False)
    take_profit_price = build_number_field(gettext_lazy("with the limit"), required=False)
    stop_loss = build_number_field(gettext_lazy("Then stop the loss at"), required=False)
    stop_loss_price = build_number_field(gettext_lazy("with the limit"), required=False)

    @property
    def has_exits(self) -> bool:
        """Tell whether the fields of exits are filled in, so that they are shown open."""
        return any(self[name].value() for role in EXITS for name in (role, f"{role}_price"))

    def refuse_lone_limits(self) -> None:
        for role in EXITS:
            if self.cleaned_data.get(f"{role}_price") and not self.cleaned_data.get(role):
                self.add_error(role, _("A limit needs the price from which on it counts."))

    def split_exits(self) -> tuple[dict[str, Any], Exits]:
        """Return the other fields, and the exits as one."""
        cleaned, exits = dict(self.cleaned_data), {}
        for role in EXITS:
            trigger, price = cleaned.pop(role), cleaned.pop(f"{role}_price")
            exits[role] = ExitTerms(trigger_price=trigger, price=price) if trigger else None
        return cleaned, Exits(**exits)
