"""Public endpoints: contracts and their filters, prices, order books, trades, candles."""

from collections.abc import Callable

from exchanges.simulator.binance.errors import BinanceError
from exchanges.simulator.binance.futures.symbols import (
    find_market,
    list_requested_markets,
    rename_symbols,
)
from exchanges.simulator.binance.gateway import Call
from exchanges.simulator.binance.market_rows import (
    Json,
    book_ticker_row,
    candle_row,
    day_ticker_row,
    public_trade_row,
)
from exchanges.simulator.binance.params import read_integer, read_limit, read_text
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
NO_DELIVERY = 4133404800000  # the delivery date that Binance gives perpetual contracts


def answer_ping(_: Call) -> object:
    return {}


def get_funding(_: Call) -> object:
    """Answer with no funding, which the simulator does not charge."""
    return []


def get_time(call: Call) -> object:
    return {"serverTime": call.now}


def get_exchange_info(call: Call) -> object:
    limits = call.simulation.limiter.limits
    return {
        "timezone": "UTC",
        "serverTime": call.now,
        "futuresType": "U_MARGINED",
        "rateLimits": [
            _rate_limit_row("REQUEST_WEIGHT", "MINUTE", 1, limits.futures_weight_per_minute),
            _rate_limit_row("ORDERS", "SECOND", 10, limits.orders_per_10s),
        ],
        "exchangeFilters": [],
        "assets": [
            {"asset": SETTLEMENT_ASSET, "marginAvailable": True, "autoAssetExchange": "-10000"}
        ],
        "symbols": [_symbol_row(call, market) for market in list_requested_markets(call)],
    }


def get_prices(call: Call) -> object:
    return _build_rows(
        call,
        lambda market: {"symbol": market.symbol.name, "price": str(market.price), "time": call.now},
    )


def get_book_tickers(call: Call) -> object:
    return _build_rows(call, lambda market: book_ticker_row(market) | {"time": call.now})


def get_day_tickers(call: Call) -> object:
    return _build_rows(
        call, lambda market: day_ticker_row(market, call.simulation.history, call.now)
    )


def get_premium_index(call: Call) -> object:
    return _build_rows(call, lambda market: _premium_row(call, market))


def _premium_row(call: Call, market: Market) -> Json:
    """Build mark and index price: the contract's last price and the coin's spot price."""
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


def get_order_book(call: Call) -> object:
    market, limit = find_market(call), read_limit(call.params, 500, 1000)
    return {
        "lastUpdateId": market.update_id,
        "E": call.now,
        "T": call.now,
        "bids": [
            [str(price), str(quantity)] for price, quantity in market.compute_depth("BUY", limit)
        ],
        "asks": [
            [str(price), str(quantity)] for price, quantity in market.compute_depth("SELL", limit)
        ],
    }


def get_trades(call: Call) -> object:
    return [public_trade_row(trade) for trade in _list_recent_trades(call)]


def get_aggregate_trades(call: Call) -> object:
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
        for trade in _list_recent_trades(call)
    ]


def get_candles(call: Call) -> object:
    market, interval = find_market(call), read_text(call.params, "interval")
    if interval not in INTERVALS:
        raise BinanceError(-1120, "Invalid interval.")
    start, end = read_integer(call.params, "startTime"), read_integer(call.params, "endTime")
    rows = [
        candle_row(candle, INTERVALS[interval])
        for candle in call.simulation.history.list_candles(market, interval, call.now)
        if (start is None or candle.start >= start) and (end is None or candle.start <= end)
    ]
    limit = read_limit(call.params, 500, 1500)
    return rows[-limit:] if start is None else rows[:limit]


def _list_recent_trades(call: Call) -> list[PublicTrade]:
    name = find_market(call).symbol.name
    return call.simulation.history.list_trades(name, read_limit(call.params, 500, 1000))


def _build_rows(call: Call, row: Callable[[Market], Json]) -> object:
    rows = [rename_symbols(row(market)) for market in list_requested_markets(call)]
    return rows[0] if call.params.get("symbol") else rows


def _rate_limit_row(kind: str, interval: str, count: int, limit: int) -> Json:
    return {"rateLimitType": kind, "interval": interval, "intervalNum": count, "limit": limit}


def _symbol_row(call: Call, market: Market) -> Json:
    engine = call.simulation.venue.engine
    contract = get_contract(engine, market.symbol.name)
    return {
        "symbol": contract.venue_name,
        "pair": contract.venue_name,
        "contractType": "PERPETUAL",
        "deliveryDate": NO_DELIVERY,
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
        "filters": _filter_rows(market, engine.max_open_orders),
    }


def _filter_rows(market: Market, max_orders: int) -> list[Json]:
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
        {"filterType": "MAX_NUM_ORDERS", "limit": max_orders},
        {"filterType": "MAX_NUM_ALGO_ORDERS", "limit": max_orders},
        {"filterType": "MIN_NOTIONAL", "notional": str(symbol.min_notional)},
        {
            "filterType": "PERCENT_PRICE",
            "multiplierUp": str(symbol.price_up),
            "multiplierDown": str(symbol.price_down),
            "multiplierDecimal": "4",
        },
    ]
