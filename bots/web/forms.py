"""The form that creates and changes a bot, with a field for each setting of its strategy.

bots/running/validation.py checks the values; its messages are shown beside the fields here.
"""

from collections.abc import Mapping
from dataclasses import MISSING, fields
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.core.validators import MinValueValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bots.models import Backtest, Bot
from bots.strategies.registry import STRATEGIES
from bots.strategies.settings import InvalidSettings, Setting, list_settings
from bots.web.bot_detail import STORED_ONLY
from exchanges.instruments import parse
from exchanges.models import ExchangeKey, Symbol
from orders.web.forms import KeyChoice
from realtime.values import format_money
from users.languages.recipient import localize
from users.strict.inputs import NumberInput

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    from users.models import User

PREFIX: Final = "set-"  # so that a setting never has the name of a field of every bot
PLAIN: Final = {"autocomplete": "off", "spellcheck": "false"}
NUMBER: Final = PLAIN | {"inputmode": "decimal"}
LIMITS: Final = ("budget", "most_orders", "most_held", "daily_loss")
BOT_FIELDS: Final = ("name", "symbol", *LIMITS, "check_seconds", "high_value", "is_default")
MOST_SYMBOLS: Final = 3000
SMALLEST: Final = Decimal("1e-18")
NO_CHANGE: Final = gettext_lazy("as it is")
CHOICE_LABELS: Final = {
    "": NO_CHANGE,
    "buy": gettext_lazy("buy"),
    "sell": gettext_lazy("sell"),
    "even": gettext_lazy("price"),
    "percent": gettext_lazy("per cent"),
    "cross": gettext_lazy("cross margin"),
    "isolated": gettext_lazy("isolated margin"),
}
MOST_NAME: Final = 60
NO_LIMIT: Final = gettext_lazy("no limit")
COPY: Final = " copy"


def make_amount_field(
    label: "StrOrPromise", hint: "StrOrPromise", *, empty: "StrOrPromise" = NO_LIMIT
) -> NumberInput:
    return NumberInput(
        label=label,
        required=False,
        max_digits=38,
        decimal_places=18,
        validators=[MinValueValidator(SMALLEST, gettext_lazy("It must be more than 0."))],
        widget=forms.TextInput(attrs={**NUMBER, "placeholder": empty}),
        help_text=hint,
        error_messages={"invalid": gettext_lazy("Write it as a number with a point: 0.01")},
    )


class BotForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=MOST_NAME, widget=forms.TextInput(attrs=PLAIN)
    )
    key = KeyChoice(
        queryset=ExchangeKey.objects.none(), empty_label=None, label=gettext_lazy("With the key")
    )
    symbol = forms.CharField(
        label=gettext_lazy("Symbol"),
        max_length=40,
        widget=forms.TextInput(
            attrs=PLAIN
            | {"list": "symbols", "placeholder": "BTC/USDT", "autocapitalize": "characters"}
        ),
    )
    budget = make_amount_field(
        gettext_lazy("Budget"), gettext_lazy("It never binds more of the quote currency than this.")
    )
    most_held = make_amount_field(
        gettext_lazy("Hold at most"), gettext_lazy("So much of the coin, or so much short of it.")
    )
    daily_loss = make_amount_field(
        gettext_lazy("Stop after a loss of"),
        gettext_lazy("In the quote currency, on one day (UTC)."),
    )
    high_value = make_amount_field(
        gettext_lazy("Check orders first from"),
        gettext_lazy("Worth so much of the quote currency."),
        empty=gettext_lazy("the largest"),
    )
    most_orders = forms.IntegerField(
        label=gettext_lazy("Open orders at most"),
        min_value=1,
        max_value=1000,
        initial=100,
        widget=forms.TextInput(attrs=NUMBER),
    )
    check_seconds = forms.IntegerField(
        label=gettext_lazy("Check at least every, in seconds"),
        min_value=1,
        max_value=3600,
        initial=5,
        widget=forms.TextInput(attrs=NUMBER),
        help_text=gettext_lazy("A fill is handled at once, whatever the interval."),
    )
    is_default = forms.BooleanField(
        label=gettext_lazy("Signals use it unless they name another"), required=False
    )

    def __init__(
        self, *args: Any, user: "User", strategy: str, bot: Bot | None = None, **options: Any
    ) -> None:
        if bot is not None:
            options["initial"] = _initial_values(bot) | options.get("initial", {})
        super().__init__(*args, **options)
        self.strategy, self.bot = strategy, bot
        keys = ExchangeKey.objects.filter(user=user)
        if bot is None:
            self.fields["key"].queryset = keys.filter(is_active=True)  # type: ignore[attr-defined]
        else:
            del self.fields["key"]  # a bot keeps its key, because its orders are at that venue
        self.settings = make_setting_fields(strategy)
        self.fields.update(self.settings)

    def clean_symbol(self) -> str:
        symbol: str = self.cleaned_data["symbol"].strip().upper()
        if "/" not in symbol:
            raise forms.ValidationError(_("Write both sides, as in BTC/USDT."))
        return symbol

    def setting_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.settings]

    def limit_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in LIMITS]

    def bot_values(self) -> dict[str, Any]:
        """Return the values as bots/running/commands.py takes them; a preview has no name yet."""
        values = {name: self.cleaned_data.get(name, "") for name in BOT_FIELDS}
        values["settings"] = {
            name.removeprefix(PREFIX): self.cleaned_data[name] for name in self.settings
        }
        return values | {"strategy": self.strategy}

    def add_errors(self, error: InvalidSettings) -> None:
        for name, message in error.errors.items():
            self.add_error(self.find_field(name), localize(message))

    def find_field(self, name: str) -> str | None:
        """Return the field of a setting or of a value of every bot; a setting comes first."""
        return next((field for field in (PREFIX + name, name) if field in self.fields), None)


