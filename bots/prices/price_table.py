"""The prices of all pairs of a market: fetched by a worker in rounds, read to value portfolios.

Web processes never ask a venue. They read the table, and for instruments that somebody watches now
the newer prices of the venue's stream.
"""

import json
from collections import ChainMap
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import redis
import structlog

from bots.prices.conversion import BRIDGES, Pair, PairPrice, Prices
from exchanges.instruments import VenueMarket, group_by_market, parse
from exchanges.models import ExchangeKey
from realtime import prices as realtime_prices
from realtime import redis as realtime_redis
from realtime.values import format_time

log = structlog.get_logger(__name__)

KEY_PREFIX: Final = "fillwatch:price-list:"  # + paper or live: a hash of market -> time and prices
KEEP_FOR: Final = timedelta(days=1)  # a market that is not fetched any more has no prices
FRESH: Final = timedelta(seconds=30)  # of prices from a stream
SANE: Final = (Decimal("1e-18"), Decimal("1e12"))  # prices outside are errors of the venue
ANY_MARKET: Final = ""


def spot_market(key: ExchangeKey) -> VenueMarket:
    """Return the market whose prices value a key's coins: spot, whatever the key trades."""
    return VenueMarket(key.venue, "spot", key.is_paper)


def store_prices(feed: VenueMarket, prices: Mapping[str, str], *, now: datetime) -> int:
    """Store the prices that a market reports now, and return how many are usable."""
    sane = {name: price for name, price in prices.items() if _parse_price(price) is not None}
    table = json.dumps(sane, separators=(",", ":"))
    client = realtime_redis.redis_client()
    client.hset(_redis_key(feed.is_paper), str(feed), f"{format_time(now)} {table}")
    client.expire(_redis_key(feed.is_paper), KEEP_FOR)
    return len(sane)


def read_stored(*, simulated: bool, now: datetime) -> dict[str, Prices]:
    """Return prices by market, each with those of all other markets behind its own.

    Empty while Redis is away.
    """
    try:
        stored = realtime_redis.redis_client().hgetall(_redis_key(simulated))
    except redis.RedisError as error:
        log.warning("could not read prices", error=str(error))
        return {}
    fresh = {market: text for market, text in stored.items() if _parse_time(text) > now - KEEP_FOR}
    own = {market: _parse_prices(text) for market, text in fresh.items()}
    newest: dict[Pair, PairPrice] = {}
    for prices in own.values():
        for pair, price in prices.items():
            if pair not in newest or newest[pair].at < price.at:
                newest[pair] = price
    return {ANY_MARKET: newest} | {
        market: ChainMap(prices, newest) for market, prices in own.items()
    }


def read_own_prices(instruments: Iterable[str], *, now: datetime) -> dict[str, PairPrice]:
    """Return the prices that the instruments' own markets were last asked for."""
    found: dict[str, PairPrice] = {}
    for market, symbols in group_by_market(instruments).items():
        try:
            text = realtime_redis.redis_client().hget(_redis_key(market.is_paper), str(market))
        except redis.RedisError:
            return found
        if text is None or _parse_time(text) <= now - KEEP_FOR:
            continue
        prices = _parse_prices(text)
        found |= {
            f"{market}:{symbol}": prices[pair]
            for symbol in symbols
            if (pair := _split_pair(symbol)) in prices
        }
    return found


def read_fetch_times() -> dict[str, datetime]:
    """Return when the prices of each market were last fetched."""
    client = realtime_redis.redis_client()
    tables = [client.hgetall(_redis_key(is_paper)) for is_paper in (False, True)]
    return {market: _parse_time(text) for table in tables for market, text in table.items()}


def read_newest(instruments: list[str]) -> list[tuple[str, datetime, dict[str, Any]]]:
    """Return each instrument's newest streamed price with its time, of those that have one."""
    frames = realtime_prices.read_newest(instruments)
    prices = [
        (name, json.loads(frame)["data"]) for kind, name, frame in frames if kind == "price_update"
    ]
    return [(name, datetime.fromisoformat(data["at"]), data) for name, data in prices]


def read_streamed(instruments: Iterable[str], *, now: datetime) -> dict[str, dict[Pair, PairPrice]]:
    """Return the newest streamed prices of instruments that somebody watches, by market."""
    streamed: dict[str, dict[Pair, PairPrice]] = {}
    try:
        newest = read_newest(sorted(instruments))
    except redis.RedisError:
        return {}
    for name, at, data in newest:
        price = _parse_price(data["last"])
        if price is not None and not data["stale"] and at > now - FRESH:
            instrument = parse(name)
            prices = streamed.setdefault(str(instrument.venue_market), {})
            prices[_split_pair(instrument.symbol)] = PairPrice(price, at)
    return streamed


def read_latest(
    currencies: Mapping[str, Iterable[str]], *, simulated: bool, now: datetime
) -> dict[str, Prices]:
    """Return prices by market: streamed ones of these currencies, above the stored ones.

    A market whose prices were not fetched yet is left out; its streamed prices are among those of
    ANY_MARKET, which stand in for it.
    """
    stored = read_stored(simulated=simulated, now=now)
    instruments = {
        f"{market}:{base}/{quote}"
        for market, names in currencies.items()
        for base in {*names, *BRIDGES}
        for quote in BRIDGES
        if base != quote and (market not in stored or (base, quote) in stored[market])
    }
    streamed = read_streamed(instruments, now=now)
    unfetched = {market: prices for market, prices in streamed.items() if market not in stored}
    above = {ANY_MARKET: dict(ChainMap(*unfetched.values())), **streamed}
    return {
        market: ChainMap(above.get(market, {}), stored.get(market, {}))  # type: ignore[arg-type]
        for market in {ANY_MARKET, *stored}
    }


def _parse_prices(text: str) -> dict[Pair, PairPrice]:
    at, pairs = _parse_time(text), json.loads(text.partition(" ")[2])
    return {_split_pair(name): PairPrice(Decimal(price), at) for name, price in pairs.items()}


def _parse_time(text: str) -> datetime:
    return datetime.fromisoformat(text.partition(" ")[0])


def _split_pair(symbol: str) -> Pair:
    base, _, quote = symbol.partition("/")
    return base, quote


def _parse_price(text: str) -> Decimal | None:
    """Return a price; None for what cannot be one."""
    try:
        price = Decimal(text)
    except InvalidOperation:
        return None
    return price if price.is_finite() and SANE[0] < price < SANE[1] else None


def _redis_key(is_paper: bool) -> str:
    return KEY_PREFIX + ("paper" if is_paper else "live")
