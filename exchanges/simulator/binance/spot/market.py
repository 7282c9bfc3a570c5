"""Public endpoints: symbols and their filters, prices, order books, trades, candles."""

import json
from collections.abc import Callable, Mapping

from exchanges.simulator.binance.errors import BAD_SYMBOL, BinanceError
from exchanges.simulator.binance.gateway import Call
from exchanges.simulator.binance.market_rows import (
    Json,
    book_ticker_row,
    candle_row,
    day_ticker_row,
    public_trade_row,
)
from exchanges.simulator.binance.params import (
    CONDITIONAL_TYPES,
    read_integer,
    read_limit,
    read_market,
    read_text,
)
from exchanges.simulator.decimals import format_8
from exchanges.simulator.engine.market_history import INTERVALS
from exchanges.simulator.markets.market import Market
from exchanges.simulator.markets.symbols import Symbol
from exchanges.simulator.orders.orders import PublicTrade

ORDER_TYPES = ["LIMIT", "LIMIT_MAKER", "MARKET", *CONDITIONAL_TYPES]
MAX_WAITING_ORDERS = 5  # per account and symbol


def answer_ping(_: Call) -> object:
    return {}


def get_time(call: Call) -> object:
    return {"serverTime": call.now}


def get_exchange_info(call: Call) -> object:
    max_orders = call.simulation.venue.engine.max_open_orders
    return {
        "timezone": "UTC",
        "serverTime": call.now,
        "rateLimits": _rate_limits(call),
        "exchangeFilters": [],
        "symbols": [
            _symbol_row(market.symbol, max_orders) for market in _list_requested_markets(call)
        ],
    }


def get_coin_futures(call: Call) -> object:
    """Answer with no coin-margined futures, for clients that load all of Binance's markets."""
    return {
        "timezone": "UTC",
        "serverTime": call.now,
        "rateLimits": [],
        "exchangeFilters": [],
        "assets": [],
        "symbols": [],
    }


def get_prices(call: Call) -> object:
    return _build_rows(
        call, lambda market: {"symbol": market.symbol.name, "price": format_8(market.price)}
    )


def get_average_price(call: Call) -> object:
    market = read_market(call.params, call.simulation.venue.engine.spot)
    return {"mins": 5, "price": format_8(market.price), "closeTime": call.now}


def get_book_tickers(call: Call) -> object:
    return _build_rows(call, book_ticker_row)


def get_day_tickers(call: Call) -> object:
    history = call.simulation.history
    return _build_rows(call, lambda market: day_ticker_row(market, history, call.now))


def get_order_book(call: Call) -> object:
    market = read_market(call.params, call.simulation.venue.engine.spot)
    limit = read_limit(call.params, 100, 5000)
    return {
        "lastUpdateId": market.update_id,
        "bids": [
            [format_8(price), format_8(quantity)]
            for price, quantity in market.compute_depth("BUY", limit)
        ],
        "asks": [
            [format_8(price), format_8(quantity)]
            for price, quantity in market.compute_depth("SELL", limit)
        ],
    }


def get_trades(call: Call) -> object:
    return [public_trade_row(trade) for trade in _list_recent_trades(call)]


def get_aggregate_trades(call: Call) -> object:
    return [
        {
            "a": trade.id,
            "p": format_8(trade.price),
            "q": format_8(trade.quantity),
            "f": trade.id,
            "l": trade.id,
            "T": trade.time,
            "m": trade.buyer_is_maker,
            "M": True,
        }
        for trade in _list_recent_trades(call)
    ]


def get_candles(call: Call) -> object:
    market = read_market(call.params, call.simulation.venue.engine.spot)
    interval = read_text(call.params, "interval")
    if interval not in INTERVALS:
        raise BinanceError(-1120, "Invalid interval.")
    candles = call.simulation.history.list_candles(market, interval, call.now)
    start, end = read_integer(call.params, "startTime"), read_integer(call.params, "endTime")
    rows = [
        candle_row(candle, INTERVALS[interval])
        for candle in candles
        if (start is None or candle.start >= start) and (end is None or candle.start <= end)
    ]
    limit = read_limit(call.params, 500, 1000)
    return rows[-limit:] if start is None else rows[:limit]


def _list_recent_trades(call: Call) -> list[PublicTrade]:
    market = read_market(call.params, call.simulation.venue.engine.spot)
    return call.simulation.history.list_trades(
        market.symbol.name, read_limit(call.params, 500, 1000)
    )


