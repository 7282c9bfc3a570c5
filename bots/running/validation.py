"""Check a bot before it is saved: its settings, limits, key and balance.

All errors are reported at once, by field.
"""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from bots.models import Bot
from bots.prices import market_view
from bots.strategies.decisions import Market, Needs
from bots.strategies.registry import STRATEGIES
from bots.strategies.settings import InvalidSettings, read_settings, write_settings
from exchanges import venues
from exchanges.instruments import VenueMarket, profit_currency
from exchanges.models import Balance, ExchangeKey, PositionMode, Symbol
from realtime.values import format_money
from users.languages.text import Phrase

Errors = Iterator[tuple[str, str]]
AMOUNTS = ("budget", "most_held", "daily_loss", "high_value")
TRAILS = ("trailing_percent", "trail_percent")


def check_bot(bot: Bot, *, now: datetime, with_balance: bool = True) -> None:
    """Raise InvalidSettings with all errors, or put the settings in their stored form."""
    strategy = STRATEGIES[bot.strategy]
    settings = read_settings(strategy.Settings, bot.settings)
    market = market_view.read_market(bot, now=now)
    if market is None:
        raise InvalidSettings({"symbol": _explain_unknown(bot)})
    errors = dict(_check_amounts(bot))
    if refusal := key_refusal(bot.key):
        errors["key"] = refusal
    errors |= dict(check_trails(bot.key.venue_market, settings))
    errors |= dict(strategy.check_settings(settings, market))
    if not errors:  # the needs can only be estimated from valid settings
        errors = dict(_check_limits(bot, strategy.estimate_needs(settings, market)))
        if with_balance and "budget" not in errors:
            errors |= dict(_check_balance(bot, settings, market))
    if errors:
        raise InvalidSettings(errors)
    bot.settings = write_settings(settings)


def _explain_unknown(bot: Bot) -> str:
    if Symbol.objects.filter(**bot.key.venue_market._asdict()).exists():
        return Phrase(
            "%(symbol)s is not traded at %(venue_label)s.",
            symbol=bot.symbol,
            venue_label=bot.key.venue_label,
        )
    return Phrase(
        "The symbols of %(venue_label)s are being read. Try again in a few seconds.",
        venue_label=bot.key.venue_label,
    )


def key_refusal(key: ExchangeKey) -> str:
    """Return the reason why no bot can trade with this key."""
    if not key.is_active and not key.last_error:
        return Phrase("The key “%(key)s” is switched off.", key=key.label)
    if not key.is_active:
        return Phrase(
            "The key “%(key)s” is switched off: %(last_error)s",
            key=key.label,
            last_error=key.last_error,
        )
    if key.position_mode == PositionMode.HEDGE:
        return Phrase(
            "“%(key)s” holds a long and a short position: bots trade in one-way mode.",
            key=key.label,
        )
    # Venues that are only polled do not report all rights of a key.
    says_all = not venues.get(key.venue).is_polled
    if says_all and key.permissions and "trade" not in key.permissions:
        return Phrase(
            "The key “%(key)s” may not trade: allow it at %(venue_label)s, and test it.",
            key=key.label,
            venue_label=key.venue_label,
        )
    return ""


def check_trails(place: VenueMarket, settings: Any) -> Errors:
    """Refuse trailing stops early: a refusal when the price is reached leaves a bot unprotected."""
    venue = venues.get(place.venue)
    for name in TRAILS:
        percent = getattr(settings, name, None)
        if percent is not None and not venue.has_trailing_stops(place.market):
            values = {"venue": venue.label, "market": place.market}
            yield name, Phrase("%(venue)s %(market)s has no trailing stops.", **values)
        elif percent is not None and percent != round(percent, 2):
            yield name, Phrase("Use at most two digits after the point.")


def _check_amounts(bot: Bot) -> Errors:
    for name in AMOUNTS:
        value = getattr(bot, name)
        if value is not None and value <= 0:
            yield name, Phrase("This must be more than zero.")
    if bot.most_orders < 1:
        yield "most_orders", Phrase("It needs one order at least.")


def _check_limits(bot: Bot, needs: Needs) -> Errors:
    """Check that the strategy's needs fit into the bot's limits."""
    quote = profit_currency(bot.symbol)
    if bot.budget is not None and needs.cost > bot.budget:
        yield (
            "budget",
            Phrase(
                "These settings ask for %(cost)s %(quote)s.",
                cost=format_money(needs.cost),
                quote=quote,
            ),
        )
    if bot.most_held is not None and needs.quantity > bot.most_held:
        yield (
            "most_held",
            Phrase(
                "These settings ask for %(quantity)s at once.",
                quantity=format_money(needs.quantity),
            ),
        )
    if needs.orders > bot.most_orders:
        yield (
            "most_orders",
            Phrase("These settings ask for %(orders)s open orders at once.", orders=needs.orders),
        )


def _check_balance(bot: Bot, settings: Any, market: Market) -> Errors:
    """Check the budget against the key's balance, as far as both are known."""
    quote = profit_currency(bot.symbol)
    balance = _known_balance(bot.key, quote)
    factor = _borrowing_factor(settings, market)
    if bot.budget is None or balance is None or factor is None or bot.budget <= balance * factor:
        return
    values = {"key": bot.key.label, "quote": quote, "balance": format_money(balance)}
    if factor == 1:
        yield "budget", Phrase("The key “%(key)s” has %(balance)s %(quote)s.", **values)
        return
    yield (
        "budget",
        Phrase(
            "The key “%(key)s” has %(balance)s %(quote)s,"
            " %(borrowed)s with a leverage of %(factor)s.",
            **values,
            borrowed=format_money(balance * factor),
            factor=str(factor),
        ),
    )


def _known_balance(key: ExchangeKey, currency: str) -> Decimal | None:
    """Return the balance, free and held, or None if the venue has not reported it yet."""
    balance = Balance.objects.filter(key=key, currency=currency).first()
    return None if balance is None else balance.total


def _borrowing_factor(settings: Any, market: Market) -> int | None:
    """Return how many times the balance may be bound; None: the account's leverage is unknown."""
    if not market.is_futures:
        return 1
    return getattr(settings, "leverage", None) or market.most_leverage
