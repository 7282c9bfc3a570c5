"""Binance USD-M's public endpoints: contracts and their rules, prices, books and candles."""

from collections.abc import Callable

from exchanges.simulator.binance import params as read
from exchanges.simulator.binance.errors import BinanceError
from exchanges.simulator.binance.futures.symbols import market_of, named, wanted
from exchanges.simulator.binance.gateway import Call
from exchanges.simulator.binance.market_rows import (
    Json,
    book_ticker,
    candle_row,
    day_ticker,
    public_trade_row,
)
from exchanges.simulator.decimals import count_decimals, format_8
from exchanges.simulator.engine.margin import get_contract
from exchanges.simulator.engine.market_history import INTERVALS
from exchanges.simulator.markets.contracts import SETTLEMENT_ASSET
from exchanges.simulator.markets.market import Market
from exchanges.simulator.orders.orders import PublicTrade

ORDER_TYPES = [
    "LIMIT",
    "MARKET",
    "STOP",
    "STOP_MARKET",
    "TAKE_PROFIT",
    "TAKE_PROFIT_MARKET",
    "TRAILING_STOP_MARKET",
]
NEVER = 4133404800000  # what a perpetual contract has for its day of delivery


def nothing(_: Call) -> object:
    return {}


def no_rows(_: Call) -> object:
    return []


def time(call: Call) -> object:
    return {"serverTime": call.now}


def exchange_info(call: Call) -> object:
    limits = call.simulation.limiter.limits
    return {
        "timezone": "UTC",
        "serverTime": call.now,
        "futuresType": "U_MARGINED",
        "rateLimits": [
            _limit("REQUEST_WEIGHT", "MINUTE", 1, limits.futures_weight_per_minute),
            _limit("ORDERS", "SECOND", 10, limits.orders_per_10s),
        ],
        "exchangeFilters": [],
        "assets": [
            {"asset": SETTLEMENT_ASSET, "marginAvailable": True, "autoAssetExchange": "-10000"}
        ],
        "symbols": [_symbol_row(call, market) for market in wanted(call)],
    }


def price(call: Call) -> object:
    return _one_or_all(
        call, lambda m: {"symbol": m.symbol.name, "price": str(m.price), "time": call.now}
    )


def book_tickers(call: Call) -> object:
    return _one_or_all(call, lambda market: book_ticker(market) | {"time": call.now})


def day_tickers(call: Call) -> object:
    return _one_or_all(call, lambda market: day_ticker(market, call.simulation.history, call.now))


def premium_index(call: Call) -> object:
    return _one_or_all(call, lambda market: premium(call, market))


def premium(call: Call, market: Market) -> Json:
    """The mark is the contract's own price, the index is the coin's on the spot market."""
    spot = call.simulation.venue.engine.spot[market.symbol.base + market.symbol.quote]
    return {
        "symbol": market.symbol.name,
        "markPrice": format_8(market.price),
        "indexPrice": format_8(spot.price),
        "estimatedSettlePrice": format_8(spot.price),
        "lastFundingRate": "0.00000000",
        "interestRate": "0.00000000",
        "nextFundingTime": 0,
        "time": call.now,
    }


def depth(call: Call) -> object:
    market, limit = market_of(call), read.limit(call.params, 500, 1000)
    return {
        "lastUpdateId": market.update_id,
        "E": call.now,
        "T": call.now,
        "bids": [[str(at), str(quantity)] for at, quantity in market.compute_depth("BUY", limit)],
        "asks": [[str(at), str(quantity)] for at, quantity in market.compute_depth("SELL", limit)],
    }


def trades(call: Call) -> object:
    return [public_trade_row(trade) for trade in _recent(call)]


def aggregate_trades(call: Call) -> object:
    return [
        {
            "a": trade.id,
            "p": str(trade.price),
            "q": str(trade.quantity),
            "f": trade.id,
            "l": trade.id,
            "T": trade.time,
            "m": trade.buyer_is_maker,
        }
        for trade in _recent(call)
    ]


def klines(call: Call) -> object:
    market, interval = market_of(call), read.text(call.params, "interval")
    if interval not in INTERVALS:
        raise BinanceError(-1120, "Invalid interval.")
    start, end = read.whole(call.params, "startTime"), read.whole(call.params, "endTime")
    rows = [
        candle_row(candle, INTERVALS[interval])
        for candle in call.simulation.history.list_candles(market, interval, call.now)
        if (start is None or candle.start >= start) and (end is None or candle.start <= end)
    ]
    limit = read.limit(call.params, 500, 1500)
    return rows[-limit:] if start is None else rows[:limit]


def _recent(call: Call) -> list[PublicTrade]:
    name = market_of(call).symbol.name
    return call.simulation.history.list_trades(name, read.limit(call.params, 500, 1000))


def _one_or_all(call: Call, row: Callable[[Market], Json]) -> object:
    rows = [named(row(market)) for market in wanted(call)]
    return rows[0] if call.params.get("symbol") else rows


def _limit(kind: str, interval: str, count: int, limit: int) -> Json:
    return {"rateLimitType": kind, "interval": interval, "intervalNum": count, "limit": limit}


def _symbol_row(call: Call, market: Market) -> Json:
    engine = call.simulation.venue.engine
    contract = get_contract(engine, market.symbol.name)
    return {
        "symbol": contract.venue_name,
        "pair": contract.venue_name,
        "contractType": "PERPETUAL",
        "deliveryDate": NEVER,
        "onboardDate": 0,
        "status": "TRADING",
        "maintMarginPercent": "2.5000",
        "requiredMarginPercent": "5.0000",
        "baseAsset": contract.base,
        "quoteAsset": contract.quote,
        "marginAsset": SETTLEMENT_ASSET,
        "pricePrecision": count_decimals(contract.tick),
        "quantityPrecision": count_decimals(contract.step),
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "underlyingType": "COIN",
        "underlyingSubType": [],
        "triggerProtect": "0.0500",
        "liquidationFee": "0.000000",
        "marketTakeBound": "0.05",
        "orderTypes": ORDER_TYPES,
        "timeInForce": ["GTC", "IOC", "FOK", "GTX"],
        "filters": _filters(market, engine.max_open_orders),
    }


def _filters(market: Market, most: int) -> list[Json]:
    symbol = market.symbol
    lot = {"minQty": str(symbol.step), "stepSize": str(symbol.step)}
    return [
        {
            "filterType": "PRICE_FILTER",
            "minPrice": str(symbol.tick),
            "maxPrice": str(symbol.max_price),
            "tickSize": str(symbol.tick),
        },
        {"filterType": "LOT_SIZE", "maxQty": str(symbol.max_quantity), **lot},
        {"filterType": "MARKET_LOT_SIZE", "maxQty": str(symbol.max_market_quantity), **lot},
        {"filterType": "MAX_NUM_ORDERS", "limit": most},
        {"filterType": "MAX_NUM_ALGO_ORDERS", "limit": most},
        {"filterType": "MIN_NOTIONAL", "notional": str(symbol.min_notional)},
        {
            "filterType": "PERCENT_PRICE",
            "multiplierUp": str(symbol.price_up),
            "multiplierDown": str(symbol.price_down),
            "multiplierDecimal": "4",
        },
    ]
