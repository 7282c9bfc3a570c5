"""OKX's public answers: the clock, what can be traded, prices, books, candles, trades."""

from collections.abc import Sequence
from zlib import crc32

from exchanges.simulator.decimals import ZERO
from exchanges.simulator.engine.market_history import INTERVALS, Candle, MarketHistory
from exchanges.simulator.markets.contracts import Contract
from exchanges.simulator.okx import params as read
from exchanges.simulator.okx.errors import OkxError, wrong
from exchanges.simulator.okx.gateway import Call
from exchanges.simulator.okx.rows import Json, plain
from exchanges.simulator.okx.symbols import (
    EMPTY_TYPES,
    Instrument,
    instrument,
    instruments,
    type_of,
)
from exchanges.simulator.orders.orders import PublicTrade, Side

SPANS = {
    "1s": "1s", "1m": "1m", "3m": "3m", "5m": "5m", "15m": "15m", "30m": "30m", "1H": "1h",
    "2H": "2h", "4H": "4h", "6H": "6h", "12H": "12h", "1D": "1d", "3D": "3d", "1W": "1w",
}  # fmt: skip
BOOK_MOST, CANDLES_MOST, TRADES_MOST = 400, 300, 500
CHECKED_LEVELS = 25


def time(call: Call) -> object:
    return [{"ts": str(call.now)}]


def status(call: Call) -> object:
    """No maintenance is planned."""
    return []


def listed(call: Call) -> object:
    rows = [_instrument(one) for one in _asked(call)]
    if call.params.get("instId") and not rows:
        raise OkxError(51001, "Instrument ID, Instrument ID code, or Spread ID doesn't exist.")
    return rows


def tickers(call: Call) -> object:
    return [ticker(one, call.simulation.history, call.now) for one in _asked(call)]


def one_ticker(call: Call) -> object:
    return [ticker(_one(call), call.simulation.history, call.now)]


def ticker(one: Instrument, tape: MarketHistory, now: int) -> Json:
    candles = tape.list_candles(one.market, "1h", now)[-24:]
    volume = sum((candle.volume for candle in candles), ZERO)
    price = one.market.price
    bids, asks = levels(one, "BUY", 1), levels(one, "SELL", 1)
    bid, ask = (bids or [["", ""]])[0], (asks or [["", ""]])[0]
    opened = plain(candles[0].open)
    return {
        "instType": one.kind,
        "instId": one.name,
        "last": plain(price),
        "lastSz": plain(one.format_8(one.market.symbol.step)),
        "askPx": ask[0],
        "askSz": ask[1],
        "bidPx": bid[0],
        "bidSz": bid[1],
        "open24h": opened,
        "high24h": plain(max(candle.high for candle in candles)),
        "low24h": plain(min(candle.low for candle in candles)),
        "volCcy24h": plain(volume * price if one.kind == "SPOT" else volume),
        "vol24h": plain(one.format_8(volume)),
        "sodUtc0": opened,
        "sodUtc8": opened,
        "ts": str(now),
    }


def books(call: Call) -> object:
    one, size = _one(call), read.text(call.params, "sz", "1")
    if not size.isdigit():
        raise wrong("sz")
    return [{**book(one, min(int(size), BOOK_MOST)), "ts": str(call.now)}]


def book(one: Instrument, depth: int) -> Json:
    asks, bids = levels(one, "SELL", depth), levels(one, "BUY", depth)
    return {"asks": asks, "bids": bids, "seqId": one.market.update_id}


def levels(one: Instrument, side: Side, depth: int) -> list[list[str]]:
    """Price, size, a field of old, and how many orders stand there."""
    found = one.market.compute_depth(side, depth)
    return [[plain(price), plain(one.format_8(size)), "0", "1"] for price, size in found]


def checksum(bids: Sequence[list[str]], asks: Sequence[list[str]]) -> int:
    """Of the best levels, bids and asks in turns, as a signed number of 32 bits."""
    parts: list[str] = []
    for index in range(CHECKED_LEVELS):
        for side in (bids, asks):
            parts += side[index][:2] if index < len(side) else []
    value = crc32(":".join(parts).encode())
    return value - (1 << 32) if value >= 1 << 31 else value


