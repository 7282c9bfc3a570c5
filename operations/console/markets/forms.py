"""Forms of market control: a price, how markets walk, and a fault."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms

from operations.market_control.prices import REGIME

DAY = 24 * 3600


class PriceForm(forms.Form):
    """A price to the last digit, or a move by percent; at once or over some seconds."""

    instrument = forms.ChoiceField(label="Market")
    percent = forms.DecimalField(
        label="Move by percent",
        required=False,
        min_value=-99,
        max_value=1000,
        max_digits=10,
        decimal_places=4,
    )
    price = forms.DecimalField(
        label="Or set to this price", required=False, max_digits=38, decimal_places=18, min_value=0
    )
    seconds = forms.IntegerField(
        label="Within seconds", required=False, min_value=0, max_value=DAY, help_text="empty: now"
    )

    def __init__(self, instruments: Iterable[str], data: Any = None) -> None:
        super().__init__(data, auto_id="price-%s")
        _set_choices(self, "instrument", ((name, name.partition(":")[2]) for name in instruments))

    def clean(self) -> dict[str, Any]:
        fields = super().clean() or {}
        if not self.errors and (fields["percent"] is None) == (fields["price"] is None):
            raise forms.ValidationError("Give either a percent or a price.")
        return fields


class WalkForm(forms.Form):
    """Fields of a random walk: how wide it is, in which direction, and with how much volume."""

    instrument = forms.ChoiceField(label="Market", required=False)
    volatility = forms.DecimalField(
        label="Volatility", required=False, min_value=0, max_value=1000, help_text="1 is usual"
    )
    trend = forms.DecimalField(
        label="Trend, percent an hour", required=False, min_value=-1000, max_value=1000
    )
    volume = forms.DecimalField(
        label="Volume", required=False, min_value=0, max_value=1000, help_text="1 is usual"
    )

    def __init__(self, instruments: Iterable[str], data: Any = None) -> None:
        super().__init__(data, auto_id="walk-%s")
        names = ((name, name.partition(":")[2]) for name in instruments)
        _set_choices(self, "instrument", [("", "All markets"), *names])

    def clean(self) -> dict[str, Any]:
        fields = super().clean() or {}
        if not self.errors and all(fields[name] is None for name in REGIME):
            raise forms.ValidationError("Give a volatility, a trend or a volume.")
        return fields


class FaultForm(forms.Form):
    """Something that the simulated venue does wrong, so many times or seconds long."""

    kind = forms.ChoiceField(label="What goes wrong")
    times = forms.IntegerField(label="Times", required=False, min_value=1, max_value=1_000_000)
    seconds = forms.IntegerField(label="Seconds", required=False, min_value=1, max_value=DAY)
    latency_ms = forms.IntegerField(
        label="Latency in ms", required=False, min_value=0, max_value=600_000
    )

    def __init__(self, kinds: Mapping[str, str], data: Any = None) -> None:
        super().__init__(data, auto_id="fault-%s")
        _set_choices(self, "kind", _label_kinds(kinds))


def _label_kinds(kinds: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    """Label the kinds of faults: a choice shows no code, so backticks go."""
    return ((name, f"{name}: {text.replace('`', '')}") for name, text in kinds.items())


def _set_choices(form: forms.Form, name: str, choices: Iterable[tuple[str, str]]) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)  # noqa: S101
    field.choices = list(choices)
