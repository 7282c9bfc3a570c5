"""Binance spot as a whole: every endpoint with its weight, and both kinds of sockets."""

from collections.abc import Callable, Mapping

from aiohttp import web

from exchanges.simulator.binance.gateway import Endpoint, door
from exchanges.simulator.binance.public_socket import MarketStreams
from exchanges.simulator.binance.spot import account, market, trade
from exchanges.simulator.binance.spot.ws_api import WebSocketApi
from exchanges.simulator.transport import sockets


def _by_symbol(one: int, every: int) -> Callable[[Mapping[str, str]], int]:
    return lambda params: one if params.get("symbol") else every


def _depth(params: Mapping[str, str]) -> int:
    limit = params.get("limit", "")
    size = int(limit) if limit.isdigit() else 100
    if size <= 100:
        return 5
    if size <= 500:
        return 25
    return 50 if size <= 1000 else 250


def _trades(params: Mapping[str, str]) -> int:
    return 5 if params.get("orderId") else 20


ENDPOINTS: dict[tuple[str, str], Endpoint] = {
    ("GET", "/api/v3/ping"): Endpoint(market.nothing, 1),
    ("GET", "/api/v3/time"): Endpoint(market.time, 1),
    ("GET", "/api/v3/exchangeInfo"): Endpoint(market.exchange_info, 20),
    ("GET", "/api/v3/ticker/price"): Endpoint(market.price, _by_symbol(2, 4)),
    ("GET", "/api/v3/ticker/24hr"): Endpoint(market.day_tickers, _by_symbol(2, 80)),
    ("GET", "/api/v3/ticker/bookTicker"): Endpoint(market.book_tickers, _by_symbol(2, 4)),
    ("GET", "/api/v3/avgPrice"): Endpoint(market.average_price, 2),
    ("GET", "/api/v3/depth"): Endpoint(market.depth, _depth),
    ("GET", "/api/v3/trades"): Endpoint(market.trades, 25),
    ("GET", "/api/v3/aggTrades"): Endpoint(market.aggregate_trades, 4),
    ("GET", "/api/v3/klines"): Endpoint(market.klines, 2),
    ("POST", "/api/v3/order"): Endpoint(trade.place, 1, "TRADE", counts_order=True),
    ("POST", "/api/v3/order/test"): Endpoint(trade.place_test, 1, "TRADE"),
    ("GET", "/api/v3/order"): Endpoint(trade.query, 4, "READ"),
    ("DELETE", "/api/v3/order"): Endpoint(trade.cancel, 1, "TRADE"),
    ("GET", "/api/v3/openOrders"): Endpoint(trade.open_orders, _by_symbol(6, 80), "READ"),
    ("DELETE", "/api/v3/openOrders"): Endpoint(trade.cancel_all, 1, "TRADE"),
    ("GET", "/api/v3/allOrders"): Endpoint(trade.all_orders, 20, "READ"),
    ("GET", "/api/v3/myTrades"): Endpoint(trade.my_trades, _trades, "READ"),
    ("GET", "/api/v3/account"): Endpoint(account.account, 20, "READ"),
    ("GET", "/sapi/v1/account/apiRestrictions"): Endpoint(account.restrictions, 1, "READ"),
    ("GET", "/sapi/v1/capital/config/getall"): Endpoint(account.coins, 10, "READ"),
    ("GET", "/sapi/v1/asset/tradeFee"): Endpoint(account.trade_fee, 1, "READ"),
    ("GET", "/sapi/v1/margin/allPairs"): Endpoint(account.nothing, 1),
    ("GET", "/sapi/v1/margin/isolated/allPairs"): Endpoint(account.nothing, 10),
    ("GET", "/sapi/v1/system/status"): Endpoint(account.system_status, 1),
    ("GET", "/dapi/v1/exchangeInfo"): Endpoint(market.no_contracts, 1),
}


def attach(app: web.Application) -> None:
    for (method, path), endpoint in ENDPOINTS.items():
        app.router.add_route(method, path, door(endpoint))
    for path in ("/ws", "/ws/{names:.*}", "/stream", "/stream/{names:.*}"):
        app.router.add_get(path, sockets.make_handler(MarketStreams))
    app.router.add_get("/ws-api/v3", sockets.make_handler(WebSocketApi))
