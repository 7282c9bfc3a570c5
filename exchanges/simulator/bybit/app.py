"""Bybit v5 as a whole: every endpoint with who may call it, and the sockets."""

from aiohttp import web

from exchanges.simulator.bybit import account, lookup, market, positions, trade
from exchanges.simulator.bybit.gateway import Endpoint, door
from exchanges.simulator.bybit.private_socket import PrivateSocket
from exchanges.simulator.bybit.public_socket import PublicSocket
from exchanges.simulator.transport import sockets

ENDPOINTS: dict[tuple[str, str], Endpoint] = {
    ("GET", "/v5/market/time"): Endpoint(market.time),
    ("GET", "/v5/market/instruments-info"): Endpoint(market.instruments),
    ("GET", "/v5/market/tickers"): Endpoint(market.tickers),
    ("GET", "/v5/market/orderbook"): Endpoint(market.orderbook),
    ("GET", "/v5/market/kline"): Endpoint(market.kline),
    ("GET", "/v5/market/recent-trade"): Endpoint(market.recent_trades),
    ("GET", "/v5/asset/coin/query-info"): Endpoint(account.coins, "READ"),
    ("GET", "/v5/user/query-api"): Endpoint(account.key_info, "READ"),
    ("GET", "/v5/account/info"): Endpoint(account.info, "READ"),
    ("GET", "/v5/account/wallet-balance"): Endpoint(account.wallet_balance, "READ"),
    ("POST", "/v5/account/set-margin-mode"): Endpoint(positions.set_margin_mode, "TRADE"),
    ("GET", "/v5/account/fee-rate"): Endpoint(account.fee_rate, "READ"),
    ("POST", "/v5/order/create"): Endpoint(trade.create, "TRADE"),
    ("POST", "/v5/order/amend"): Endpoint(trade.amend, "TRADE"),
    ("POST", "/v5/order/cancel"): Endpoint(trade.cancel, "TRADE"),
    ("POST", "/v5/order/cancel-all"): Endpoint(trade.cancel_all, "TRADE"),
    ("POST", "/v5/order/create-batch"): Endpoint(trade.create_batch, "TRADE"),
    ("POST", "/v5/order/cancel-batch"): Endpoint(trade.cancel_batch, "TRADE"),
    ("GET", "/v5/order/realtime"): Endpoint(lookup.realtime, "READ"),
    ("GET", "/v5/order/history"): Endpoint(lookup.history, "READ"),
    ("GET", "/v5/execution/list"): Endpoint(lookup.executions, "READ"),
    ("GET", "/v5/position/list"): Endpoint(positions.positions, "READ"),
    ("POST", "/v5/position/set-leverage"): Endpoint(positions.set_leverage, "TRADE"),
    ("POST", "/v5/position/switch-isolated"): Endpoint(positions.switch_isolated, "TRADE"),
    ("POST", "/v5/position/switch-mode"): Endpoint(positions.switch_mode, "TRADE"),
}


def attach(app: web.Application) -> None:
    for (method, path), endpoint in ENDPOINTS.items():
        app.router.add_route(method, path, door(endpoint))
    for category in ("spot", "linear"):
        app.router.add_get(f"/v5/public/{category}", sockets.make_handler(PublicSocket))
    app.router.add_get("/v5/private", sockets.make_handler(PrivateSocket))
