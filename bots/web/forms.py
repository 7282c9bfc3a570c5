"""The form that makes and changes a bot: its strategy's settings are drawn as it declares them.

What a bot may be is decided by steering alone; its words are put beside the fields here.
"""

from collections.abc import Mapping
from dataclasses import MISSING, fields
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.core.validators import MinValueValidator

from bots.models import Bot
from bots.strategies import STRATEGIES
from bots.strategies.settings import Setting, Wrong, settings_of
from bots.web.bot_detail import STORED_ONLY
from exchanges.models import ExchangeKey, Symbol
from orders.web.forms import KeyChoice
from realtime.values import format_money

if TYPE_CHECKING:
    from users.models import User

PREFIX: Final = "set-"  # so that a setting never has the name of a field of every bot
PLAIN: Final = {"autocomplete": "off", "spellcheck": "false"}
NUMBER: Final = PLAIN | {"inputmode": "decimal"}
LIMITS: Final = ("budget", "most_orders", "most_held", "daily_loss")
EVERY: Final = ("name", "symbol", *LIMITS, "check_seconds", "is_default")
MOST_SYMBOLS: Final = 3000
SMALLEST: Final = Decimal("1e-18")
AS_IT_IS: Final = "as it is"


def _amount(label: str, hint: str) -> forms.DecimalField:
    return forms.DecimalField(
        label=label,
        required=False,
        max_digits=38,
        decimal_places=18,
        validators=[MinValueValidator(SMALLEST, "It must be more than 0.")],
        widget=forms.TextInput(attrs=NUMBER | {"placeholder": "no limit"}),
        help_text=hint,
        error_messages={"invalid": "Write it as a number with a point: 0.01"},
    )


class BotForm(forms.Form):
    name = forms.CharField(max_length=60, widget=forms.TextInput(attrs=PLAIN))
    key = KeyChoice(queryset=ExchangeKey.objects.none(), empty_label=None, label="With the key")
    symbol = forms.CharField(
        max_length=40,
        widget=forms.TextInput(
            attrs=PLAIN
            | {"list": "symbols", "placeholder": "BTC/USDT", "autocapitalize": "characters"}
        ),
    )
    budget = _amount("Budget", "It never binds more of the quote currency than this.")
    most_held = _amount("Hold at most", "So much of the coin, or so much short of it.")
    daily_loss = _amount("Stop after a loss of", "In the quote currency, on one day (UTC).")
    most_orders = forms.IntegerField(
        label="Open orders at most",
        min_value=1,
        max_value=1000,
        initial=100,
        widget=forms.TextInput(attrs=NUMBER),
    )
    check_seconds = forms.IntegerField(
        label="Look at least every, in seconds",
        min_value=1,
        max_value=3600,
        initial=5,
        widget=forms.TextInput(attrs=NUMBER),
        help_text="A fill wakes it at once, whatever stands here.",
    )
    is_default = forms.BooleanField(label="Signals use it unless they name another", required=False)

    def __init__(
        self, *args: Any, user: "User", strategy: str, bot: Bot | None = None, **more: Any
    ) -> None:
        if bot is not None:
            more["initial"] = _initial(bot) | more.get("initial", {})
        super().__init__(*args, **more)
        self.strategy, self.bot = strategy, bot
        keys = ExchangeKey.objects.filter(user=user)
        if bot is None:
            self.fields["key"].queryset = keys.filter(is_active=True)  # type: ignore[attr-defined]
        else:
            del self.fields["key"]  # its orders are there, and a bot stays with its key
        self.settings = _drawn(strategy)
        self.fields.update(self.settings)

    def clean_symbol(self) -> str:
        symbol: str = self.cleaned_data["symbol"].strip().upper()
        if "/" not in symbol:
            raise forms.ValidationError("Write both sides, as in BTC/USDT.")
        return symbol

    def of_settings(self) -> list[forms.BoundField]:
        return [self[name] for name in self.settings]

    def of_limits(self) -> list[forms.BoundField]:
        return [self[name] for name in LIMITS]

    def wanted(self) -> dict[str, Any]:
        """As steering takes it."""
        given = {name: self.cleaned_data[name] for name in EVERY}
        given["settings"] = {
            name.removeprefix(PREFIX): self.cleaned_data[name] for name in self.settings
        }
        return given | {"strategy": self.strategy}

    def refuse(self, wrong: Wrong) -> None:
        for name, words in wrong.words.items():
            places = [one for one in (PREFIX + name, name) if one in self.fields]
            self.add_error(places[0] if places else None, words)


def symbols_of(key: ExchangeKey | None) -> list[str]:
    """What its market trades, for whoever types a symbol."""
    if key is None:
        return []
    feed = {"venue": key.venue, "market": key.market, "is_paper": key.is_paper}
    return list(Symbol.objects.filter(**feed).values_list("name", flat=True)[:MOST_SYMBOLS])


def _initial(bot: Bot) -> dict[str, Any]:
    given = {name: getattr(bot, name) for name in EVERY}
    declared = {one.name: one.kind for one in settings_of(STRATEGIES[bot.strategy].Settings)}
    kept = {
        PREFIX + name: Decimal(value) if value and declared.get(name) is Decimal else value
        for name, value in bot.settings.items()
    }
    return {name: _plain(value) for name, value in (given | kept).items()}


def _plain(value: Any) -> Any:
    return format_money(value) if isinstance(value, Decimal) else value


def _drawn(strategy: str) -> dict[str, forms.Field]:
    wanted = STRATEGIES[strategy].Settings
    usual = {one.name: one.default for one in fields(wanted) if one.default is not MISSING}
    return {
        PREFIX + one.name: _field(one, usual)
        for one in settings_of(wanted)
        if one.name not in STORED_ONLY
    }


def _field(one: Setting, usual: Mapping[str, Any]) -> forms.Field:
    asked, initial = one.asked, _plain(usual.get(one.name))
    label = f"{asked.label}, in {asked.unit}" if asked.unit else asked.label
    if one.kind is bool:
        return forms.BooleanField(label=label, required=False, initial=initial)
    if isinstance(one.kind, tuple):
        choices = [(word, word or AS_IT_IS) for word in one.kind]
        return forms.ChoiceField(
            label=label, choices=choices, initial=initial, required=False, widget=forms.Select
        )
    # Whether it is a number, and within which bounds, is said by the strategy's own reading
    attrs = NUMBER | ({} if one.is_needed else {"placeholder": "none" if not initial else ""})
    return forms.CharField(
        label=label,
        required=False,
        max_length=40,
        initial=initial,
        help_text=_bounds(one),
        widget=forms.TextInput(attrs=attrs),
    )


def _bounds(one: Setting) -> str:
    asked = one.asked
    least = asked.least if asked.least is not None else None
    if least is not None and asked.most is not None:
        return f"From {least} to {asked.most}."
    if asked.most is not None:
        return f"At most {asked.most}."
    return "" if least is None else f"At least {least}."
