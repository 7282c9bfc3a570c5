"""Public endpoints: time, instruments, tickers, order books, candles, trades."""

from collections.abc import Sequence
from zlib import crc32

from exchanges.simulator.decimals import format_plain, write_plain
from exchanges.simulator.engine.market_history import (
    INTERVALS,
    Candle,
    MarketHistory,
)
from exchanges.simulator.engine.market_history import (
    MAX_TRADES as MAX_OLDER_TRADES,
)
from exchanges.simulator.markets.symbols import Contract
from exchanges.simulator.okx import symbols
from exchanges.simulator.okx.errors import invalid_parameter, unknown_instrument
from exchanges.simulator.okx.gateway import Call
from exchanges.simulator.okx.params import read_integer, read_text
from exchanges.simulator.okx.rows import Json
from exchanges.simulator.okx.symbols import Instrument
from exchanges.simulator.orders.orders import PublicTrade, Side

INTERVALS_BY_BAR = {
    "1s": "1s", "1m": "1m", "3m": "3m", "5m": "5m", "15m": "15m", "30m": "30m", "1H": "1h",
    "2H": "2h", "4H": "4h", "6H": "6h", "12H": "12h", "1D": "1d", "3D": "3d", "1W": "1w",
}  # fmt: skip
MAX_BOOK_DEPTH, MAX_CANDLES, MAX_TRADES = 400, 300, 500
CHECKSUM_LEVELS = 25


def get_time(call: Call) -> object:
    return [{"ts": str(call.now)}]


def get_instruments(call: Call) -> object:
    rows = [_instrument_row(instrument) for instrument in _list_matching_instruments(call)]
    if call.params.get("instId") and not rows:
        raise unknown_instrument()
    return rows


def get_tickers(call: Call) -> object:
    instruments, history = _list_matching_instruments(call), call.simulation.history
    return [ticker_row(instrument, history, call.now) for instrument in instruments]


def get_ticker(call: Call) -> object:
    return [ticker_row(_read_instrument(call), call.simulation.history, call.now)]


def ticker_row(instrument: Instrument, history: MarketHistory, now: int) -> Json:
    day, price = history.summarize_day(instrument.market, now), instrument.market.price
    bids, asks = book_levels(instrument, "BUY", 1), book_levels(instrument, "SELL", 1)
    bid, ask = (bids or [["", ""]])[0], (asks or [["", ""]])[0]
    to_size = instrument.to_wire_size
    return {
        "instType": instrument.kind,
        "instId": instrument.name,
        **write_plain(last=price, lastSz=to_size(instrument.market.symbol.step)),
        **{"askPx": ask[0], "askSz": ask[1], "bidPx": bid[0], "bidSz": bid[1]},
        **write_plain(open24h=day.open, high24h=day.high, low24h=day.low),
        "volCcy24h": format_plain(day.volume * (price if instrument.kind == "SPOT" else 1)),
        **write_plain(vol24h=to_size(day.volume), sodUtc0=day.open, sodUtc8=day.open),
        "ts": str(now),
    }


def get_order_book(call: Call) -> object:
    instrument, size = _read_instrument(call), read_text(call.params, "sz", "1")
    if not size.isdigit():
        raise invalid_parameter("sz")
    return [{**book_row(instrument, min(int(size), MAX_BOOK_DEPTH)), "ts": str(call.now)}]


def book_row(instrument: Instrument, depth: int) -> Json:
    asks, bids = book_levels(instrument, "SELL", depth), book_levels(instrument, "BUY", depth)
    return {"asks": asks, "bids": bids, "seqId": instrument.market.update_id}


def book_levels(instrument: Instrument, side: Side, depth: int) -> list[list[str]]:
    """Return price, size, a deprecated field and the number of orders of each level."""
    levels, to_size = instrument.market.compute_depth(side, depth), instrument.to_wire_size
    return [[format_plain(price), format_plain(to_size(size)), "0", "1"] for price, size in levels]


def book_checksum(bids: Sequence[list[str]], asks: Sequence[list[str]]) -> int:
    """Return OKX's CRC32 over the best levels, bids and asks in turn, as a signed 32-bit number."""
    fields: list[str] = []
    for index in range(CHECKSUM_LEVELS):
        for side in (bids, asks):
            fields += side[index][:2] if index < len(side) else []
    value = crc32(":".join(fields).encode())
    return value - (1 << 32) if value >= 1 << 31 else value


def get_candles(call: Call) -> object:
    """Answer with candles, newest first: older than `after`, newer than `before`."""
    instrument = _read_instrument(call)
    candles, interval = list_candles(call, instrument)
    last_start = call.now - call.now % INTERVALS[interval]
    return [candle_row(instrument, candle, candle.start == last_start) for candle in candles]


