"""Public endpoints: symbols and their filters, prices, order books, trades, candles."""

from decimal import Decimal

from exchanges.simulator.binance import market as shared
from exchanges.simulator.binance import market_rows
from exchanges.simulator.binance.gateway import Call
from exchanges.simulator.binance.market_rows import Json
from exchanges.simulator.binance.params import CONDITIONAL_TYPES, read_limit
from exchanges.simulator.decimals import ZERO, format_8, write_8
from exchanges.simulator.markets.symbols import Symbol

ORDER_TYPES = ["LIMIT", "LIMIT_MAKER", "MARKET", *CONDITIONAL_TYPES]
PRECISION_FIELDS = (
    *("baseAssetPrecision", "quotePrecision", "quoteAssetPrecision"),
    *("baseCommissionPrecision", "quoteCommissionPrecision"),
)
ALLOWED_FIELDS = (
    *("quoteOrderQtyMarketAllowed", "allowTrailingStop", "isSpotTradingAllowed"),
    *("cancelReplaceAllowed", "amendAllowed", "ocoAllowed", "otoAllowed"),
)
FORBIDDEN_FIELDS = ("icebergAllowed", "isMarginTradingAllowed")
MAX_WAITING_ORDERS = 5  # per account and symbol


def get_exchange_info(call: Call) -> object:
    max_orders = call.engine.max_open_orders
    return {
        "timezone": "UTC",
        "serverTime": call.now,
        "rateLimits": _rate_limits(call),
        "exchangeFilters": [],
        "symbols": [_symbol_row(m.symbol, max_orders) for m in shared.list_requested_markets(call)],
    }


def get_coin_futures(call: Call) -> object:
    """Answer with no coin-margined futures, for clients that load all of Binance's markets."""
    empty_lists: Json = {"rateLimits": [], "exchangeFilters": [], "assets": [], "symbols": []}
    return {"timezone": "UTC", "serverTime": call.now, **empty_lists}


def get_prices(call: Call) -> object:
    return shared.build_rows(call, lambda m: {"symbol": m.symbol.name, "price": format_8(m.price)})


def get_average_price(call: Call) -> object:
    market = shared.find_market(call)
    return {"mins": 5, "price": format_8(market.price), "closeTime": call.now}


def get_book_tickers(call: Call) -> object:
    return shared.build_rows(call, market_rows.book_ticker_row)


def get_order_book(call: Call) -> object:
    market, limit = shared.find_market(call), read_limit(call.params, 100, 5000)
    return {"lastUpdateId": market.update_id, **market_rows.depth_fields(market, limit)}


def get_aggregate_trades(call: Call) -> object:
    return [
        {**market_rows.aggregate_trade_row(trade), "M": True}
        for trade in shared.list_recent_trades(call)
    ]


def _rate_limits(call: Call) -> list[Json]:
    limits = call.simulation.limiter.limits
    return [
        shared.rate_limit_row("REQUEST_WEIGHT", "MINUTE", 1, limits.weight_per_minute),
        shared.rate_limit_row("ORDERS", "SECOND", 10, limits.orders_per_10s),
        shared.rate_limit_row("ORDERS", "DAY", 1, limits.orders_per_day),
        shared.rate_limit_row("RAW_REQUESTS", "MINUTE", 5, 61000),
    ]


def _symbol_row(symbol: Symbol, max_open: int) -> Json:
    return {
        "symbol": symbol.name,
        "status": "TRADING",
        "baseAsset": symbol.base,
        "quoteAsset": symbol.quote,
        **dict.fromkeys(PRECISION_FIELDS, 8),
        "orderTypes": ORDER_TYPES,
        **dict.fromkeys(ALLOWED_FIELDS, True),
        **dict.fromkeys(FORBIDDEN_FIELDS, False),
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
        {"filterType": "LOT_SIZE", **_quantity_limits(symbol.step, symbol.max_quantity)},
        {"filterType": "MARKET_LOT_SIZE", **_quantity_limits(ZERO, symbol.max_market_quantity)},
        {
            "filterType": "NOTIONAL",
            "minNotional": format_8(symbol.min_notional),
            "applyMinToMarket": True,
            "maxNotional": format_8(symbol.max_notional),
            "applyMaxToMarket": False,
            "avgPriceMins": 5,
        },
    ]


def _quantity_limits(step: Decimal, largest: Decimal) -> dict[str, str]:
    return write_8(minQty=step, maxQty=largest, stepSize=step)


def _price_filters(symbol: Symbol) -> list[Json]:
    sides = ("bid", "ask")
    bounds = {f"{side}MultiplierUp": str(symbol.price_up) for side in sides}
    bounds |= {f"{side}MultiplierDown": str(symbol.price_down) for side in sides}
    min_trail, max_trail = int(symbol.min_trail * 100), int(symbol.max_trail * 100)
    trails = {f"minTrailing{way}Delta": min_trail for way in ("Above", "Below")}
    trails |= {f"maxTrailing{way}Delta": max_trail for way in ("Above", "Below")}
    prices = write_8(minPrice=symbol.tick, maxPrice=symbol.max_price, tickSize=symbol.tick)
    return [
        {"filterType": "PRICE_FILTER", **prices},
        {"filterType": "PERCENT_PRICE_BY_SIDE", **bounds, "avgPriceMins": 5},
        {"filterType": "TRAILING_DELTA", **trails},
    ]
