"""What a bot is refused for before anything of it is stored: settings, limits, key, balance.

Everything that is wrong is said at once, each beside its field.
"""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from bots.models import Bot
from bots.pnl.fills import profit_currency
from bots.prices import market_view
from bots.strategies import STRATEGIES
from bots.strategies.settings import Wrong, read, write
from bots.strategies.types import Market, Needs
from exchanges import venues
from exchanges.models import Balance, ExchangeKey
from realtime.values import format_money

Words = Iterator[tuple[str, str]]
AMOUNTS = ("budget", "most_held", "daily_loss")
TRAILS = ("trailing_percent", "trail_percent")


def check(bot: Bot, *, now: datetime, with_balance: bool = True) -> None:
    """Raises Wrong; else its settings are as they are kept."""
    strategy = STRATEGIES[bot.strategy]
    settings = read(strategy.Settings, bot.settings)
    market = market_view.read_market(bot, now=now)
    if market is None:
        raise Wrong({"symbol": f"{bot.symbol} is not traded at {bot.key.venue_label}."})
    wrong = dict(_of_key(bot.key)) | dict(_of_amounts(bot)) | dict(_of_trails(bot.key, settings))
    wrong |= dict(strategy.check(settings, market))
    if not wrong:  # needs are reckoned from settings that make sense
        wrong = dict(_of_limits(bot, strategy.needs(settings, market)))
        if with_balance and "budget" not in wrong:
            wrong |= dict(_of_balance(bot, settings, market))
    if wrong:
        raise Wrong(wrong)
    bot.settings = write(settings)


def why_not_with(key: ExchangeKey) -> str:
    """Why no bot can trade with it, in words."""
    if not key.is_active and not key.last_error:
        return f"The key “{key.label}” is switched off."
    if not key.is_active:
        return f"The key “{key.label}” is switched off: {key.last_error}"
    # Venues that are only polled leave out rights that a key may have.
    says_all = not venues.get(key.venue).is_polled
    if says_all and key.permissions and "trade" not in key.permissions:
        return f"The key “{key.label}” may not trade: allow it at {key.venue_label}, and test it."
    return ""


def _of_key(key: ExchangeKey) -> Words:
    if words := why_not_with(key):
        yield "key", words


def _of_trails(key: ExchangeKey, settings: Any) -> Words:
    """Denied only when the price has come there, such an order would leave a bot unprotected."""
    venue = venues.get(key.venue)
    for name in TRAILS:
        percent = getattr(settings, name, None)
        if percent is not None and not venue.has_trailing_stops(key.market):
            yield name, f"{venue.label} {key.market} has no trailing stops."
        elif percent is not None and percent != round(percent, 2):
            yield name, "In hundredths of a per cent."


def _of_amounts(bot: Bot) -> Words:
    for name in AMOUNTS:
        given = getattr(bot, name)
        if given is not None and given <= 0:
            yield name, "This must be more than zero."
    if bot.most_orders < 1:
        yield "most_orders", "It needs one order at least."


def _of_limits(bot: Bot, needs: Needs) -> Words:
    """What it is sure to ask for must have room in what it is allowed."""
    quote = profit_currency(bot.symbol)
    if bot.budget is not None and needs.cost > bot.budget:
        yield "budget", f"These settings ask for {format_money(needs.cost)} {quote}."
    if bot.most_held is not None and needs.quantity > bot.most_held:
        yield "most_held", f"These settings ask for {format_money(needs.quantity)} at once."
    if needs.orders > bot.most_orders:
        yield "most_orders", f"These settings ask for {needs.orders} open orders at once."


def _of_balance(bot: Bot, settings: Any, market: Market) -> Words:
    """What is not known is not held against it."""
    quote = profit_currency(bot.symbol)
    there = _balance(bot.key, quote)
    times = _leverage(settings, market)
    if bot.budget is None or there is None or times is None or bot.budget <= there * times:
        return
    lent = f", {format_money(there * times)} with a leverage of {times}" if times != 1 else ""
    yield "budget", f"The key “{bot.key.label}” has {format_money(there)} {quote}{lent}."


def _balance(key: ExchangeKey, currency: str) -> Decimal | None:
    """Free and held by orders; None: it was not heard yet."""
    found = Balance.objects.filter(key=key, currency=currency).first()
    return None if found is None else found.free + found.held


def _leverage(settings: Any, market: Market) -> int | None:
    """How many times what is there may be bound; None: as the account is set, which is not told."""
    if not market.is_futures:
        return 1
    return getattr(settings, "leverage", None) or market.most_leverage
