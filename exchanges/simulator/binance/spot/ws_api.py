"""Binance's WebSocket API (ws-api.binance.com): requests, and an account's events."""

import json
from collections.abc import Callable, Mapping
from itertools import count

from aiohttp import web

from exchanges.simulator.accounts.accounts import Account
from exchanges.simulator.binance import gateway, signing
from exchanges.simulator.binance import market as shared
from exchanges.simulator.binance.errors import BinanceError, missing_parameter
from exchanges.simulator.binance.gateway import Call, Endpoint
from exchanges.simulator.binance.market_rows import Json
from exchanges.simulator.binance.params import read_integer
from exchanges.simulator.binance.spot import account as wallet
from exchanges.simulator.binance.spot import (
    amendments,
    lookup,
    market,
    replacement,
    statistics,
    trade,
)
from exchanges.simulator.binance.spot.rows import account_position, balance_update, execution_report
from exchanges.simulator.engine.changes import Changes
from exchanges.simulator.markets.symbols import is_contract
from exchanges.simulator.orders.conditional_orders import WaitingEvent
from exchanges.simulator.orders.orders import BalanceEvent, OrderEvent
from exchanges.simulator.transport.calls import answer_always, parse_object
from exchanges.simulator.transport.sockets import Connection

METHODS: dict[str, Endpoint] = {
    "ping": Endpoint(answer_always({}), 1),
    "time": Endpoint(shared.get_time, 1),
    "exchangeInfo": Endpoint(market.get_exchange_info, 20),
    "order.place": Endpoint(trade.place_order, 1, "TRADE"),
    "order.test": Endpoint(trade.place_test_order, 1, "TRADE"),
    "order.cancelReplace": Endpoint(replacement.replace_order, 1, "TRADE"),
    "order.amend.keepPriority": Endpoint(amendments.amend_order, 4, "TRADE"),
    "order.amendments": Endpoint(amendments.get_amendments, 4, "READ"),
    "order.status": Endpoint(lookup.get_order, 4, "READ"),
    "order.cancel": Endpoint(trade.cancel_order, 1, "TRADE"),
    "openOrders.status": Endpoint(lookup.get_open_orders, 80, "READ"),
    "openOrders.cancelAll": Endpoint(trade.cancel_all_orders, 1, "TRADE"),
    "allOrders": Endpoint(lookup.get_order_history, 20, "READ"),
    "myTrades": Endpoint(lookup.get_fills, 20, "READ"),
    "depth": Endpoint(market.get_order_book, 5),
    "trades.recent": Endpoint(shared.get_trades, 25),
    "trades.historical": Endpoint(shared.get_older_trades, 25),
    "trades.aggregate": Endpoint(market.get_aggregate_trades, 4),
    **dict.fromkeys(("klines", "uiKlines"), Endpoint(shared.get_candles, 2)),
    "avgPrice": Endpoint(market.get_average_price, 2),
    "ticker": Endpoint(statistics.get_rolling_window, 4),
    "ticker.24hr": Endpoint(shared.get_day_tickers, 80),
    "ticker.tradingDay": Endpoint(statistics.get_trading_day, 4),
    "ticker.price": Endpoint(market.get_prices, 4),
    "ticker.book": Endpoint(market.get_book_tickers, 4),
    "account.commission": Endpoint(wallet.get_commission_rates, 20, "READ"),
    "account.rateLimits.orders": Endpoint(wallet.get_order_counts, 40, "READ"),
    "account.status": Endpoint(wallet.get_account, 20, "READ"),
}


