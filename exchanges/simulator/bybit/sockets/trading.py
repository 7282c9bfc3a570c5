"""Bybit's trading socket: orders placed, amended and cancelled after `auth`, as by REST."""

import uuid
from collections.abc import Callable
from typing import Any

from aiohttp import web

from exchanges.simulator.bybit import signing, trade
from exchanges.simulator.bybit.errors import BybitError
from exchanges.simulator.bybit.gateway import Call, Result, check_permission, count_request
from exchanges.simulator.engine.changes import Changes
from exchanges.simulator.transport.calls import parse_object
from exchanges.simulator.transport.sockets import Connection

Json = dict[str, Any]
# Each operation with the path that it shares its limit with.
OPERATIONS: dict[str, tuple[str, Callable[[Call], object]]] = {
    "order.create": ("/v5/order/create", trade.place_order),
    "order.amend": ("/v5/order/amend", trade.amend_order),
    "order.cancel": ("/v5/order/cancel", trade.cancel_order),
    "order.create-batch": ("/v5/order/create-batch", trade.place_orders),
    "order.amend-batch": ("/v5/order/amend-batch", trade.amend_orders),
    "order.cancel-batch": ("/v5/order/cancel-batch", trade.cancel_orders),
}
UNKNOWN_OPERATION = (10404, "op type is not found")
REPEATED_AUTH = (20001, "repeat auth")


class TradingSocket(Connection):
    def __init__(self, request: web.Request) -> None:
        super().__init__(request)
        self._id = uuid.uuid4().hex

    def on_changes(self, changes: Changes) -> None:
        """Send nothing: events come by the private socket."""

    def receive_text(self, text: str) -> None:
        request, now = parse_object(text), self.simulation.venue.now()
        operation = str((request or {}).get("op", ""))
        frame: Json = {"retCode": 0, "retMsg": "OK", "op": operation, "connId": self._id}
        try:
            if request is None:
                raise BybitError(10001, "Request parameter error: it is not a JSON object")
            if "reqId" in request:
                frame["reqId"] = request["reqId"]
            if operation == "ping":
                frame |= {"op": "pong", "data": [str(now)]}
            elif operation == "auth":
                self._log_in(request)
            else:
                frame |= self._run_operation(operation, request, now)
        except BybitError as error:
            frame |= {"retCode": error.code, "retMsg": error.message, "data": {}}
        self.send(frame)

    def _log_in(self, request: Json) -> None:
        if self.account is not None:
            raise BybitError(*REPEATED_AUTH)
        venue, arguments = self.simulation.venue, request.get("args")
        self.simulation.counters.endpoints["WS bybit trade auth"] += 1
        if isinstance(arguments, list) and arguments:
            self.check_login_fault(str(arguments[0]), BybitError)
        account = signing.authenticate_login(venue.engine.accounts, arguments, venue.now())
        check_permission(account, "READ")
        self.account = account

    def _run_operation(self, name: str, request: Json, now: int) -> Json:
        if name not in OPERATIONS:
            raise BybitError(*UNKNOWN_OPERATION)
        if self.account is None:
            raise BybitError(10005, "Permission denied, please log in")
        path, action = OPERATIONS[name]
        self.simulation.counters.endpoints[f"WS bybit {name}"] += 1
        signing.check_stamp(request.get("header"), now)
        # The engine's account, which is loaded again when storing fails.
        account = self.simulation.venue.engine.accounts[self.account.key]
        check_permission(account, "TRADE")
        headers = count_request(self.simulation, account, path, now)
        arguments = request.get("args")
        if not isinstance(arguments, list) or not arguments or not isinstance(arguments[0], dict):
            raise BybitError(10001, "params error: args invalid")
        result = action(Call(self.simulation, arguments[0], now, account))
        answer = result if isinstance(result, Result) else Result(result)
        stamps = {"Traceid": uuid.uuid4().hex, "Timenow": str(now)}
        header = {**headers, **stamps}
        return {"data": answer.result, "retExtInfo": answer.extra, "header": header}
