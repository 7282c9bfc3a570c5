"""OKX's routes: every v5 endpoint with its permission and rate limit, and the sockets."""

from aiohttp import web

from exchanges.simulator.okx import (
    account,
    closing,
    conditional_orders,
    lookup,
    market,
    positions,
    trade,
)
from exchanges.simulator.okx.gateway import Endpoint, make_handler
from exchanges.simulator.okx.sockets.business import BusinessSocket
from exchanges.simulator.okx.sockets.private import PrivateSocket
from exchanges.simulator.okx.sockets.public import PublicSocket
from exchanges.simulator.okx.statistics import account as figures
from exchanges.simulator.okx.statistics import candles, markets
from exchanges.simulator.transport import sockets
from exchanges.simulator.transport.calls import answer_always

ENDPOINTS: dict[tuple[str, str], Endpoint] = {
    ("GET", "public/time"): Endpoint(market.get_time, limit=10),
    ("GET", "public/instruments"): Endpoint(market.get_instruments),
    # No maintenance is planned.
    ("GET", "system/status"): Endpoint(answer_always([]), limit=10),
    ("GET", "market/tickers"): Endpoint(market.get_tickers),
    ("GET", "market/ticker"): Endpoint(market.get_ticker),
    ("GET", "market/books"): Endpoint(market.get_order_book, limit=40),
    ("GET", "market/candles"): Endpoint(market.get_candles, limit=40),
    ("GET", "market/history-candles"): Endpoint(market.get_candles),
    ("GET", "market/trades"): Endpoint(market.get_trades, limit=100),
    ("GET", "market/history-trades"): Endpoint(market.get_older_trades),
    ("GET", "market/books-full"): Endpoint(markets.get_full_order_book, limit=10),
    ("GET", "market/index-tickers"): Endpoint(markets.get_index_tickers),
    ("GET", "market/index-candles"): Endpoint(candles.get_index_candles),
    ("GET", "market/history-index-candles"): Endpoint(candles.get_index_candles, limit=10),
    ("GET", "market/mark-price-candles"): Endpoint(candles.get_mark_candles),
    ("GET", "market/history-mark-price-candles"): Endpoint(candles.get_mark_candles, limit=10),
    ("GET", "market/platform-24-volume"): Endpoint(markets.get_platform_volume, limit=2),
    ("GET", "public/open-interest"): Endpoint(markets.get_open_interest),
    ("GET", "public/price-limit"): Endpoint(markets.get_price_limits),
    ("GET", "public/position-tiers"): Endpoint(markets.get_position_tiers, limit=10),
    ("GET", "public/convert-contract-coin"): Endpoint(markets.convert_contracts, limit=10),
    ("GET", "rubik/stat/contracts/long-short-account-ratio-contract"): Endpoint(
        markets.get_long_short_ratio, limit=5
    ),
    ("GET", "rubik/stat/contracts/open-interest-volume"): Endpoint(
        markets.get_open_interest_history, limit=5
    ),
    ("GET", "asset/currencies"): Endpoint(account.get_currencies, "READ", 12),
    # All money lies in the trading account, none in the funding account.
    ("GET", "asset/balances"): Endpoint(answer_always([]), "READ", 12),
    ("GET", "account/config"): Endpoint(account.get_config, "READ", 5),
    ("GET", "account/balance"): Endpoint(account.get_balance, "READ", 10),
    ("GET", "account/positions"): Endpoint(positions.get_positions, "READ", 10),
    ("POST", "account/set-position-mode"): Endpoint(positions.set_position_mode, "TRADE", 5),
    ("GET", "account/instruments"): Endpoint(market.get_instruments, "READ"),
    ("GET", "account/max-size"): Endpoint(figures.get_max_size, "READ"),
    ("GET", "account/max-avail-size"): Endpoint(figures.get_available_size, "READ"),
    ("GET", "account/max-withdrawal"): Endpoint(figures.get_max_withdrawal, "READ"),
    ("GET", "account/account-position-risk"): Endpoint(figures.get_position_risk, "READ", 10),
    ("GET", "account/positions-history"): Endpoint(figures.get_past_positions, "READ", 10),
    ("GET", "trade/account-rate-limit"): Endpoint(figures.get_order_rate, "READ", 1),
    ("POST", "trade/order-precheck"): Endpoint(figures.check_order, "TRADE", 5),
    ("POST", "account/set-leverage"): Endpoint(positions.set_leverage, "TRADE"),
    ("GET", "account/leverage-info"): Endpoint(positions.get_leverage, "READ"),
    ("GET", "public/mark-price"): Endpoint(positions.get_mark_prices, limit=10),
    ("GET", "account/trade-fee"): Endpoint(account.get_trade_fees, "READ", 5),
    ("POST", "trade/order"): Endpoint(trade.place_order, "TRADE", 60),
    ("GET", "trade/order"): Endpoint(lookup.get_order, "READ", 60),
    ("POST", "trade/batch-orders"): Endpoint(trade.place_orders, "TRADE", 300),
    ("POST", "trade/cancel-order"): Endpoint(trade.cancel_order, "TRADE", 60),
    ("POST", "trade/cancel-batch-orders"): Endpoint(trade.cancel_orders, "TRADE", 300),
    ("POST", "trade/amend-order"): Endpoint(trade.amend_order, "TRADE", 60),
    ("POST", "trade/amend-batch-orders"): Endpoint(trade.amend_orders, "TRADE", 300),
    ("POST", "trade/cancel-all-after"): Endpoint(closing.cancel_all_after, "TRADE", 2),
    ("POST", "trade/close-position"): Endpoint(closing.close_position, "TRADE"),
    ("GET", "trade/orders-pending"): Endpoint(lookup.get_open_orders, "READ", 60),
    ("GET", "trade/orders-history"): Endpoint(lookup.get_order_history, "READ", 40),
    ("GET", "trade/orders-history-archive"): Endpoint(lookup.get_order_archive, "READ", 20),
    ("GET", "trade/fills"): Endpoint(lookup.get_fills, "READ", 60),
    ("GET", "trade/fills-history"): Endpoint(lookup.get_fill_history, "READ", 10),
    ("POST", "trade/order-algo"): Endpoint(conditional_orders.place_order, "TRADE"),
    ("GET", "trade/order-algo"): Endpoint(conditional_orders.get_order, "READ"),
    ("POST", "trade/cancel-algos"): Endpoint(conditional_orders.cancel_orders, "TRADE"),
    ("POST", "trade/amend-algos"): Endpoint(conditional_orders.amend_order, "TRADE"),
    ("GET", "trade/orders-algo-pending"): Endpoint(conditional_orders.get_open_orders, "READ"),
    ("GET", "trade/orders-algo-history"): Endpoint(conditional_orders.get_order_history, "READ"),
}


def attach(app: web.Application) -> None:
    for (method, path), endpoint in ENDPOINTS.items():
        app.router.add_route(method, f"/api/v5/{path}", make_handler(endpoint))
    app.router.add_get("/ws/v5/public", sockets.make_handler(PublicSocket))
    app.router.add_get("/ws/v5/private", sockets.make_handler(PrivateSocket))
    app.router.add_get("/ws/v5/business", sockets.make_handler(BusinessSocket))
