"""The private futures socket: an account's events, while its listen key is valid."""

import json

from aiohttp import web

from exchanges.simulator.binance.futures import conditional_orders, rows
from exchanges.simulator.binance.market_rows import Json
from exchanges.simulator.engine.changes import Changes
from exchanges.simulator.markets.symbols import is_contract
from exchanges.simulator.orders.conditional_orders import WaitingEvent
from exchanges.simulator.orders.orders import BalanceEvent, OrderEvent
from exchanges.simulator.transport.sockets import Connection


class PrivateSocket(Connection):
    """A socket of one listen key. It stays silent for an unknown key, and reports expiry once."""

    def __init__(self, request: web.Request) -> None:
        super().__init__(request)
        query = request.query.get("listenKey") or request.query.get("streams")
        self._listen_key = query or request.match_info.get("key", "")
        self._is_combined = "/stream" in request.path
        self._is_expired = False

    def receive_text(self, text: str) -> None:
        """Confirm any request: the listen key already says which events to send."""
        try:
            number = json.loads(text).get("id")
        except (ValueError, AttributeError):
            return
        self.send({"result": None, "id": number})

    def serves_key(self, key: str) -> bool:
        return self.simulation.listen_keys.find_account(self._listen_key) == key

    def end_streams(self) -> None:
        """End the account's listen key, which ends all its sockets."""
        account = self.simulation.listen_keys.find_account(self._listen_key)
        self.simulation.listen_keys.close(account or "")
        self.tick()

    def send_custom_event(self, key: str, event: object) -> None:
        self.publish(event, key)

    def tick(self) -> None:
        self._check_expiry()

    def _check_expiry(self) -> bool:
        now, keys = self.simulation.venue.now(), self.simulation.listen_keys
        account = keys.find_account(self._listen_key)
        if account is None or keys.is_valid(self._listen_key, now):
            return self._is_expired
        if not self._is_expired:
            self._is_expired = True
            self.send({"e": "listenKeyExpired", "E": now, "listenKey": self._listen_key})
        return True

    def on_changes(self, changes: Changes) -> None:
        account = self.simulation.listen_keys.find_account(self._listen_key)
        if account is None or self._check_expiry():
            return
        for position_event in changes.positions:
            if position_event.account == account:
                self.publish(rows.position_update(position_event), account)
        account_events = [event for event in changes.events if event.account == account]
        for event in sorted(account_events, key=_is_late):
            for frame in self._event_frames(event):
                self.publish(frame, account)

    def _event_frames(self, event: OrderEvent | BalanceEvent | WaitingEvent) -> list[Json]:
        engine = self.simulation.venue.engine
        if isinstance(event, WaitingEvent) and is_contract(event.waiting.symbol):
            return [
                rows.algo_update(event, conditional_orders.find_placed_order(engine, event.waiting))
            ]
        if isinstance(event, OrderEvent) and is_contract(event.order.symbol):
            origin = engine.conditional.find_origin(event.order)
            return [*_order_frames(event), *rows.algo_finished_frames(event, origin)]
        return []

    def publish(self, frame: object, account: str) -> None:
        combined = {"stream": self._listen_key, "data": frame}
        self.send_event(combined if self._is_combined else frame, account)


def _is_late(event: OrderEvent | BalanceEvent | WaitingEvent) -> bool:
    """Return whether an event goes last: ALGO_UPDATE follows the events of the placed order."""
    return isinstance(event, WaitingEvent) and event.kind == "TRIGGERED"


def _order_frames(event: OrderEvent) -> list[Json]:
    """Return the frames of an order event; a fill's account update goes first."""
    frame = rows.order_update(event)
    if event.fill is None or event.snapshot is None:
        return [frame]
    return [rows.account_update(event.snapshot, "ORDER", event.time), frame]
