"""OKX v5 as a whole: every endpoint with who may call it and how often, and the sockets."""

from aiohttp import web

from exchanges.simulator.okx import account, conditional_orders, lookup, market, positions, trade
from exchanges.simulator.okx.business_socket import BusinessSocket
from exchanges.simulator.okx.gateway import Endpoint, door
from exchanges.simulator.okx.private_socket import PrivateSocket
from exchanges.simulator.okx.public_socket import PublicSocket
from exchanges.simulator.transport import sockets

ENDPOINTS: dict[tuple[str, str], Endpoint] = {
    ("GET", "public/time"): Endpoint(market.time, most=10),
    ("GET", "public/instruments"): Endpoint(market.listed),
    ("GET", "system/status"): Endpoint(market.status, most=10),
    ("GET", "market/tickers"): Endpoint(market.tickers),
    ("GET", "market/ticker"): Endpoint(market.one_ticker),
    ("GET", "market/books"): Endpoint(market.books, most=40),
    ("GET", "market/candles"): Endpoint(market.candles, most=40),
    ("GET", "market/history-candles"): Endpoint(market.candles),
    ("GET", "market/trades"): Endpoint(market.trades, most=100),
    ("GET", "asset/currencies"): Endpoint(account.currencies, "READ", 12),
    ("GET", "asset/balances"): Endpoint(account.no_funding, "READ", 12),
    ("GET", "account/config"): Endpoint(account.config, "READ", 5),
    ("GET", "account/balance"): Endpoint(account.balance, "READ", 10),
    ("GET", "account/positions"): Endpoint(positions.listed, "READ", 10),
    ("POST", "account/set-leverage"): Endpoint(positions.set_leverage, "TRADE"),
    ("GET", "account/leverage-info"): Endpoint(positions.leverage_info, "READ"),
    ("GET", "public/mark-price"): Endpoint(positions.mark_prices, most=10),
    ("GET", "account/trade-fee"): Endpoint(account.trade_fee, "READ", 5),
    ("POST", "trade/order"): Endpoint(trade.place, "TRADE", 60),
    ("GET", "trade/order"): Endpoint(lookup.order, "READ", 60),
    ("POST", "trade/batch-orders"): Endpoint(trade.place_batch, "TRADE", 300),
    ("POST", "trade/cancel-order"): Endpoint(trade.cancel, "TRADE", 60),
    ("POST", "trade/cancel-batch-orders"): Endpoint(trade.cancel_batch, "TRADE", 300),
    ("POST", "trade/amend-order"): Endpoint(trade.amend, "TRADE", 60),
    ("POST", "trade/amend-batch-orders"): Endpoint(trade.amend_batch, "TRADE", 300),
    ("GET", "trade/orders-pending"): Endpoint(lookup.pending, "READ", 60),
    ("GET", "trade/orders-history"): Endpoint(lookup.history, "READ", 40),
    ("GET", "trade/orders-history-archive"): Endpoint(lookup.archive, "READ", 20),
    ("GET", "trade/fills"): Endpoint(lookup.fills, "READ", 60),
    ("GET", "trade/fills-history"): Endpoint(lookup.fills_history, "READ", 10),
    ("POST", "trade/order-algo"): Endpoint(conditional_orders.place, "TRADE"),
    ("GET", "trade/order-algo"): Endpoint(conditional_orders.order, "READ"),
    ("POST", "trade/cancel-algos"): Endpoint(conditional_orders.cancel, "TRADE"),
    ("POST", "trade/amend-algos"): Endpoint(conditional_orders.amend, "TRADE"),
    ("GET", "trade/orders-algo-pending"): Endpoint(conditional_orders.pending, "READ"),
    ("GET", "trade/orders-algo-history"): Endpoint(conditional_orders.history, "READ"),
}


def attach(app: web.Application) -> None:
    for (method, path), endpoint in ENDPOINTS.items():
        app.router.add_route(method, f"/api/v5/{path}", door(endpoint))
    app.router.add_get("/ws/v5/public", sockets.make_handler(PublicSocket))
    app.router.add_get("/ws/v5/private", sockets.make_handler(PrivateSocket))
    app.router.add_get("/ws/v5/business", sockets.make_handler(BusinessSocket))
