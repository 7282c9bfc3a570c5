"""fstream.binance.com/private: an account's own futures events, for as long as its listen key."""

import json

from aiohttp import web

from exchanges.simulator.binance.futures.conditional_orders import (
    find_conditional_origin,
    find_placed_order,
)
from exchanges.simulator.binance.futures.conditional_rows import algo_finished_frames, algo_update
from exchanges.simulator.binance.futures.rows import account_update, order_update, position_update
from exchanges.simulator.binance.market_rows import Json
from exchanges.simulator.engine.changes import Changes
from exchanges.simulator.markets.contracts import is_contract
from exchanges.simulator.orders.conditional_orders import WaitingEvent
from exchanges.simulator.orders.orders import BalanceEvent, OrderEvent
from exchanges.simulator.transport.sockets import Connection


class PrivateSocket(Connection):
    """An unknown listen key gets a socket that stays silent; one that expires is told so, once."""

    def __init__(self, request: web.Request) -> None:
        super().__init__(request)
        self._listen_key = (
            request.query.get("listenKey", "")
            or request.query.get("streams", "")
            or request.match_info.get("key", "")
        )
        self._is_combined = "/stream" in request.path
        self._is_expired = False

    async def serve(self) -> web.StreamResponse:
        stop = self.simulation.venue.add_listener(self.on_changes)
        try:
            return await super().serve()
        finally:
            stop()

    def receive_text(self, text: str) -> None:
        """Nothing needs to be asked here; whoever asks is answered that it was heard."""
        try:
            number = json.loads(text).get("id")
        except (ValueError, AttributeError):
            return
        self.send({"result": None, "id": number})

    def serves_key(self, key: str) -> bool:
        return self.simulation.listen_keys.find_account(self._listen_key) == key

    def end_streams(self) -> None:
        """Whoever revokes a key, or ends its streams, ends its listen key."""
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
        for settled in changes.positions:
            if settled.account == account:
                self.publish(position_update(settled), account)
        mine = [event for event in changes.events if _event_account(event) == account]
        for event in sorted(mine, key=_is_late):
            for frame in self._event_frames(event):
                self.publish(frame, account)

    def _event_frames(self, event: OrderEvent | BalanceEvent | WaitingEvent) -> list[Json]:
        engine = self.simulation.venue.engine
        if isinstance(event, WaitingEvent) and is_contract(event.waiting.symbol):
            return [algo_update(event, find_placed_order(engine, event.waiting))]
        if isinstance(event, OrderEvent) and is_contract(event.order.symbol):
            return [
                *_order_frames(event),
                *algo_finished_frames(event, find_conditional_origin(engine, event.order)),
            ]
        return []

    def publish(self, frame: object, account: str) -> None:
        wrapped = {"stream": self._listen_key, "data": frame}
        self.send_event(wrapped if self._is_combined else frame, account)


def _event_account(event: OrderEvent | BalanceEvent | WaitingEvent) -> str:
    return event.order.account if isinstance(event, OrderEvent) else event.account


def _is_late(event: OrderEvent | BalanceEvent | WaitingEvent) -> bool:
    """The book of those that wait says that one has fired after the order has told its own."""
    return isinstance(event, WaitingEvent) and event.kind == "TRIGGERED"


def _order_frames(event: OrderEvent) -> list[Json]:
    """What an execution did to wallet and position is told first."""
    told = order_update(event)
    if event.fill is None or event.snapshot is None:
        return [told]
    return [account_update(event.snapshot, "ORDER", event.time), told]
