"""The market as a bot sees it: the symbol's rules, the latest price, and the last day's minutes."""

import time
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

import redis
import structlog
from django.db import connection

from bots.models import Bot, PriceMinute
from bots.prices import price_table
from bots.strategies.decisions import Market, Sample
from exchanges import venues
from exchanges.instruments import Instrument
from exchanges.models import ExchangeKey, Symbol
from realtime import prices as realtime_prices
from realtime.values import ZERO

log = structlog.get_logger(__name__)

KEEP_FOR: Final = timedelta(days=1, hours=1)
POLL_SECONDS: Final = 0.05
LOOKS_BACK: Final = "window_minutes"  # a setting that strategies have which look at past prices
WIDEN_MINUTE = """
INSERT INTO bots_priceminute (instrument, at, high, low)
SELECT name, date_trunc('minute', %s::timestamptz), price, price
FROM unnest(%s::text[], %s::numeric[]) AS quote (name, price)
ON CONFLICT (instrument, at) DO UPDATE SET
    high = greatest(bots_priceminute.high, excluded.high),
    low = least(bots_priceminute.low, excluded.low)
"""


def bot_instrument(bot: Bot) -> str:
    return instrument_name(bot.key, bot.symbol)


def instrument_name(key: ExchangeKey, symbol: str) -> str:
    return str(Instrument(*key.venue_market, symbol))


def read_prices(instruments: Iterable[str], *, now: datetime) -> dict[str, Decimal]:
    """Return the prices that are recent enough to act on."""
    quotes = realtime_prices.read_quotes(instruments, now=now)
    return {name: quote.price for name, quote in quotes.items() if not quote.is_stale}


def watch_instruments(instruments: Iterable[str]) -> None:
    """Have the prices of these instruments followed for a while."""
    try:
        realtime_prices.request_following(instruments)
    except redis.RedisError as error:
        log.warning("could not watch markets", error=str(error))


def watch_for_quotes(instruments: Iterable[str], *, seconds: float) -> None:
    """Have these prices followed, and wait a little for the first price of those that are new.

    Only the first request waits, and only where a process follows the market: nobody else brings
    a price.
    """
    names = frozenset(instruments)
    try:
        unwatched = names - realtime_prices.list_requested()
        refused = realtime_prices.request_following(names)
        missing = unwatched - refused - realtime_prices.find_unfollowed(unwatched)
        until = time.monotonic() + seconds
        while missing and time.monotonic() < until:
            missing -= {name for name, _, _ in price_table.read_newest(sorted(missing))}
            if missing:
                time.sleep(POLL_SECONDS)
    except redis.RedisError as error:
        log.warning("could not watch markets", error=str(error))


def record_minute(prices: dict[str, Decimal], *, now: datetime) -> None:
    """Widen the range of this minute of each instrument by its price now."""
    if not prices:
        return
    with connection.cursor() as cursor:
        cursor.execute(WIDEN_MINUTE, [now, list(prices), list(prices.values())])


def delete_old_minutes(*, now: datetime) -> int:
    return PriceMinute.objects.filter(at__lt=now - KEEP_FOR).delete()[0]


def read_market(bot: Bot, *, now: datetime, price: Decimal | None = None) -> Market | None:
    """Return the market of a bot; None if its venue is not known to trade the symbol."""
    name = bot_instrument(bot)
    rules = read_rules(Instrument(*bot.key.venue_market, bot.symbol))
    if rules is None:
        return None
    return replace(
        rules,
        price=read_prices([name], now=now).get(name) if price is None else price,
        samples=_read_samples(name, now) if LOOKS_BACK in bot.settings else [],
    )


def read_rules(instrument: Instrument) -> Market | None:
    """Return the rules of a symbol without any price; None if its venue does not trade it."""
    place = instrument.venue_market
    symbol = Symbol.objects.filter(**place._asdict(), name=instrument.symbol).first()
    if symbol is None:
        return None
    return Market(
        symbol=instrument.symbol,
        is_futures=place.market == "futures",
        price_step=(symbol.price_step or ZERO).normalize(),
        quantity_step=(symbol.quantity_step or ZERO).normalize(),
        min_quantity=(symbol.min_quantity or ZERO).normalize(),
        min_cost=(symbol.min_cost or ZERO).normalize(),
        most_leverage=symbol.most_leverage,
        amends=venues.get(place.venue).can_amend(place.market),
    )


def _read_samples(name: str, now: datetime) -> list[Sample]:
    """Return the minutes of the last day; they are many, so few strategies get them."""
    recent = PriceMinute.objects.filter(instrument=name, at__gt=now - KEEP_FOR).order_by("at")
    rows = recent.values_list("at", "high", "low")
    return [Sample(at=at, high=high, low=low) for at, high, low in rows]
