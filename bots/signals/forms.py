"""The form of auto-trade: leave signals alone, test them, or trade them."""

from decimal import Decimal
from typing import Any, Final

from django import forms
from django.core.validators import MinValueValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bots.models import AutoTrade, Bot, Strategy
from bots.signals import auto_trade
from realtime.values import format_money
from users.strict.inputs import NumberInput

OFF, TEST, ON = "off", "test", "on"
CHOICES: Final = (
    (OFF, gettext_lazy("Nothing: signals wait for you")),
    (TEST, gettext_lazy("Test: it says what it would do, and trades nothing")),
    (ON, gettext_lazy("Trade: each becomes an order at once, without asking you")),
)
MOST_SYMBOLS: Final = 100


class AutoTradeForm(forms.Form):
    does = forms.ChoiceField(
        choices=CHOICES, widget=forms.RadioSelect, label=gettext_lazy("When a signal comes")
    )
    symbols = forms.CharField(
        label=gettext_lazy("Symbols"),
        required=False,
        max_length=2000,
        help_text=gettext_lazy("Only these, such as BTC/USDT, ETH/USDT. Empty: all."),
    )
    amount = NumberInput(
        required=False,
        label=gettext_lazy("Spend on each"),
        max_digits=38,
        decimal_places=18,
        validators=[
            MinValueValidator(Decimal("1e-18"), gettext_lazy("This must be more than zero."))
        ],
        help_text=gettext_lazy("In the quote currency. Empty: as the bot is set."),
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    per_day = forms.IntegerField(
        label=gettext_lazy("Open at most"),
        min_value=0,
        max_value=1000,
        help_text=gettext_lazy("Positions in 24 hours."),
    )
    bot = forms.ModelChoiceField(
        Bot.objects.none(),
        required=False,
        label=gettext_lazy("With the bot"),
        empty_label=gettext_lazy("the manual bot that runs with the symbol"),
    )

    def __init__(self, data: Any = None, *, settings: AutoTrade) -> None:
        super().__init__(data, initial=_initial_values(settings), auto_id="auto_%s")
        bots = Bot.objects.filter(user=settings.user_id, strategy=Strategy.MANUAL)
        self.fields["bot"].queryset = bots.order_by("name")  # type: ignore[attr-defined]

    def clean_symbols(self) -> list[str]:
        names = self.cleaned_data["symbols"].replace(",", " ").split()
        if len(names) > MOST_SYMBOLS or any(len(name) > 40 for name in names):
            raise forms.ValidationError(
                _("Name %(most_symbols)s symbols at most, by commas.")
                % {"most_symbols": MOST_SYMBOLS}
            )
        return list(names)

    def list_changes(self) -> dict[str, Any]:
        names = [name for name in auto_trade.SETTINGS if name in self.fields]
        does = self.cleaned_data["does"]
        return {name: self.cleaned_data[name] for name in names} | {
            "is_enabled": does != OFF,
            "is_test": does != ON,
        }


def _initial_values(settings: AutoTrade) -> dict[str, Any]:
    does = ON if auto_trade.does_trade(settings) else TEST if settings.is_enabled else OFF
    amount = None if settings.amount is None else format_money(settings.amount)
    plain = {"per_day": settings.per_day, "bot": settings.bot_id}
    return plain | {"does": does, "symbols": ", ".join(settings.symbols), "amount": amount}
