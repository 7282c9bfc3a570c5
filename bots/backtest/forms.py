"""The form of a back-test; bots/backtest/validation.py checks the values."""

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bots.models import Backtest, Bot
from bots.strategies.settings import InvalidSettings
from bots.web.forms import NUMBER, PLAIN, PREFIX, make_setting_fields, plain_settings
from exchanges import venues
from exchanges.instruments import Instrument, VenueMarket, parse
from exchanges.models import Symbol
from exchanges.prices.chart_candles import LENGTHS
from realtime.values import format_money
from users.languages.recipient import localize
from users.strict.inputs import NumberInput

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

DAYS: Final = timedelta(days=30)
MOST_SYMBOLS: Final = 3000
TERMS: Final = ("money", "maker_percent", "taker_percent", "slippage_percent")
MESSAGES: Final = {"invalid": gettext_lazy("Write it as a number with a point: 0.01")}


def _number_field(label: "StrOrPromise", initial: str, hint: "StrOrPromise" = "") -> NumberInput:
    return NumberInput(
        label=label,
        initial=initial,
        max_digits=38,
        decimal_places=18,
        widget=forms.TextInput(attrs=NUMBER),
        help_text=hint,
        error_messages=MESSAGES,
    )


def _day_field(label: "StrOrPromise", hint: "StrOrPromise") -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, widget=widget, help_text=hint, input_formats=["%Y-%m-%d"])


class BacktestForm(forms.Form):
    place = forms.ChoiceField(label=gettext_lazy("Prices of"))
    symbol = forms.CharField(
        label=gettext_lazy("Symbol"),
        max_length=40,
        widget=forms.TextInput(
            attrs=PLAIN
            | {"list": "symbols", "placeholder": "BTC/USDT", "autocapitalize": "characters"}
        ),
    )
    interval = forms.ChoiceField(
        label=gettext_lazy("Length of a candle"),
        choices=[(name, name) for name in LENGTHS],
        initial="1h",
        help_text=gettext_lazy(
            "The bot looks once a candle: shorter ones come closer to a live bot."
        ),
    )
    since = _day_field(gettext_lazy("From"), gettext_lazy("The start of this day (UTC)."))
    until = _day_field(gettext_lazy("To"), gettext_lazy("The end of this day (UTC), or now."))
    money = _number_field(
        gettext_lazy("Money"), "10000", gettext_lazy("In the quote currency, at the start.")
    )
    maker_percent = _number_field(gettext_lazy("Fee of limit orders, in %"), "0.1")
    taker_percent = _number_field(gettext_lazy("Fee of market orders, in %"), "0.1")
    slippage_percent = _number_field(
        gettext_lazy("Slippage, in %"),
        "0.05",
        gettext_lazy("Market orders are filled at a price that is worse by this."),
    )

    def __init__(self, *args: Any, strategy: str, now: datetime, **options: Any) -> None:
        days = {"since": (now - DAYS).date(), "until": now.date()}
        options["initial"] = days | options.get("initial", {})
        super().__init__(*args, **options)
        self.strategy, self.now = strategy, now
        self.fields["place"].choices = list_places()  # type: ignore[attr-defined]
        self.settings = make_setting_fields(strategy)
        self.fields.update(self.settings)

    def clean_symbol(self) -> str:
        return str(self.cleaned_data["symbol"]).strip().upper()

    def setting_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.settings]

    def cost_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in TERMS]

    def make_backtest(self) -> Backtest:
        """Return the back-test of a valid form, not stored and not checked."""
        data = self.cleaned_data
        settings = {name.removeprefix(PREFIX): data[name] for name in self.settings}
        end = _day_start(data["until"]) + timedelta(days=1)
        return Backtest(
            instrument=f"{data['place']}:{data['symbol']}",
            strategy=self.strategy,
            settings=settings,
            interval=data["interval"],
            since=_day_start(data["since"]),
            until=min(end, max(self.now, _day_start(data["until"]))),
            **{name: data[name] for name in TERMS},
        )

    def add_errors(self, error: InvalidSettings) -> None:
        for name, message in error.errors.items():
            names = [PREFIX + name, "symbol" if name == "instrument" else name]
            fields = [field for field in names if field in self.fields]
            self.add_error(fields[0] if fields else None, localize(message))


def list_places() -> list[tuple[str, str]]:
    """Return the markets whose symbols this installation knows, with their labels."""
    rows = Symbol.objects.order_by("venue", "market", "is_paper")
    places = rows.values_list("venue", "market", "is_paper").distinct()
    return [(str(place), describe_place(place)) for place in map(VenueMarket._make, places)]


def describe_place(place: VenueMarket) -> str:
    label = f"{venues.get(place.venue).label} {place.market}"
    return _("%(label)s (simulated)") % {"label": label} if place.is_paper else label


def list_symbols(place: str) -> list[str]:
    """Return the symbols of a market by its name, as suggestions."""
    try:
        market = parse(f"{place}:-").venue_market
    except ValueError:
        return []
    symbols = Symbol.objects.filter(**market._asdict())
    return list(symbols.values_list("name", flat=True)[:MOST_SYMBOLS])


def bot_values(bot: Bot) -> dict[str, Any]:
    """Return the initial values of a test of this bot."""
    place, budget = bot.key.venue_market, bot.budget
    values = {"place": str(place), "symbol": bot.symbol, **plain_settings(bot)}
    return values if budget is None else values | {"money": format_money(budget)}


def backtest_values(backtest: Backtest) -> dict[str, Any]:
    """Return the initial values of a test like this one."""
    place: Instrument = parse(backtest.instrument)
    return {
        "place": str(place.venue_market),
        "symbol": place.symbol,
        "interval": backtest.interval,
        "since": backtest.since.date(),
        "until": (backtest.until - timedelta(microseconds=1)).date(),
        **{name: format_money(getattr(backtest, name)) for name in TERMS},
        **plain_settings(backtest),
    }


def default_values(places: list[tuple[str, str]]) -> dict[str, Any]:
    """Return the most traded pair of the first market, if it is known there."""
    first = places[0][0] if places else ""
    symbols = set(list_symbols(first))
    symbol = next((name for name in ("BTC/USDT", "BTC/USDT:USDT") if name in symbols), "")
    return {"place": first, "symbol": symbol}


def _day_start(day: Any) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)