def list_symbols(key: ExchangeKey | None) -> list[str]:
    """Return the symbols of the key's market, as suggestions."""
    if key is None:
        return []
    symbols = Symbol.objects.filter(**key.venue_market._asdict())
    return list(symbols.values_list("name", flat=True)[:MOST_SYMBOLS])


def plain_settings(bot: Bot | Backtest) -> dict[str, Any]:
    """Return stored settings as the fields of a form show them."""
    settings = list_settings(STRATEGIES[bot.strategy].Settings)
    kinds = {setting.name: setting.kind for setting in settings}
    stored = {
        PREFIX + name: Decimal(value) if value and kinds.get(name) is Decimal else value
        for name, value in bot.settings.items()
    }
    return {name: _to_plain(value) for name, value in stored.items()}


def copy_values(source: Bot | Backtest) -> dict[str, Any]:
    """Return the initial values of a new bot like this bot, or like this back-test's."""
    if isinstance(source, Bot):
        name = f"{source.name[: MOST_NAME - len(COPY)]}{COPY}"
        return _initial_values(source) | {"name": name, "is_default": False}
    symbol = parse(source.instrument).symbol
    label = _(STRATEGIES[source.strategy].LABEL)
    values = {"name": f"{label} {symbol}", "symbol": symbol, "budget": format_money(source.money)}
    return values | plain_settings(source)


def _initial_values(bot: Bot) -> dict[str, Any]:
    values = {name: _to_plain(getattr(bot, name)) for name in BOT_FIELDS}
    return values | plain_settings(bot)


def _to_plain(value: Any) -> Any:
    return format_money(value) if isinstance(value, Decimal) else value


def make_setting_fields(strategy: str) -> dict[str, forms.Field]:
    settings_class = STRATEGIES[strategy].Settings
    declared = fields(settings_class)
    defaults = {field.name: field.default for field in declared if field.default is not MISSING}
    return {
        PREFIX + setting.name: _make_field(setting, defaults)
        for setting in list_settings(settings_class)
        if setting.name not in STORED_ONLY
    }


def _make_field(setting: Setting, defaults: Mapping[str, Any]) -> forms.Field:
    initial, label = _to_plain(defaults.get(setting.name)), _(setting.input.label)
    if setting.input.unit:
        label = _("%(label)s, in %(unit)s") % {"label": label, "unit": setting.input.unit}
    if setting.kind is bool:
        return forms.BooleanField(label=label, required=False, initial=initial)
    if isinstance(setting.kind, tuple):
        choices = [(name, CHOICE_LABELS.get(name, name)) for name in setting.kind]
        return forms.ChoiceField(
            label=label, choices=choices, initial=initial, required=False, widget=forms.Select
        )
    # A text field: bots/strategies/settings.py checks the number and its bounds.
    attrs = NUMBER | (
        {} if setting.is_needed else {"placeholder": _("none") if not initial else ""}
    )
    return forms.CharField(
        label=label,
        required=False,
        max_length=40,
        initial=initial,
        help_text=_describe_bounds(setting),
        widget=forms.TextInput(attrs=attrs),
    )


def _describe_bounds(setting: Setting) -> str:
    least, most = setting.input.least, setting.input.most
    if least is not None and most is not None:
        return _("From %(least)s to %(most)s.") % {"least": least, "most": most}
    if most is not None:
        return _("At most %(most)s.") % {"most": most}
    return "" if least is None else _("At least %(least)s.") % {"least": least}
