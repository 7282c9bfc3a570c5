"""Check a back-test before it is queued. All errors are reported at once, by field."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.utils.translation import gettext as _

from bots.models import Backtest, Strategy
from bots.prices import market_view
from bots.running import validation
from bots.strategies.decisions import Market
from bots.strategies.registry import STRATEGIES
from bots.strategies.settings import InvalidSettings, read_settings, write_settings
from exchanges.instruments import Instrument, is_inverse, parse, profit_currency
from exchanges.prices.chart_candles import LENGTHS
from realtime.values import format_money

Errors = Iterator[tuple[str, str]]
MOST_CANDLES: Final = 10_000
LEAST_CANDLES: Final = 10
MOST_PERCENT: Final = 10
PERCENTS: Final = ("maker_percent", "taker_percent", "slippage_percent")
TESTABLE: Final = tuple(name for name in STRATEGIES if name != Strategy.MANUAL)
FIRST_DAY: Final = 2010


def check_backtest(backtest: Backtest, *, now: datetime) -> None:
    """Raise InvalidSettings with all errors, or put the values in their stored form."""
    errors = dict(_check_terms(backtest)) | dict(_check_times(backtest, now))
    strategy = STRATEGIES[backtest.strategy]
    if backtest.strategy not in TESTABLE:
        errors["strategy"] = _("A manual bot opens nothing by itself, so there is nothing to test.")
        raise InvalidSettings(errors)
    market, place = read_market(backtest.instrument)
    if market is None or place is None:
        errors["instrument"] = _("This symbol is not traded at a venue of this installation.")
    elif is_inverse(place.symbol):
        errors["instrument"] = _(
            "Profits of contracts that are settled in their coin are not counted."
        )
    try:
        settings = read_settings(strategy.Settings, backtest.settings)
    except InvalidSettings as error:
        raise InvalidSettings(errors | error.errors) from None
    if market is not None and place is not None:
        errors |= dict(validation.check_trails(place.venue_market, settings))
        errors |= dict(strategy.check_settings(settings, market))
        errors |= dict(_check_fit(backtest, settings, market, is_valid=not errors))
    if errors:
        raise InvalidSettings(errors)
    backtest.settings = write_settings(settings)


def read_market(instrument: str) -> tuple[Market | None, Instrument | None]:
    """Return the rules of an instrument; without them for one that is not known."""
    try:
        place = parse(instrument)
    except ValueError:
        return None, None
    return market_view.read_rules(place), place


def count_candles(since: datetime, until: datetime, interval: str) -> int:
    return max(0, (until - since) // timedelta(seconds=LENGTHS[interval]))


def _check_terms(backtest: Backtest) -> Errors:
    if backtest.money <= 0:
        yield "money", _("This must be more than zero.")
    for name in PERCENTS:
        if not 0 <= getattr(backtest, name) <= MOST_PERCENT:
            yield name, _("From 0 to %(most_percent)s.") % {"most_percent": MOST_PERCENT}


def _check_times(backtest: Backtest, now: datetime) -> Errors:
    """Check the length of time, in candles."""
    if backtest.since.year < FIRST_DAY:
        yield (
            "since",
            _("There are no prices from before %(first_day)s.") % {"first_day": FIRST_DAY},
        )
    elif backtest.until <= backtest.since:
        yield "until", _("This must be later than the start.")
    elif backtest.since > now:
        yield "since", _("This must be in the past.")
    else:
        count = count_candles(backtest.since, min(backtest.until, now), backtest.interval)
        if count > MOST_CANDLES:
            text = _(
                "This is %(count)s candles, and at most %(most)s are tested:"
                " choose longer candles, or less time."
            )
            yield "interval", text % {"count": f"{count:,}", "most": f"{MOST_CANDLES:,}"}
        elif count < LEAST_CANDLES:
            yield (
                "interval",
                _("This is %(count)s candles, and %(least_candles)s at least are needed.")
                % {"count": count, "least_candles": LEAST_CANDLES},
            )


def _check_fit(backtest: Backtest, settings: Any, market: Market, *, is_valid: bool) -> Errors:
    """Check what the strategy needs against the money and the length of the candles."""
    minutes = getattr(settings, "window_minutes", None)
    if minutes is not None and LENGTHS[backtest.interval] > minutes * 60:
        yield (
            "interval",
            _("It looks %(minutes)s minutes back: the candles must not be longer.")
            % {"minutes": minutes},
        )
    if getattr(settings, "first", "buy") == "sell" and not market.is_futures:
        yield "first", _("A back-test begins with money and no coins: begin with the purchase.")
    if not is_valid:
        return  # the needs can only be estimated from valid settings
    needs = STRATEGIES[backtest.strategy].estimate_needs(settings, market)
    if needs.cost > backtest.money:
        quote = profit_currency(market.symbol)
        yield (
            "money",
            _("These settings ask for %(cost)s %(quote)s.")
            % {"cost": format_money(needs.cost), "quote": quote},
        )


def as_share(percent: Decimal) -> Decimal:
    return percent / 100
