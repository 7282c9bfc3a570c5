"""What a bot sees of its market: the symbol's rules, the latest price, and the last minutes."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

import redis
import structlog
from django.db import connection

from bots.models import Bot, PriceMinute
from bots.strategies.types import Market, Sample
from exchanges.instruments import Instrument
from exchanges.models import ExchangeKey, Symbol
from realtime import prices as realtime_prices
from realtime.values import ZERO

log = structlog.get_logger(__name__)

OLDEST: Final = timedelta(seconds=30)  # where nobody listens, a price older than this is none
KEEP_FOR: Final = timedelta(days=1, hours=1)
LOOKS_BACK: Final = "window_minutes"  # what strategies that do so have among their settings
WIDEN_MINUTE = """
INSERT INTO bots_priceminute (instrument, at, high, low)
SELECT name, date_trunc('minute', %s::timestamptz), price, price
FROM unnest(%s::text[], %s::numeric[]) AS seen (name, price)
ON CONFLICT (instrument, at) DO UPDATE SET
    high = greatest(bots_priceminute.high, excluded.high),
    low = least(bots_priceminute.low, excluded.low)
"""


@dataclass(frozen=True, slots=True)
class Quote:
    """What an instrument was last traded at, as far as was heard."""

    price: Decimal
    at: datetime
    is_stale: bool  # too old to act on, or its venue is not heard


def bot_instrument(bot: Bot) -> str:
    return instrument_name(bot.key, bot.symbol)


def instrument_name(key: ExchangeKey, symbol: str) -> str:
    return str(Instrument(key.venue, key.market, key.is_paper, symbol))


def read_quotes(instruments: Iterable[str], *, now: datetime) -> dict[str, Quote]:
    """The last that was heard of each, however old; a Redis that is away knows none.

    Who follows a venue says what is stale: where nothing trades for a while, a price is old and
    true. Where nobody follows, its age has to say it.
    """
    names = list(instruments)
    try:
        found, unheard = realtime_prices.read_newest(names), realtime_prices.find_unfollowed(names)
    except redis.RedisError:
        return {}
    said = {}
    for kind, name, frame in found:
        if kind != "price_update":
            continue
        data = json.loads(frame)["data"]
        at = datetime.fromisoformat(data["at"])
        is_old = name in unheard and at <= now - OLDEST
        said[name] = Quote(Decimal(data["last"]), at, data["stale"] or is_old)
    return said


def read_prices(instruments: Iterable[str], *, now: datetime) -> dict[str, Decimal]:
    """The prices that are recent enough to act on."""
    found = read_quotes(instruments, now=now)
    return {name: quote.price for name, quote in found.items() if not quote.is_stale}


def watch_instruments(instruments: Iterable[str]) -> None:
    """Bots look at these: have them followed for a while."""
    try:
        realtime_prices.request_following(instruments)
    except redis.RedisError as error:
        log.warning("markets cannot be watched now: Redis is away", error=str(error))


def record_minute(prices: dict[str, Decimal], *, now: datetime) -> None:
    """Widen this minute of each by what was seen."""
    if not prices:
        return
    with connection.cursor() as cursor:
        cursor.execute(WIDEN_MINUTE, [now, list(prices), list(prices.values())])


def delete_old_minutes(*, now: datetime) -> int:
    return PriceMinute.objects.filter(at__lt=now - KEEP_FOR).delete()[0]


def read_market(bot: Bot, *, now: datetime, price: Decimal | None = None) -> Market | None:
    """None if its venue does not trade the symbol, as far as is known."""
    key, name = bot.key, bot_instrument(bot)
    rules = Symbol.objects.filter(
        venue=key.venue, market=key.market, is_paper=key.is_paper, name=bot.symbol
    ).first()
    if rules is None:
        return None
    return Market(
        symbol=bot.symbol,
        is_futures=key.market == "futures",
        price_step=(rules.price_step or ZERO).normalize(),
        quantity_step=(rules.quantity_step or ZERO).normalize(),
        min_quantity=(rules.min_quantity or ZERO).normalize(),
        min_cost=(rules.min_cost or ZERO).normalize(),
        most_leverage=rules.most_leverage,
        price=read_prices([name], now=now).get(name) if price is None else price,
        samples=_read_samples(name, now) if LOOKS_BACK in bot.settings else [],
    )


def _read_samples(name: str, now: datetime) -> list[Sample]:
    """The last day's, which are many: only for those whose strategies look back."""
    recent = PriceMinute.objects.filter(instrument=name, at__gt=now - KEEP_FOR).order_by("at")
    rows = recent.values_list("at", "high", "low")
    return [Sample(at=at, high=high, low=low) for at, high, low in rows]
