"""What everything costs everywhere: gathered by a worker in rounds, read by whoever values.

The web never asks a venue. It reads what was written down last, and for what somebody watches at
this moment, what the venue's own stream has said since.
"""

import json
from collections import ChainMap
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Final

import redis
import structlog

from bots.prices.conversion import BRIDGES, Pair, PairPrice, Prices
from exchanges.instruments import VenueMarket, parse
from exchanges.models import ExchangeKey
from realtime import prices as realtime_prices
from realtime import redis as realtime_redis
from realtime.values import format_time

log = structlog.get_logger(__name__)

KEY_PREFIX: Final = (
    "fillwatch:price-list:"  # a hash each for paper and live: feed -> when, and what
)
KEEP_FOR: Final = timedelta(days=1)  # what nobody gathers any more says nothing
FRESH: Final = timedelta(seconds=30)  # of what a stream said
SANE: Final = (Decimal("1e-18"), Decimal("1e12"))  # what one of anything may cost
ANY_MARKET: Final = ""


def spot_market(key: ExchangeKey) -> VenueMarket:
    """Return the market whose prices value a key's coins: spot, whatever the key trades."""
    return VenueMarket(key.venue, "spot", key.is_paper)


def store_prices(feed: VenueMarket, prices: Mapping[str, str], *, now: datetime) -> int:
    """Write down what a venue said of its pairs just now; says of how many."""
    sane = {name: price for name, price in prices.items() if _parse_price(price) is not None}
    told = json.dumps(sane, separators=(",", ":"))
    client = realtime_redis.redis_client()
    client.hset(_redis_key(feed.is_paper), str(feed), f"{format_time(now)} {told}")
    client.expire(_redis_key(feed.is_paper), KEEP_FOR)
    return len(sane)


def read_stored(*, simulated: bool, now: datetime) -> dict[str, Prices]:
    """By feed, each with everybody else's behind its own; a Redis that is away knows none."""
    try:
        kept = realtime_redis.redis_client().hgetall(_redis_key(simulated))
    except redis.RedisError as error:
        log.warning("no prices to value with: Redis is away", error=str(error))
        return {}
    fresh = {feed: told for feed, told in kept.items() if _parse_time(told) > now - KEEP_FOR}
    own = {feed: _parse_prices(told) for feed, told in fresh.items()}
    whole: dict[Pair, PairPrice] = {}
    for prices in own.values():
        for pair, quoted in prices.items():
            if pair not in whole or whole[pair].at < quoted.at:
                whole[pair] = quoted
    return {ANY_MARKET: whole} | {feed: ChainMap(some, whole) for feed, some in own.items()}


def read_fetch_times() -> dict[str, datetime]:
    """When each market last told its prices, by feed."""
    client = realtime_redis.redis_client()
    kept = [client.hgetall(_redis_key(is_paper)) for is_paper in (False, True)]
    return {feed: _parse_time(told) for some in kept for feed, told in some.items()}


def read_streamed(instruments: Iterable[str], *, now: datetime) -> dict[str, dict[Pair, PairPrice]]:
    """By feed: what streams said in the last seconds of those that somebody watches."""
    found: dict[str, dict[Pair, PairPrice]] = {}
    try:
        told = realtime_prices.read_newest(sorted(instruments))
    except redis.RedisError:
        return {}
    for kind, name, frame in told:
        if kind != "price_update":
            continue
        data = json.loads(frame)["data"]
        price, at = _parse_price(data["last"]), datetime.fromisoformat(data["at"])
        if price is not None and not data["stale"] and at > now - FRESH:
            instrument = parse(name)
            found.setdefault(str(instrument.venue_market), {})[_split_pair(instrument.symbol)] = (
                PairPrice(price, at)
            )
    return found


def read_latest(
    currencies: Mapping[str, Iterable[str]], *, simulated: bool, now: datetime
) -> dict[str, Prices]:
    """`known`, and above it what was heard of pairs that these currencies of a feed trade in."""
    written = read_stored(simulated=simulated, now=now)
    pairs = {
        f"{feed}:{base}/{quote}"
        for feed, some in currencies.items()
        for base in {*some, *BRIDGES}
        for quote in BRIDGES
        if (base, quote) in written.get(feed, {})
    }
    above = read_streamed(pairs, now=now)
    return {feed: ChainMap(above.get(feed, {}), prices) for feed, prices in written.items()}  # type: ignore[arg-type]


def _parse_prices(told: str) -> dict[Pair, PairPrice]:
    at, pairs = _parse_time(told), json.loads(told.partition(" ")[2])
    return {_split_pair(name): PairPrice(Decimal(price), at) for name, price in pairs.items()}


def _parse_time(told: str) -> datetime:
    return datetime.fromisoformat(told.partition(" ")[0])


def _split_pair(symbol: str) -> Pair:
    base, _, quote = symbol.partition("/")
    return base, quote


def _parse_price(text: str) -> Decimal | None:
    """None for what no market can mean."""
    try:
        price = Decimal(text)
    except InvalidOperation:
        return None
    return price if price.is_finite() and SANE[0] < price < SANE[1] else None


def _redis_key(is_paper: bool) -> str:
    return KEY_PREFIX + ("paper" if is_paper else "live")
