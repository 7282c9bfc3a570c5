"""Candles of mark and index price and of the premium, which nobody trades."""

from collections.abc import Callable
from decimal import Decimal

from exchanges.simulator.bybit.errors import invalid_parameter
from exchanges.simulator.bybit.gateway import Call
from exchanges.simulator.bybit.market import list_candles
from exchanges.simulator.bybit.params import read_text
from exchanges.simulator.bybit.symbols import find_market
from exchanges.simulator.decimals import format_plain
from exchanges.simulator.engine.market_history import Candle
from exchanges.simulator.markets.market import Market

PREMIUM_DIGITS = Decimal("1e-8")
Prices = tuple[Decimal, ...]


def get_mark_candles(call: Call) -> object:
    return _build_answer(call, lambda contract, _: contract.prices)


def get_index_candles(call: Call) -> object:
    """Answer with the candles of the spot market, whose price is the index."""
    return _build_answer(call, lambda _, index: index.prices)


def get_premium_candles(call: Call) -> object:
    """Answer with how far the contract was above its index, as a part of the index."""
    return _build_answer(call, _compute_premium)


def _compute_premium(contract: Candle, index: Candle) -> Prices:
    pairs = zip(contract.prices, index.prices, strict=True)
    parts = [((mark - spot) / spot).quantize(PREMIUM_DIGITS) for mark, spot in pairs]
    return parts[0], max(parts), min(parts), parts[3]


def _build_answer(call: Call, compute_prices: Callable[[Candle, Candle], Prices]) -> object:
    market = _read_contract(call)
    contract = list_candles(call, market)
    index = list_candles(call, call.engine.spot[market.symbol.venue_name])
    rows = [
        [str(candle.start), *map(format_plain, compute_prices(candle, spot))]
        for candle, spot in zip(contract, index, strict=False)
    ]
    return {"symbol": market.symbol.venue_name, "category": "linear", "list": rows}


def _read_contract(call: Call) -> Market:
    """Return the contract of the request; without a category it is a linear one."""
    if call.params.get("category") not in (None, "", "linear"):
        raise invalid_parameter("category")
    return find_market(call.engine, "linear", read_text(call.params, "symbol"))
