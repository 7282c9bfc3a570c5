"""The markets a request is about, and the public endpoints that spot and futures share."""

import json
import re
from collections.abc import Callable

from exchanges.simulator.binance import market_rows
from exchanges.simulator.binance.errors import BAD_SYMBOL, BinanceError, illegal_parameter
from exchanges.simulator.binance.gateway import Call
from exchanges.simulator.binance.market_rows import Json
from exchanges.simulator.binance.params import read_integer, read_limit, read_text
from exchanges.simulator.engine.market_history import INTERVALS, MAX_TRADES, Candle
from exchanges.simulator.markets.market import Market
from exchanges.simulator.orders.orders import PublicTrade


def find_market(call: Call) -> Market:
    name = read_text(call.params, "symbol")
    if not re.fullmatch(r"[\w\-._]{1,50}", name):
        raise illegal_parameter("symbol", r"^[\w\-._&&[^a-z]]{1,50}$")
    if name not in call.markets or not call.markets[name].is_known:
        raise BinanceError(*BAD_SYMBOL)
    return call.markets[name]


def read_symbol(call: Call) -> str:
    """Return the engine's symbol."""
    return find_market(call).symbol.name


def list_requested_markets(call: Call) -> list[Market]:
    if call.params.get("symbol"):
        return [find_market(call)]
    if call.params.get("symbols") and not call.is_futures:
        return _parse_symbols(call, call.params["symbols"])
    return [market for market in call.markets.values() if market.is_listed]


def _parse_symbols(call: Call, text: str) -> list[Market]:
    try:
        names = json.loads(text)
    except json.JSONDecodeError:
        names = None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise BinanceError(-1100, "Illegal characters found in parameter 'symbols'.")
    if set(names) - call.markets.keys():
        raise BinanceError(*BAD_SYMBOL)
    return [call.markets[name] for name in names]


def build_rows(call: Call, row: Callable[[Market], Json]) -> object:
    """Return a row per requested market, or the row alone if a symbol was sent."""
    rows = [row(market) for market in list_requested_markets(call)]
    return rows[0] if call.params.get("symbol") else rows


def get_time(call: Call) -> object:
    return {"serverTime": call.now}


def get_day_tickers(call: Call) -> object:
    history = call.simulation.history
    return build_rows(call, lambda market: market_rows.day_ticker_row(market, history, call.now))


def get_trades(call: Call) -> object:
    return [market_rows.public_trade_row(trade) for trade in list_recent_trades(call)]


def list_recent_trades(call: Call) -> list[PublicTrade]:
    symbol, limit = read_symbol(call), read_limit(call.params, 500, 1000)
    return call.simulation.history.list_trades(symbol, limit)


def get_older_trades(call: Call) -> object:
    """Answer with trades from the id `fromId` on, or with the newest."""
    first_id = read_integer(call.params, "fromId")
    if first_id is None:
        return get_trades(call)
    symbol, limit = read_symbol(call), read_limit(call.params, 500, 1000)
    trades = call.simulation.history.list_trades(symbol, MAX_TRADES)
    newer = [trade for trade in trades if trade.id >= first_id]
    return [market_rows.public_trade_row(trade) for trade in newer[:limit]]


def get_candles(call: Call) -> object:
    candles, length = list_candles(call, find_market(call))
    return [market_rows.candle_row(candle, length) for candle in candles]


def list_candles(call: Call, market: Market) -> tuple[list[Candle], int]:
    """Return the requested candles of a market, and how long each is."""
    interval = read_text(call.params, "interval")
    if interval not in INTERVALS:
        raise BinanceError(-1120, "Invalid interval.")
    start, end = read_integer(call.params, "startTime"), read_integer(call.params, "endTime")
    history = call.simulation.history
    candles = history.list_candles_between(market, interval, call.now, start, end)
    limit = read_limit(call.params, 500, 1500 if call.is_futures else 1000)
    page = candles[-limit:] if start is None else candles[:limit]
    return page, INTERVALS[interval]


def rate_limit_row(kind: str, interval: str, count: int, limit: int) -> Json:
    return {"rateLimitType": kind, "interval": interval, "intervalNum": count, "limit": limit}
