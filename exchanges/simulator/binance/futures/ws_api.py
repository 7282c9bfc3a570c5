"""The WebSocket API of Binance's futures (ws-fapi.binance.com): requests, and no events."""

from exchanges.simulator.binance import market as shared
from exchanges.simulator.binance.futures import (
    account,
    conditional_orders,
    lookup,
    market,
    positions,
    trade,
)
from exchanges.simulator.binance.gateway import Endpoint
from exchanges.simulator.binance.spot.ws_api import WebSocketApi
from exchanges.simulator.engine.changes import Changes
from exchanges.simulator.transport.calls import answer_always

METHODS: dict[str, Endpoint] = {
    "ping": Endpoint(answer_always({}), 1),
    "time": Endpoint(shared.get_time, 1),
    "depth": Endpoint(market.get_order_book, 10),
    "ticker.price": Endpoint(market.get_prices, 2),
    "ticker.book": Endpoint(market.get_book_tickers, 5),
    "order.place": Endpoint(trade.place_order, 0, "FUTURES_TRADE"),
    "order.modify": Endpoint(trade.amend_order, 1, "FUTURES_TRADE"),
    "order.cancel": Endpoint(trade.cancel_order, 1, "FUTURES_TRADE"),
    "order.status": Endpoint(lookup.get_order, 1, "READ"),
    "algoOrder.place": Endpoint(conditional_orders.place_order, 0, "FUTURES_TRADE"),
    "algoOrder.cancel": Endpoint(conditional_orders.cancel_order, 1, "FUTURES_TRADE"),
    **dict.fromkeys(
        ("account.status", "v2/account.status"), Endpoint(account.get_account, 5, "READ")
    ),
    **dict.fromkeys(
        ("account.balance", "v2/account.balance"), Endpoint(account.get_balance, 5, "READ")
    ),
    "account.position": Endpoint(positions.get_all_positions, 5, "READ"),
    "v2/account.position": Endpoint(positions.get_positions, 5, "READ"),
    "userDataStream.start": Endpoint(account.create_listen_key, 5, "KEY"),
    "userDataStream.ping": Endpoint(account.extend_listen_key, 1, "KEY"),
    "userDataStream.stop": Endpoint(account.close_listen_key, 1, "KEY"),
}


class FuturesWebSocketApi(WebSocketApi):
    methods = METHODS
    is_futures = True

    def on_changes(self, changes: Changes) -> None:
        """Send nothing: events of futures come by the stream of a listen key."""
