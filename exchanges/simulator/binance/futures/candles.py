"""Candles of a pair's perpetual contract, of its index and mark price, and of its premium."""

from decimal import Decimal

from exchanges.simulator.binance.errors import BAD_SYMBOL, BinanceError
from exchanges.simulator.binance.gateway import Call
from exchanges.simulator.binance.market import find_market, list_candles
from exchanges.simulator.binance.market_rows import candle_row
from exchanges.simulator.binance.params import read_choice, read_text
from exchanges.simulator.decimals import ZERO
from exchanges.simulator.engine.market_history import Candle
from exchanges.simulator.markets.market import Market

PREMIUM_DIGITS = Decimal("1e-8")


def get_pair_candles(call: Call) -> object:
    read_choice(call.params, "contractType", ("PERPETUAL",), -1130)
    candles, length = list_candles(call, _find_pair(call))
    return [candle_row(candle, length) for candle in candles]


def get_index_candles(call: Call) -> object:
    """Answer with the candles of the spot market, whose price is the index."""
    return _write_prices(*list_candles(call, call.engine.spot[_find_pair(call).symbol.venue_name]))


def get_mark_candles(call: Call) -> object:
    return _write_prices(*list_candles(call, find_market(call)))


def get_premium_candles(call: Call) -> object:
    """Answer with how far the contract was above its index, as a part of the index."""
    market = find_market(call)
    candles, length = list_candles(call, market)
    index, _ = list_candles(call, call.engine.spot[market.symbol.venue_name])
    pairs = zip(candles, index, strict=False)
    return _write_prices([_compute_premium(*pair) for pair in pairs], length)


def _find_pair(call: Call) -> Market:
    name = read_text(call.params, "pair")
    if name not in call.markets or not call.markets[name].is_known:
        raise BinanceError(*BAD_SYMBOL)
    return call.markets[name]


def _write_prices(candles: list[Candle], length: int) -> list[list[object]]:
    """Build the rows of prices that nobody trades: they have no volume."""
    without = [Candle(candle.start, *candle.prices, trades=candle.trades) for candle in candles]
    return [candle_row(candle, length) for candle in without]


def _compute_premium(contract: Candle, index: Candle) -> Candle:
    prices = zip(contract.prices, index.prices, strict=True)
    parts = [((mark - spot) / spot).quantize(PREMIUM_DIGITS) for mark, spot in prices]
    opened, closed = parts[0], parts[3]
    return Candle(contract.start, opened, max(parts), min(parts), closed, ZERO, contract.trades)
