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
from exchanges.simulator.binance.spot import lookup, market, trade
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
    "order.status": Endpoint(lookup.get_order, 4, "READ"),
    "order.cancel": Endpoint(trade.cancel_order, 1, "TRADE"),
    "openOrders.status": Endpoint(lookup.get_open_orders, 80, "READ"),
    "openOrders.cancelAll": Endpoint(trade.cancel_all_orders, 1, "TRADE"),
    "allOrders": Endpoint(lookup.get_order_history, 20, "READ"),
    "myTrades": Endpoint(lookup.get_fills, 20, "READ"),
    "account.status": Endpoint(wallet.get_account, 20, "READ"),
}


class WebSocketApi(Connection):
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
        endpoint = METHODS.get(method)
        weight = endpoint.compute_weight(params) if endpoint else 2
        bucket = gateway.weight_bucket(self.request)
        gateway.charge_weight(self.simulation, bucket, weight, params.get("apiKey"))
        if endpoint is None:
            if method not in self._session:
                raise BinanceError(-1000, f"Unknown method '{method}'.")
            return self._session[method](params)
        account = None if endpoint.security == "NONE" else self._authenticate_request(params)
        if account:
            gateway.check_permission(account, endpoint.security)
        return endpoint.handler(Call(self.simulation, params, self.simulation.venue.now(), account))

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
        if not params.get("apiKey"):
            raise missing_parameter("apiKey")
        self.check_login_fault(params["apiKey"], BinanceError)
        account = signing.find_account(self.simulation.venue.engine.accounts, params["apiKey"])
        pairs = sorted(params.items())
        signed = "&".join(f"{name}={value}" for name, value in pairs if name != "signature")
        signing.check_signature(account, signed, params.get("signature"))
        signing.check_time(params, self.simulation.venue.now())
        return account

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
        limit = limiter.limits.weight_per_minute
        used = limiter.get_used_weight(gateway.weight_bucket(self.request))
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