class WebSocketApi(Connection):
    methods: Mapping[str, Endpoint] = METHODS
    is_futures = False

    def __init__(self, request: web.Request) -> None:
        super().__init__(request)
        self._numbers = count()
        self._subscriptions: dict[int, str] = {}
        self._session: dict[str, Callable[[Mapping[str, str]], object]] = {
            "userDataStream.subscribe.signature": self._subscribe_account,
            "userDataStream.unsubscribe": self._unsubscribe_account,
            "session.status": lambda _: self._session_status(),
            "session.logout": lambda _: self._session_status(),
            "session.subscriptions": lambda _: [
                {"subscriptionId": number} for number in self._subscriptions
            ],
        }

    def serves_key(self, key: str) -> bool:
        return key in self._subscriptions.values()

    def end_streams(self) -> None:
        ended = {"e": "eventStreamTerminated", "E": self.simulation.venue.now()}
        for number in list(self._subscriptions):
            self.send({"subscriptionId": number, "event": ended})
        self._subscriptions.clear()

    def send_custom_event(self, key: str, event: object) -> None:
        for number, subscribed in self._subscriptions.items():
            if subscribed == key:
                self.send({"subscriptionId": number, "event": event})

    def receive_text(self, text: str) -> None:
        number: object = None
        params: dict[str, str] = {}
        try:
            request = parse_object(text)
            if request is None:
                raise BinanceError(-1135, "Invalid JSON Request")
            number, params = request.get("id"), _read_params(request.get("params"))
            result = self._run_method(str(request.get("method", "")), params)
            answer: Json = {"id": number, "status": 200, "result": result}
        except BinanceError as error:
            answer = {"id": number, "status": error.status, "error": error.to_json()}
        if params.get("returnRateLimits") != "false":
            answer["rateLimits"] = [self._used_weight()]
        self.send(answer)

    def _run_method(self, method: str, params: dict[str, str]) -> object:
        self.simulation.counters.endpoints[f"WS {method}"] += 1
        endpoint = self.methods.get(method)
        weight = endpoint.compute_weight(params) if endpoint else 2
        bucket = gateway.weight_bucket(self.request)
        gateway.charge_weight(self.simulation, bucket, weight, params.get("apiKey"))
        if endpoint is None:
            if method not in self._session:
                raise BinanceError(-1000, f"Unknown method '{method}'.")
            return self._session[method](params)
        account = None
        if endpoint.security != "NONE":
            is_signed = endpoint.security != "KEY"
            account = self._authenticate_request(params) if is_signed else self._find_key(params)
            gateway.check_permission(account, endpoint.security)
        now = self.simulation.venue.now()
        return endpoint.handler(Call(self.simulation, params, now, account, self.is_futures))

    def _subscribe_account(self, params: Mapping[str, str]) -> Json:
        account = self._authenticate_request(params)
        gateway.check_permission(account, "READ")
        if account.key in self._subscriptions.values():
            raise BinanceError(-2035, "User Data Stream subscription already active.")
        number = next(self._numbers)
        self._subscriptions[number] = account.key
        return {"subscriptionId": number}

    def _unsubscribe_account(self, params: Mapping[str, str]) -> Json:
        number = read_integer(params, "subscriptionId")
        if number is None:
            self._subscriptions.clear()
        elif self._subscriptions.pop(number, None) is None:
            raise BinanceError(-2036, "User Data Stream subscription not active.")
        return {}

    def _authenticate_request(self, params: Mapping[str, str]) -> Account:
        """Return the account that signed a request: all its parameters in alphabetical order."""
        account = self._find_key(params)
        pairs = sorted(params.items())
        signed = "&".join(f"{name}={value}" for name, value in pairs if name != "signature")
        signing.check_signature(account, signed, params.get("signature"))
        signing.check_time(params, self.simulation.venue.now())
        return account

    def _find_key(self, params: Mapping[str, str]) -> Account:
        if not params.get("apiKey"):
            raise missing_parameter("apiKey")
        self.check_login_fault(params["apiKey"], BinanceError)
        return signing.find_account(self.simulation.venue.engine.accounts, params["apiKey"])

    def _session_status(self) -> Json:
        return {
            "apiKey": None,
            "authorizedSince": None,
            "connectedSince": self.simulation.started,
            "returnRateLimits": True,
            "serverTime": self.simulation.venue.now(),
            "userDataStream": bool(self._subscriptions),
        }

    def on_changes(self, changes: Changes) -> None:
        for event in changes.events:
            if isinstance(event, WaitingEvent):
                continue  # only futures have waiting orders with ids of their own
            if isinstance(event, OrderEvent) and is_contract(event.order.symbol):
                continue
            for number, key in self._subscriptions.items():
                for frame in _event_frames(event) if key == event.account else ():
                    self.send_event({"subscriptionId": number, "event": frame}, key)

    def _used_weight(self) -> Json:
        limiter = self.simulation.limiter
        bucket = gateway.weight_bucket(self.request)
        limit, used = limiter.limits.get_weight_limit(bucket), limiter.get_used_weight(bucket)
        return {**shared.rate_limit_row("REQUEST_WEIGHT", "MINUTE", 1, limit), "count": used}


def _event_frames(event: OrderEvent | BalanceEvent) -> list[Json]:
    if isinstance(event, OrderEvent):
        if event.order.type == "MARKET" and not event.fill and not event.order.trigger:
            # No balance was locked for a market order, so none has changed.
            return [execution_report(event)]
        return [execution_report(event), account_position(event)]
    return [balance_update(event)]


def _read_params(content: object) -> dict[str, str]:
    """Return the parameters as text, because the signature covers the text of each value."""
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise BinanceError(-1135, "Invalid JSON Request")
    return {
        str(name): value if isinstance(value, str) else json.dumps(value)
        for name, value in content.items()
    }
