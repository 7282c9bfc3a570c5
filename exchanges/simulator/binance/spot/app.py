"""Binance spot's routes: every endpoint with its weight, and the sockets."""

from collections.abc import Mapping

from aiohttp import web

from exchanges.simulator.binance import market as shared
from exchanges.simulator.binance.gateway import (
    Endpoint,
    make_handler,
    weight_by_limit,
    weight_by_symbol,
)
from exchanges.simulator.binance.public_socket import PublicSocket
from exchanges.simulator.binance.spot import (
    account,
    amendments,
    lookup,
    market,
    pairs,
    pending_orders,
    replacement,
    statistics,
    trade,
)
from exchanges.simulator.binance.spot.ws_api import WebSocketApi
from exchanges.simulator.transport import sockets
from exchanges.simulator.transport.calls import answer_always


def _fills_weight(params: Mapping[str, str]) -> int:
    return 5 if params.get("orderId") else 20


_open_orders_weight = weight_by_symbol(6, 80)
_depth_weight = weight_by_limit(100, (100, 5), (500, 25), (1000, 50), (5000, 250))

ENDPOINTS: dict[tuple[str, str], Endpoint] = {
    ("GET", "/api/v3/ping"): Endpoint(answer_always({}), 1),
    ("GET", "/api/v3/time"): Endpoint(shared.get_time, 1),
    ("GET", "/api/v3/exchangeInfo"): Endpoint(market.get_exchange_info, 20),
    ("GET", "/api/v3/ticker/price"): Endpoint(market.get_prices, weight_by_symbol(2, 4)),
    ("GET", "/api/v3/ticker/24hr"): Endpoint(shared.get_day_tickers, weight_by_symbol(2, 80)),
    ("GET", "/api/v3/ticker/bookTicker"): Endpoint(market.get_book_tickers, weight_by_symbol(2, 4)),
    ("GET", "/api/v3/avgPrice"): Endpoint(market.get_average_price, 2),
    ("GET", "/api/v3/depth"): Endpoint(market.get_order_book, _depth_weight),
    ("GET", "/api/v3/trades"): Endpoint(shared.get_trades, 25),
    ("GET", "/api/v3/aggTrades"): Endpoint(market.get_aggregate_trades, 4),
    ("GET", "/api/v3/historicalTrades"): Endpoint(shared.get_older_trades, 25),
    ("GET", "/api/v3/klines"): Endpoint(shared.get_candles, 2),
    ("GET", "/api/v3/uiKlines"): Endpoint(shared.get_candles, 2),
    ("GET", "/api/v3/ticker"): Endpoint(statistics.get_rolling_window, 4),
    ("GET", "/api/v3/ticker/tradingDay"): Endpoint(statistics.get_trading_day, 4),
    ("GET", "/api/v3/executionRules"): Endpoint(
        statistics.get_execution_rules, weight_by_symbol(2, 40)
    ),
    ("GET", "/api/v3/referencePrice"): Endpoint(statistics.get_reference_price, 2),
    ("POST", "/api/v3/order"): Endpoint(trade.place_order, 1, "TRADE", counts_order=True),
    ("POST", "/api/v3/order/cancelReplace"): Endpoint(
        replacement.replace_order, 1, "TRADE", counts_order=True
    ),
    ("PUT", "/api/v3/order/amend/keepPriority"): Endpoint(amendments.amend_order, 4, "TRADE"),
    ("GET", "/api/v3/order/amendments"): Endpoint(amendments.get_amendments, 4, "READ"),
    ("POST", "/api/v3/orderList/oco"): Endpoint(pairs.place_pair, 1, "TRADE", counts_order=True),
    ("POST", "/api/v3/orderList/oto"): Endpoint(
        pending_orders.place_with_follower, 1, "TRADE", counts_order=True
    ),
    ("POST", "/api/v3/orderList/otoco"): Endpoint(
        pending_orders.place_with_pair, 1, "TRADE", counts_order=True
    ),
    ("POST", "/api/v3/order/oco"): Endpoint(pairs.place_old_pair, 1, "TRADE", counts_order=True),
    ("GET", "/api/v3/allOrderList"): Endpoint(pairs.get_all_lists, 20, "READ"),
    ("GET", "/api/v3/orderList"): Endpoint(pairs.get_list, 4, "READ"),
    ("DELETE", "/api/v3/orderList"): Endpoint(pairs.cancel_list, 1, "TRADE"),
    ("GET", "/api/v3/openOrderList"): Endpoint(pairs.get_open_lists, 6, "READ"),
    ("POST", "/api/v3/order/test"): Endpoint(trade.place_test_order, 1, "TRADE"),
    ("GET", "/api/v3/order"): Endpoint(lookup.get_order, 4, "READ"),
    ("DELETE", "/api/v3/order"): Endpoint(trade.cancel_order, 1, "TRADE"),
    ("GET", "/api/v3/openOrders"): Endpoint(lookup.get_open_orders, _open_orders_weight, "READ"),
    ("DELETE", "/api/v3/openOrders"): Endpoint(trade.cancel_all_orders, 1, "TRADE"),
    ("GET", "/api/v3/allOrders"): Endpoint(lookup.get_order_history, 20, "READ"),
    ("GET", "/api/v3/myTrades"): Endpoint(lookup.get_fills, _fills_weight, "READ"),
    ("GET", "/api/v3/account"): Endpoint(account.get_account, 20, "READ"),
    ("GET", "/api/v3/account/commission"): Endpoint(account.get_commission_rates, 20, "READ"),
    ("GET", "/api/v3/rateLimit/order"): Endpoint(account.get_order_counts, 40, "READ"),
    ("GET", "/api/v3/myPreventedMatches"): Endpoint(account.get_prevented_matches, 20, "READ"),
    ("GET", "/api/v3/myAllocations"): Endpoint(account.get_allocations, 20, "READ"),
    ("GET", "/api/v3/myFilters"): Endpoint(account.get_filters, 40, "READ"),
    ("GET", "/sapi/v1/account/apiRestrictions"): Endpoint(account.get_key_restrictions, 1, "READ"),
    ("GET", "/sapi/v1/capital/config/getall"): Endpoint(account.get_currencies, 10, "READ"),
    ("GET", "/sapi/v1/asset/tradeFee"): Endpoint(account.get_trade_fees, 1, "READ"),
    # The simulator has no margin trading, so it has no pairs for it.
    ("GET", "/sapi/v1/margin/allPairs"): Endpoint(answer_always([]), 1),
    ("GET", "/sapi/v1/margin/isolated/allPairs"): Endpoint(answer_always([]), 10),
    ("GET", "/sapi/v1/system/status"): Endpoint(answer_always({"status": 0, "msg": "normal"}), 1),
    ("GET", "/dapi/v1/exchangeInfo"): Endpoint(market.get_coin_futures, 1),
}


def attach(app: web.Application) -> None:
    for (method, path), endpoint in ENDPOINTS.items():
        app.router.add_route(method, path, make_handler(endpoint))
    for path in ("/ws", "/ws/{names:.*}", "/stream", "/stream/{names:.*}"):
        app.router.add_get(path, sockets.make_handler(PublicSocket))
    app.router.add_get("/ws-api/v3", sockets.make_handler(WebSocketApi))
