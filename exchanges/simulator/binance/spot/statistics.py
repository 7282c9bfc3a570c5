"""Endpoints of price changes over a day or a window, execution rules and reference prices."""

import re
from collections.abc import Callable

from exchanges.simulator.binance import market as shared
from exchanges.simulator.binance.errors import BinanceError, missing_parameter
from exchanges.simulator.binance.gateway import Call
from exchanges.simulator.binance.market_rows import Json
from exchanges.simulator.binance.params import read_choice
from exchanges.simulator.decimals import format_8, write_8
from exchanges.simulator.engine.market_history import UNITS, Candle, join_candles
from exchanges.simulator.markets.market import Market

WINDOW = re.compile(r"([1-9]|[1-5][0-9])m|([1-9]|1[0-9]|2[0-3])h|[1-7]d")
# Fields that a MINI row leaves out.
FULL_FIELDS = ("priceChange", "priceChangePercent", "weightedAvgPrice")


def get_trading_day(call: Call) -> object:
    """Answer with the changes since midnight, UTC."""
    if call.params.get("timeZone") not in (None, "", "0", "00:00"):
        raise BinanceError(-1130, "Data sent for parameter 'timeZone' is not valid.")
    start = call.now - call.now % UNITS["d"]

    def join_day(market: Market) -> Candle:
        candles = call.simulation.history.list_candles(market, "1h", call.now)
        return join_candles([candle for candle in candles if candle.start >= start])

    return _build_rows(call, join_day)


def get_rolling_window(call: Call) -> object:
    """Answer with the changes of the last `windowSize`, a day if it is not sent."""
    size = call.params.get("windowSize") or "1d"
    if not WINDOW.fullmatch(size):
        raise BinanceError(-1130, "Data sent for parameter 'windowSize' is not valid.")
    count, unit = int(size[:-1]), size[-1]

    def join_window(market: Market) -> Candle:
        candles = call.simulation.history.list_candles(market, f"1{unit}", call.now)
        joined = join_candles(candles[-count:])
        joined.start = call.now - call.now % UNITS["m"] - count * UNITS[unit]
        return joined

    return _build_rows(call, join_window)


def get_execution_rules(call: Call) -> object:
    """Answer that no symbol has an execution rule, besides the filters of exchangeInfo."""
    names = [market.symbol.name for market in shared.list_requested_markets(call)]
    return {"symbolRules": [{"symbol": name, "rules": []} for name in names]}


def get_reference_price(call: Call) -> object:
    """Answer with the last price, which is the only one here."""
    market = shared.find_market(call)
    price = {"referencePrice": format_8(market.price), "timestamp": call.now}
    return {"symbol": market.symbol.name, **price}


def _build_rows(call: Call, join: Callable[[Market], Candle]) -> object:
    if not call.params.get("symbol") and not call.params.get("symbols"):
        raise missing_parameter("symbol")
    kind = read_choice(call.params, "type", ("FULL", "MINI"), -1130, "FULL")
    return shared.build_rows(call, lambda market: _change_row(call, market, join(market), kind))


def _change_row(call: Call, market: Market, span: Candle, kind: str) -> Json:
    change, last_id = market.price - span.open, market.next_trade_id - 1
    row: Json = {
        "symbol": market.symbol.venue_name,
        "priceChange": format_8(change),
        "priceChangePercent": f"{change / span.open * 100:.3f}",
        **write_8(weightedAvgPrice=(market.price + span.open) / 2),
        **write_8(openPrice=span.open, highPrice=span.high, lowPrice=span.low),
        **write_8(lastPrice=market.price, volume=span.volume),
        "quoteVolume": format_8(span.volume * market.price),
        "openTime": span.start,
        "closeTime": call.now,
        **{"firstId": last_id - span.trades, "lastId": last_id, "count": span.trades},
    }
    return {name: row[name] for name in row if kind == "FULL" or name not in FULL_FIELDS}