def list_candles(call: Call, instrument: Instrument) -> tuple[list[Candle], str]:
    """Return the requested candles of an instrument, newest first, and their interval."""
    history, interval = call.simulation.history, parse_bar(read_text(call.params, "bar", "1m"))
    after, before = read_integer(call.params, "after"), read_integer(call.params, "before")
    start, end = None if before is None else before + 1, None if after is None else after - 1
    candles = history.list_candles_between(instrument.market, interval, call.now, start, end)
    limit = min(read_integer(call.params, "limit") or 100, MAX_CANDLES)
    return candles[::-1][:limit], interval


def candle_row(instrument: Instrument, candle: Candle, is_open: bool) -> list[str]:
    base_volume = candle.volume if instrument.kind == "SWAP" else candle.turnover
    volumes = (instrument.to_wire_size(candle.volume), base_volume, candle.turnover)
    confirm = "0" if is_open else "1"
    return [str(candle.start), *map(format_plain, (*candle.prices, *volumes)), confirm]


def parse_bar(bar: str) -> str:
    """Return the engine's interval of a bar.

    OKX starts days in Hong Kong time unless the bar ends in utc; the simulator always in UTC.
    """
    name = INTERVALS_BY_BAR.get(bar.removesuffix("utc"))
    if name is None or name not in INTERVALS:
        raise invalid_parameter("bar")
    return name


def get_trades(call: Call) -> object:
    instrument = _read_instrument(call)
    limit = min(read_integer(call.params, "limit") or 100, MAX_TRADES)
    tape_trades = call.simulation.history.list_trades(instrument.symbol, limit)
    return [trade_row(instrument, trade) for trade in reversed(tape_trades)]


def get_older_trades(call: Call) -> object:
    """Answer with trades older than `after` and newer than `before`: ids, or times with type 2."""
    instrument, by_time = _read_instrument(call), read_text(call.params, "type", "1") == "2"
    limit = min(read_integer(call.params, "limit") or MAX_CANDLES, MAX_CANDLES)
    after, before = read_integer(call.params, "after"), read_integer(call.params, "before")
    trades = call.simulation.history.list_trades(instrument.symbol, MAX_OLDER_TRADES)
    rows = []
    for trade in reversed(trades):
        place = trade.time if by_time else trade.id
        if (after is None or place < after) and (before is None or place > before):
            rows.append(trade_row(instrument, trade))
    return rows[:limit]


def trade_row(instrument: Instrument, trade: PublicTrade) -> Json:
    return {
        "instId": instrument.name,
        "tradeId": str(trade.id),
        **write_plain(px=trade.price, sz=instrument.to_wire_size(trade.quantity)),
        "side": "sell" if trade.buyer_is_maker else "buy",
        "source": "0",
        "ts": str(trade.time),
    }


def _read_instrument(call: Call) -> Instrument:
    return symbols.find_instrument(call.engine, read_text(call.params, "instId"))


def _list_matching_instruments(call: Call) -> list[Instrument]:
    inst_type, name = read_text(call.params, "instType"), call.params.get("instId")
    if inst_type in symbols.UNTRADED_TYPES:
        return []
    instruments = symbols.list_instruments(call.engine, symbols.parse_inst_type(inst_type))
    listed = [instrument for instrument in instruments if instrument.market.is_listed]
    return [instrument for instrument in listed if name in (None, "", instrument.name)]


def _instrument_row(instrument: Instrument) -> Json:
    symbol, is_contract = instrument.market.symbol, instrument.kind == "SWAP"
    family, to_size = f"{instrument.base}-{instrument.quote}", instrument.to_wire_size
    max_size = format_plain(to_size(symbol.max_quantity))
    return {
        "instType": instrument.kind,
        "instId": instrument.name,
        "instIdCode": symbols.instrument_code(instrument.name),
        **dict.fromkeys(("uly", "instFamily"), family if is_contract else ""),
        "category": "1",
        "baseCcy": "" if is_contract else instrument.base,
        "quoteCcy": "" if is_contract else instrument.quote,
        "settleCcy": instrument.quote if is_contract else "",
        "ctVal": format_plain(instrument.contract_size) if is_contract else "",
        "ctMult": "1" if is_contract else "",
        "ctValCcy": instrument.base if is_contract else "",
        "ctType": "linear" if is_contract else "",
        **dict.fromkeys(("optType", "stk", "auctionEndTime", "expTime", "alias", "openType"), ""),
        **dict.fromkeys(("listTime", "contTdSwTime"), "1548133413000"),
        "lever": str(symbol.max_leverage) if isinstance(symbol, Contract) else "",
        "tickSz": format_plain(symbol.tick),
        **write_plain(lotSz=to_size(symbol.step), minSz=to_size(symbol.min_quantity)),
        "state": "live",
        "ruleType": "normal",
        "maxLmtSz": max_size,
        "maxMktSz": format_plain(to_size(symbol.max_market_quantity)),
        "maxLmtAmt": format_plain(symbol.max_notional),
        "maxMktAmt": "" if is_contract else format_plain(symbol.max_notional),
        **{f"max{kind}Sz": max_size for kind in ("Twap", "Iceberg", "Trigger", "Stop")},
        "tradeQuoteCcyList": [instrument.quote],
    }
