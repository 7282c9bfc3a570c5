"""Public endpoints: contracts and their filters, prices, order books, trades, candles."""

from exchanges.simulator.accounts.ledger import next_funding_time
from exchanges.simulator.binance import market as shared
from exchanges.simulator.binance import market_rows
from exchanges.simulator.binance.gateway import Call
from exchanges.simulator.binance.market_rows import Json
from exchanges.simulator.binance.params import read_limit
from exchanges.simulator.decimals import count_decimals, write_8
from exchanges.simulator.engine.margin import get_contract
from exchanges.simulator.markets.market import Market
from exchanges.simulator.markets.symbols import SETTLEMENT_ASSET, Contract

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


def get_exchange_info(call: Call) -> object:
    limits = call.simulation.limiter.limits
    return {
        "timezone": "UTC",
        "serverTime": call.now,
        "futuresType": "U_MARGINED",
        "rateLimits": [
            shared.rate_limit_row("REQUEST_WEIGHT", "MINUTE", 1, limits.futures_weight_per_minute),
            shared.rate_limit_row("ORDERS", "SECOND", 10, limits.orders_per_10s),
        ],
        "exchangeFilters": [],
        "assets": [
            {"asset": SETTLEMENT_ASSET, "marginAvailable": True, "autoAssetExchange": "-10000"}
        ],
        "symbols": [_symbol_row(call, market) for market in shared.list_requested_markets(call)],
    }


def get_prices(call: Call) -> object:
    return shared.build_rows(
        call, lambda m: {"symbol": m.symbol.venue_name, "price": str(m.price), "time": call.now}
    )


def get_book_tickers(call: Call) -> object:
    return shared.build_rows(
        call, lambda market: market_rows.book_ticker_row(market) | {"time": call.now}
    )


def get_premium_index(call: Call) -> object:
    return shared.build_rows(call, lambda market: _premium_row(call, market))


def _premium_row(call: Call, market: Market) -> Json:
    """Build mark and index price: the contract's last price and the coin's spot price."""
    spot = call.engine.spot[market.symbol.venue_name]
    return {
        "symbol": market.symbol.venue_name,
        **write_8(markPrice=market.price, indexPrice=spot.price, estimatedSettlePrice=spot.price),
        **write_8(lastFundingRate=call.engine.ledger.rates[market.symbol.name]),
        "interestRate": "0.00010000",
        "nextFundingTime": next_funding_time(call.now),
        "time": call.now,
    }


def get_order_book(call: Call) -> object:
    market, limit = shared.find_market(call), read_limit(call.params, 500, 1000)
    stamps = {"lastUpdateId": market.update_id, "E": call.now, "T": call.now}
    return {**stamps, **market_rows.depth_fields(market, limit, str)}


def get_aggregate_trades(call: Call) -> object:
    return [
        market_rows.aggregate_trade_row(trade, str) for trade in shared.list_recent_trades(call)
    ]


def _symbol_row(call: Call, market: Market) -> Json:
    contract = get_contract(call.engine, market.symbol.name)
    return {
        **dict.fromkeys(("symbol", "pair"), contract.venue_name),
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
        **dict.fromkeys(("baseAssetPrecision", "quotePrecision"), 8),
        "underlyingType": "COIN",
        "underlyingSubType": [],
        "triggerProtect": "0.0500",
        "liquidationFee": "0.000000",
        "marketTakeBound": "0.05",
        "orderTypes": ORDER_TYPES,
        "timeInForce": ["GTC", "IOC", "FOK", "GTX"],
        "filters": _filter_rows(contract, call.engine.max_open_orders),
    }


def _filter_rows(symbol: Contract, max_orders: int) -> list[Json]:
    tick, lot = str(symbol.tick), dict.fromkeys(("minQty", "stepSize"), str(symbol.step))
    prices = {"minPrice": tick, "maxPrice": str(symbol.max_price), "tickSize": tick}
    return [
        {"filterType": "PRICE_FILTER", **prices},
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