def candles(call: Call) -> object:
    """The newest first; `after` a time come older ones, `before` one the newer ones."""
    one, tape = _one(call), call.simulation.history
    found = tape.list_candles(one.market, span(read.text(call.params, "bar", "1m")), call.now)
    after, before = _time(call, "after"), _time(call, "before")
    rows = [
        candle
        for candle in reversed(found)
        if (after is None or candle.start < after) and (before is None or candle.start > before)
    ]
    limit = min(_time(call, "limit") or 100, CANDLES_MOST)
    return [candle_row(one, candle, candle is found[-1]) for candle in rows[:limit]]


def candle_row(one: Instrument, candle: Candle, unfinished: bool) -> list[str]:
    prices = (candle.open, candle.high, candle.low, candle.close)
    turnover = candle.volume * candle.close
    in_coins = candle.volume if one.kind == "SWAP" else turnover
    volumes = (one.format_8(candle.volume), in_coins, turnover)
    confirmed = "0" if unfinished else "1"
    return [str(candle.start), *map(plain, (*prices, *volumes)), confirmed]


def span(bar: str) -> str:
    """The days of some bars begin in Hong Kong, or in UTC if that is asked for; here in UTC."""
    name = SPANS.get(bar.removesuffix("utc"))
    if name is None or name not in INTERVALS:
        raise wrong("bar")
    return name


def trades(call: Call) -> object:
    one = _one(call)
    limit = min(_time(call, "limit") or 100, TRADES_MOST)
    found = call.simulation.history.list_trades(one.symbol, limit)
    return [trade_row(one, trade) for trade in reversed(found)]


def trade_row(one: Instrument, trade: PublicTrade) -> Json:
    return {
        "instId": one.name,
        "tradeId": str(trade.id),
        "px": plain(trade.price),
        "sz": plain(one.format_8(trade.quantity)),
        "side": "sell" if trade.buyer_is_maker else "buy",
        "source": "0",
        "ts": str(trade.time),
    }


def _one(call: Call) -> Instrument:
    return instrument(call.engine, read.text(call.params, "instId"))


def _asked(call: Call) -> list[Instrument]:
    kind, name = read.text(call.params, "instType"), call.params.get("instId")
    if kind in EMPTY_TYPES:
        return []
    every = instruments(call.engine, type_of(kind))
    return [one for one in every if name in (None, "", one.name)]


def _time(call: Call, name: str) -> int | None:
    value = read.text(call.params, name, "")
    if value and not value.isdigit():
        raise wrong(name)
    return int(value) if value else None


def _instrument(one: Instrument) -> Json:
    symbol, contract = one.market.symbol, one.kind == "SWAP"
    family, most = f"{one.base}-{one.quote}", plain(one.format_8(symbol.max_quantity))
    return {
        "instType": one.kind,
        "instId": one.name,
        "instIdCode": crc32(one.name.encode()),
        "uly": family if contract else "",
        "instFamily": family if contract else "",
        "category": "1",
        "baseCcy": "" if contract else one.base,
        "quoteCcy": "" if contract else one.quote,
        "settleCcy": one.quote if contract else "",
        "ctVal": plain(one.size) if contract else "",
        "ctMult": "1" if contract else "",
        "ctValCcy": one.base if contract else "",
        "ctType": "linear" if contract else "",
        "optType": "",
        "stk": "",
        "listTime": "1548133413000",
        "contTdSwTime": "1548133413000",
        "auctionEndTime": "",
        "expTime": "",
        "lever": str(symbol.max_leverage) if isinstance(symbol, Contract) else "",
        "tickSz": plain(symbol.tick),
        "lotSz": plain(one.format_8(symbol.step)),
        "minSz": plain(one.format_8(symbol.min_quantity)),
        "alias": "",
        "state": "live",
        "ruleType": "normal",
        "maxLmtSz": most,
        "maxMktSz": plain(one.format_8(symbol.max_market_quantity)),
        "maxLmtAmt": plain(symbol.max_notional),
        "maxMktAmt": "" if contract else plain(symbol.max_notional),
        **{f"max{kind}Sz": most for kind in ("Twap", "Iceberg", "Trigger", "Stop")},
        "openType": "",
        "tradeQuoteCcyList": [one.quote],
    }
