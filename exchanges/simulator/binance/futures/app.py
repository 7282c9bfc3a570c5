"""Binance USD-M's routes: every endpoint with its weight, and the sockets."""

from aiohttp import web

from exchanges.simulator.binance import market as shared
from exchanges.simulator.binance.futures import (
    account,
    batches,
    candles,
    conditional_orders,
    lookup,
    market,
    positions,
    statistics,
    trade,
)
from exchanges.simulator.binance.futures.private_socket import PrivateSocket
from exchanges.simulator.binance.futures.public_socket import FuturesPublicSocket
from exchanges.simulator.binance.futures.ws_api import FuturesWebSocketApi
from exchanges.simulator.binance.gateway import (
    Endpoint,
    make_handler,
    weight_by_limit,
    weight_by_symbol,
)
from exchanges.simulator.transport import sockets
from exchanges.simulator.transport.calls import answer_always

_depth_weight = weight_by_limit(500, (50, 2), (100, 5), (500, 10), (1000, 20))
_candles_weight = weight_by_limit(500, (99, 1), (499, 2), (1000, 5), (10000, 10))

_ONE_ASSET = answer_always({"multiAssetsMargin": False})

ENDPOINTS: dict[tuple[str, str], Endpoint] = {
    ("GET", "v1/ping"): Endpoint(answer_always({}), 1),
    ("GET", "v1/time"): Endpoint(shared.get_time, 1),
    ("GET", "v1/exchangeInfo"): Endpoint(market.get_exchange_info, 1),
    ("GET", "v1/depth"): Endpoint(market.get_order_book, _depth_weight),
    ("GET", "v1/trades"): Endpoint(shared.get_trades, 5),
    ("GET", "v1/aggTrades"): Endpoint(market.get_aggregate_trades, 20),
    ("GET", "v1/klines"): Endpoint(shared.get_candles, _candles_weight),
    ("GET", "v1/historicalTrades"): Endpoint(shared.get_older_trades, 20),
    ("GET", "v1/continuousKlines"): Endpoint(candles.get_pair_candles, _candles_weight),
    ("GET", "v1/indexPriceKlines"): Endpoint(candles.get_index_candles, _candles_weight),
    ("GET", "v1/markPriceKlines"): Endpoint(candles.get_mark_candles, _candles_weight),
    ("GET", "v1/premiumIndexKlines"): Endpoint(candles.get_premium_candles, _candles_weight),
    ("GET", "v1/openInterest"): Endpoint(statistics.get_open_interest, 1),
    ("GET", "v1/constituents"): Endpoint(statistics.get_index_constituents, 2),
    ("GET", "v1/symbolAdlRisk"): Endpoint(statistics.get_liquidation_risk, 1),
    ("GET", "v1/adlQuantile"): Endpoint(statistics.get_liquidation_queue, 5, "READ"),
    ("GET", "v1/premiumIndex"): Endpoint(market.get_premium_index, weight_by_symbol(1, 10)),
    ("GET", "v1/fundingInfo"): Endpoint(answer_always([]), 1),
    ("GET", "v1/ticker/24hr"): Endpoint(shared.get_day_tickers, weight_by_symbol(1, 40)),
    ("GET", "v1/ticker/price"): Endpoint(market.get_prices, weight_by_symbol(1, 2)),
    ("GET", "v2/ticker/price"): Endpoint(market.get_prices, weight_by_symbol(1, 2)),
    ("GET", "v1/ticker/bookTicker"): Endpoint(market.get_book_tickers, weight_by_symbol(2, 5)),
    ("POST", "v1/order"): Endpoint(trade.place_order, 0, "FUTURES_TRADE", counts_order=True),
    ("POST", "v1/order/test"): Endpoint(trade.place_test_order, 0, "FUTURES_TRADE"),
    ("POST", "v1/batchOrders"): Endpoint(batches.place_orders, 5, "FUTURES_TRADE", True),
    ("PUT", "v1/batchOrders"): Endpoint(batches.amend_orders, 5, "FUTURES_TRADE", True),
    ("DELETE", "v1/batchOrders"): Endpoint(batches.cancel_orders, 1, "FUTURES_TRADE"),
    ("POST", "v1/countdownCancelAll"): Endpoint(batches.set_countdown, 10, "FUTURES_TRADE"),
    ("GET", "v1/orderAmendment"): Endpoint(lookup.get_amendments, 1, "READ"),
    ("PUT", "v1/order"): Endpoint(trade.amend_order, 1, "FUTURES_TRADE", counts_order=True),
    ("GET", "v1/order"): Endpoint(lookup.get_order, 1, "READ"),
    ("DELETE", "v1/order"): Endpoint(trade.cancel_order, 1, "FUTURES_TRADE"),
    ("GET", "v1/openOrder"): Endpoint(lookup.get_open_order, 1, "READ"),
    ("GET", "v1/openOrders"): Endpoint(lookup.get_open_orders, weight_by_symbol(1, 40), "READ"),
    ("GET", "v1/allOrders"): Endpoint(lookup.get_order_history, 5, "READ"),
    ("DELETE", "v1/allOpenOrders"): Endpoint(trade.cancel_all_orders, 1, "FUTURES_TRADE"),
    ("GET", "v1/userTrades"): Endpoint(lookup.get_fills, 5, "READ"),
    ("POST", "v1/algoOrder"): Endpoint(
        conditional_orders.place_order, 0, "FUTURES_TRADE", counts_order=True
    ),
    ("GET", "v1/algoOrder"): Endpoint(conditional_orders.get_order, 1, "READ"),
    ("DELETE", "v1/algoOrder"): Endpoint(conditional_orders.cancel_order, 1, "FUTURES_TRADE"),
    ("GET", "v1/openAlgoOrders"): Endpoint(
        conditional_orders.get_open_orders, weight_by_symbol(1, 40), "READ"
    ),
    ("GET", "v1/allAlgoOrders"): Endpoint(conditional_orders.get_order_history, 5, "READ"),
    ("DELETE", "v1/algoOpenOrders"): Endpoint(
        conditional_orders.cancel_all_orders, 1, "FUTURES_TRADE"
    ),
    ("GET", "v1/leverageBracket"): Endpoint(positions.get_leverage_brackets, 1, "READ"),
    ("POST", "v1/leverage"): Endpoint(positions.set_leverage, 1, "FUTURES_TRADE"),
    ("POST", "v1/marginType"): Endpoint(positions.set_margin_mode, 1, "FUTURES_TRADE"),
    ("GET", "v1/symbolConfig"): Endpoint(positions.get_symbol_config, 5, "READ"),
    ("GET", "v1/positionSide/dual"): Endpoint(positions.get_position_mode, 30, "READ"),
    ("POST", "v1/positionSide/dual"): Endpoint(positions.set_position_mode, 1, "FUTURES_TRADE"),
    ("GET", "v1/multiAssetsMargin"): Endpoint(_ONE_ASSET, 30, "READ"),
    ("GET", "v1/commissionRate"): Endpoint(account.get_trade_fees, 20, "READ"),
    ("GET", "v1/accountConfig"): Endpoint(account.get_config, 5, "READ"),
    ("GET", "v1/apiTradingStatus"): Endpoint(account.get_trading_rules, 10, "READ"),
    # Fees are never paid in BNB, nobody is liquidated, and margin is never moved by hand.
    ("GET", "v1/feeBurn"): Endpoint(answer_always({"feeBurn": False}), 30, "READ"),
    ("GET", "v1/forceOrders"): Endpoint(answer_always([]), weight_by_symbol(20, 50), "READ"),
    ("GET", "v1/positionMargin/history"): Endpoint(answer_always([]), 1, "READ"),
    ("GET", "v2/account"): Endpoint(account.get_account, 5, "READ"),
    ("GET", "v3/account"): Endpoint(account.get_account, 5, "READ"),
    ("GET", "v2/balance"): Endpoint(account.get_balance, 5, "READ"),
    ("GET", "v3/balance"): Endpoint(account.get_balance, 5, "READ"),
    ("GET", "v2/positionRisk"): Endpoint(positions.get_all_positions, 5, "READ"),
    ("GET", "v3/positionRisk"): Endpoint(positions.get_positions, 5, "READ"),
    ("POST", "v1/listenKey"): Endpoint(account.create_listen_key, 1, "KEY"),
    ("PUT", "v1/listenKey"): Endpoint(account.extend_listen_key, 1, "KEY"),
    ("DELETE", "v1/listenKey"): Endpoint(account.close_listen_key, 1, "KEY"),
}
# Figures over time, which Binance serves at paths of their own.
DATA_ENDPOINTS: dict[str, Endpoint] = {
    "openInterestHist": Endpoint(statistics.get_open_interest_history, 0),
    "globalLongShortAccountRatio": Endpoint(statistics.get_long_short_ratio, 0),
    "topLongShortAccountRatio": Endpoint(statistics.get_long_short_ratio, 0),
}


def attach(app: web.Application) -> None:
    for (method, path), endpoint in ENDPOINTS.items():
        app.router.add_route(method, f"/fapi/{path}", make_handler(endpoint))
    for name, endpoint in DATA_ENDPOINTS.items():
        app.router.add_get(f"/futures/data/{name}", make_handler(endpoint))
    app.router.add_get("/ws-fapi/v1", sockets.make_handler(FuturesWebSocketApi))
    for path in ("/private/ws", "/private/ws/{key}", "/private/stream"):
        app.router.add_get(path, sockets.make_handler(PrivateSocket))
    for kind in ("public", "market"):
        for end in ("ws", "ws/{names:.*}", "stream", "stream/{names:.*}"):
            app.router.add_get(f"/{kind}/{end}", sockets.make_handler(FuturesPublicSocket))
