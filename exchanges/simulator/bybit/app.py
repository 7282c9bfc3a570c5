"""Bybit's routes: every v5 endpoint with its permission, and the sockets."""

from aiohttp import web

from exchanges.simulator.bybit import (
    account,
    disconnection,
    lookup,
    market,
    positions,
    trade,
    trading_stop,
)
from exchanges.simulator.bybit.gateway import Endpoint, make_handler
from exchanges.simulator.bybit.sockets.private import PrivateSocket
from exchanges.simulator.bybit.sockets.public import PublicSocket
from exchanges.simulator.bybit.sockets.trading import TradingSocket
from exchanges.simulator.bybit.statistics import account as figures
from exchanges.simulator.bybit.statistics import candles, markets
from exchanges.simulator.transport import sockets
from exchanges.simulator.transport.calls import answer_always

EMPTY_PAGE = {"list": [], "nextPageCursor": ""}

ENDPOINTS: dict[tuple[str, str], Endpoint] = {
    ("GET", "/v5/market/time"): Endpoint(market.get_time),
    ("GET", "/v5/market/instruments-info"): Endpoint(market.get_instruments),
    ("GET", "/v5/market/tickers"): Endpoint(market.get_tickers),
    ("GET", "/v5/market/orderbook"): Endpoint(market.get_order_book),
    ("GET", "/v5/market/kline"): Endpoint(market.get_candles),
    ("GET", "/v5/market/recent-trade"): Endpoint(market.get_trades),
    ("GET", "/v5/market/mark-price-kline"): Endpoint(candles.get_mark_candles),
    ("GET", "/v5/market/index-price-kline"): Endpoint(candles.get_index_candles),
    ("GET", "/v5/market/premium-index-price-kline"): Endpoint(candles.get_premium_candles),
    ("GET", "/v5/market/open-interest"): Endpoint(markets.get_open_interest),
    ("GET", "/v5/market/account-ratio"): Endpoint(markets.get_long_short_ratio),
    ("GET", "/v5/market/risk-limit"): Endpoint(markets.get_risk_limits),
    ("GET", "/v5/market/price-limit"): Endpoint(markets.get_price_limits),
    ("GET", "/v5/market/insurance"): Endpoint(markets.get_insurance),
    # No maintenance is planned.
    ("GET", "/v5/system/status"): Endpoint(answer_always({"list": []})),
    ("GET", "/v5/asset/coin/query-info"): Endpoint(account.get_currencies, "READ"),
    ("GET", "/v5/user/query-api"): Endpoint(account.get_key, "READ"),
    ("GET", "/v5/account/info"): Endpoint(account.get_config, "READ"),
    ("GET", "/v5/account/wallet-balance"): Endpoint(account.get_balance, "READ"),
    ("POST", "/v5/account/set-margin-mode"): Endpoint(positions.set_margin_mode, "TRADE"),
    ("GET", "/v5/account/fee-rate"): Endpoint(account.get_trade_fees, "READ"),
    ("GET", "/v5/account/collateral-info"): Endpoint(figures.get_collateral, "READ"),
    ("GET", "/v5/account/withdrawal"): Endpoint(figures.get_withdrawable, "READ"),
    ("GET", "/v5/asset/transfer/query-account-coins-balance"): Endpoint(
        figures.get_coin_balances, "READ"
    ),
    ("GET", "/v5/asset/transfer/query-account-coin-balance"): Endpoint(
        figures.get_coin_balance, "READ"
    ),
    # Nothing is borrowed, no account is in a group, no position is moved to another account.
    ("GET", "/v5/account/borrow-history"): Endpoint(answer_always(EMPTY_PAGE), "READ"),
    ("GET", "/v5/account/smp-group"): Endpoint(answer_always({"smpGroup": 0}), "READ"),
    ("GET", "/v5/position/move-history"): Endpoint(answer_always(EMPTY_PAGE), "READ"),
    ("GET", "/v5/account/query-dcp-info"): Endpoint(disconnection.get_windows, "READ"),
    ("POST", "/v5/order/disconnected-cancel-all"): Endpoint(disconnection.set_window, "TRADE"),
    ("POST", "/v5/order/create"): Endpoint(trade.place_order, "TRADE"),
    ("POST", "/v5/order/amend"): Endpoint(trade.amend_order, "TRADE"),
    ("POST", "/v5/order/cancel"): Endpoint(trade.cancel_order, "TRADE"),
    ("POST", "/v5/order/cancel-all"): Endpoint(trade.cancel_all_orders, "TRADE"),
    ("POST", "/v5/order/create-batch"): Endpoint(trade.place_orders, "TRADE"),
    ("POST", "/v5/order/cancel-batch"): Endpoint(trade.cancel_orders, "TRADE"),
    ("POST", "/v5/order/amend-batch"): Endpoint(trade.amend_orders, "TRADE"),
    ("POST", "/v5/order/pre-check"): Endpoint(trade.check_order, "TRADE"),
    ("GET", "/v5/order/spot-borrow-check"): Endpoint(figures.check_spot_size, "READ"),
    ("GET", "/v5/order/realtime"): Endpoint(lookup.get_open_orders, "READ"),
    ("GET", "/v5/order/history"): Endpoint(lookup.get_order_history, "READ"),
    ("GET", "/v5/execution/list"): Endpoint(lookup.get_fills, "READ"),
    ("GET", "/v5/position/list"): Endpoint(positions.get_positions, "READ"),
    ("GET", "/v5/position/closed-pnl"): Endpoint(figures.get_closed_profit, "READ"),
    ("POST", "/v5/position/set-auto-add-margin"): Endpoint(positions.set_auto_margin, "TRADE"),
    ("POST", "/v5/position/set-leverage"): Endpoint(positions.set_leverage, "TRADE"),
    ("POST", "/v5/position/trading-stop"): Endpoint(trading_stop.set_trading_stop, "TRADE"),
    ("POST", "/v5/position/switch-isolated"): Endpoint(positions.set_symbol_margin_mode, "TRADE"),
    ("POST", "/v5/position/switch-mode"): Endpoint(positions.set_position_mode, "TRADE"),
}


def attach(app: web.Application) -> None:
    for (method, path), endpoint in ENDPOINTS.items():
        app.router.add_route(method, path, make_handler(endpoint))
    for category in ("spot", "linear"):
        app.router.add_get(f"/v5/public/{category}", sockets.make_handler(PublicSocket))
    app.router.add_get("/v5/trade", sockets.make_handler(TradingSocket))
    app.router.add_get("/v5/private", sockets.make_handler(PrivateSocket))