def _build_rows(call: Call, row: Callable[[Market], Json]) -> object:
    rows = [row(market) for market in _list_requested_markets(call)]
    return rows[0] if call.params.get("symbol") else rows


def _list_requested_markets(call: Call) -> list[Market]:
    markets = call.simulation.venue.engine.spot
    if call.params.get("symbol"):
        return [read_market(call.params, markets)]
    if call.params.get("symbols"):
        return _parse_symbols(call.params["symbols"], markets)
    return list(markets.values())


def _parse_symbols(text: str, markets: Mapping[str, Market]) -> list[Market]:
    try:
        return [markets[name] for name in json.loads(text)]
    except json.JSONDecodeError as error:
        raise BinanceError(-1100, "Illegal characters found in parameter 'symbols'.") from error
    except KeyError as error:
        raise BinanceError(*BAD_SYMBOL) from error


def _rate_limits(call: Call) -> list[Json]:
    limits = call.simulation.limiter.limits
    return [
        _rate_limit_row("REQUEST_WEIGHT", "MINUTE", 1, limits.weight_per_minute),
        _rate_limit_row("ORDERS", "SECOND", 10, limits.orders_per_10s),
        _rate_limit_row("ORDERS", "DAY", 1, limits.orders_per_day),
        _rate_limit_row("RAW_REQUESTS", "MINUTE", 5, 61000),
    ]


def _rate_limit_row(kind: str, interval: str, count: int, limit: int) -> Json:
    return {"rateLimitType": kind, "interval": interval, "intervalNum": count, "limit": limit}


def _symbol_row(symbol: Symbol, max_open: int) -> Json:
    return {
        "symbol": symbol.name,
        "status": "TRADING",
        "baseAsset": symbol.base,
        "baseAssetPrecision": 8,
        "quoteAsset": symbol.quote,
        "quotePrecision": 8,
        "quoteAssetPrecision": 8,
        "baseCommissionPrecision": 8,
        "quoteCommissionPrecision": 8,
        "orderTypes": ORDER_TYPES,
        "icebergAllowed": False,
        "ocoAllowed": False,
        "otoAllowed": False,
        "quoteOrderQtyMarketAllowed": True,
        "allowTrailingStop": True,
        "cancelReplaceAllowed": False,
        "amendAllowed": False,
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "filters": _filter_rows(symbol, max_open),
        "permissions": [],
        "permissionSets": [["SPOT"]],
        "defaultSelfTradePreventionMode": "EXPIRE_MAKER",
        "allowedSelfTradePreventionModes": ["NONE", "EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH"],
    }


def _filter_rows(symbol: Symbol, max_open: int) -> list[Json]:
    return [
        *_amount_filters(symbol),
        *_price_filters(symbol),
        {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": max_open},
        {"filterType": "MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders": MAX_WAITING_ORDERS},
    ]


def _amount_filters(symbol: Symbol) -> list[Json]:
    return [
        {
            "filterType": "LOT_SIZE",
            "minQty": format_8(symbol.min_quantity),
            "maxQty": format_8(symbol.max_quantity),
            "stepSize": format_8(symbol.step),
        },
        {
            "filterType": "MARKET_LOT_SIZE",
            "minQty": "0.00000000",
            "maxQty": format_8(symbol.max_market_quantity),
            "stepSize": "0.00000000",
        },
        {
            "filterType": "NOTIONAL",
            "minNotional": format_8(symbol.min_notional),
            "applyMinToMarket": True,
            "maxNotional": format_8(symbol.max_notional),
            "applyMaxToMarket": False,
            "avgPriceMins": 5,
        },
    ]


def _price_filters(symbol: Symbol) -> list[Json]:
    sides = ("bid", "ask")
    bounds = {f"{side}MultiplierUp": str(symbol.price_up) for side in sides}
    bounds |= {f"{side}MultiplierDown": str(symbol.price_down) for side in sides}
    min_trail, max_trail = int(symbol.min_trail * 100), int(symbol.max_trail * 100)
    trails = {f"minTrailing{way}Delta": min_trail for way in ("Above", "Below")}
    trails |= {f"maxTrailing{way}Delta": max_trail for way in ("Above", "Below")}
    return [
        {
            "filterType": "PRICE_FILTER",
            "minPrice": format_8(symbol.tick),
            "maxPrice": format_8(symbol.max_price),
            "tickSize": format_8(symbol.tick),
        },
        {"filterType": "PERCENT_PRICE_BY_SIDE", **bounds, "avgPriceMins": 5},
        {"filterType": "TRAILING_DELTA", **trails},
    ]
