"""Bybit's private socket: an account's orders, fills, positions and wallet, after `auth`."""

import uuid
from collections.abc import Iterable

from aiohttp import web

from exchanges.simulator.accounts.accounts import Account
from exchanges.simulator.accounts.positions import PositionEvent, PositionSnapshot
from exchanges.simulator.bybit import disconnection, signing
from exchanges.simulator.bybit.account import account_row, get_holding
from exchanges.simulator.bybit.errors import BybitError
from exchanges.simulator.bybit.gateway import check_permission
from exchanges.simulator.bybit.positions import position_row
from exchanges.simulator.bybit.rows import fill_row, order_row
from exchanges.simulator.bybit.sockets.socket import BybitSocket, Json
from exchanges.simulator.bybit.symbols import CATEGORIES, Category, symbol_category
from exchanges.simulator.engine.changes import Changes
from exchanges.simulator.markets.symbols import SETTLEMENT_ASSET
from exchanges.simulator.orders.orders import BalanceEvent, Holding, OrderEvent

TOPICS = ("order", "execution", "position", "wallet")


class PrivateSocket(BybitSocket):
    def __init__(self, request: web.Request) -> None:
        super().__init__(request)
        self.operations["auth"] = self._log_in

    def end_streams(self) -> None:
        """Close the connection: Bybit sends no message before it."""
        self.cut_connection()

    def answer_ping(self, request: Json) -> Json:
        return {"op": "pong", "args": [str(self.simulation.venue.now())]}

    def check_topic(self, topic: str) -> None:
        if self.account is None:
            raise BybitError(10001, "Request not authorized")
        if topic in disconnection.PRODUCTS_BY_TOPIC:
            return
        name, _, category = topic.partition(".")
        if name not in TOPICS or category not in ("", *CATEGORIES):
            raise BybitError(10001, f"error:topic {topic} does not exist")

    def send_snapshot(self, topic: str) -> None:
        """Send nothing; a socket that subscribes to a `dcp` topic is back."""
        disconnection.stop_countdowns(self.simulation, self.account_key(), {topic})

    def on_close(self) -> None:
        others = [s for s in self.simulation.sockets if isinstance(s, PrivateSocket)]
        kept = {t for s in others if s.account_key() == self.account_key() for t in s.topics}
        left = self.topics - kept
        disconnection.start_countdowns(self.simulation, self.account_key(), left)

    def on_changes(self, changes: Changes) -> None:
        for event in changes.events:
            if isinstance(event, OrderEvent) and self.serves_key(event.order.account):
                self._publish_order(event)
            elif isinstance(event, BalanceEvent) and self.serves_key(event.account):
                self._publish_balances([event.asset])
        for position_event in changes.positions:
            if self.serves_key(position_event.account):
                self._publish_position_event(position_event)

    def _log_in(self, request: Json) -> Json:
        venue = self.simulation.venue
        self.simulation.counters.endpoints["WS bybit auth"] += 1
        arguments = request.get("args")
        if isinstance(arguments, list) and arguments:
            self.check_login_fault(str(arguments[0]), BybitError)
        account = signing.authenticate_login(venue.engine.accounts, arguments, venue.now())
        check_permission(account, "READ")
        self.account = account
        return {}

    def _publish_order(self, event: OrderEvent) -> None:
        engine = self.simulation.venue.engine
        order, category = event.order, symbol_category(event.order.symbol)
        if event.fill:
            row = fill_row(event.fill, order, category)
            self.publish("execution", category, {"category": category, **row})
        row = order_row(engine, order, category)
        if event.kind == "TRIGGERED":
            row["orderStatus"] = "Triggered"  # only in this event: lists never show it
        self.publish("order", category, {"category": category, **row})
        if event.snapshot:
            if event.fill:
                self._publish_position(event.snapshot)
            self._publish_balances([SETTLEMENT_ASSET])
        elif event.fill or order.type != "MARKET":  # no balance was locked for a market order
            self._publish_holdings(event.holdings)

    def _publish_position_event(self, event: PositionEvent) -> None:
        if event.snapshot:
            self._publish_position(event.snapshot)
        if event.delta:
            self._publish_balances([SETTLEMENT_ASSET])

    def _publish_position(self, snapshot: PositionSnapshot) -> None:
        """Publish a position; the topic has `entryPrice` where the list has `avgPrice`."""
        engine, account = self.simulation.venue.engine, self._get_account()
        row = position_row(engine, account, snapshot.position)
        fields = {"category": "linear", "entryPrice": row.pop("avgPrice")}
        self.publish("position", "linear", fields | row)

    def _publish_balances(self, assets: Iterable[str]) -> None:
        account = self._get_account()
        self._publish_holdings([get_holding(account, asset) for asset in assets])

    def _publish_holdings(self, holdings: Iterable[Holding]) -> None:
        engine = self.simulation.venue.engine
        self.publish("wallet", None, account_row(engine, self._get_account(), holdings))

    def _get_account(self) -> Account:
        """Return the account from the engine, which is loaded again when storing fails."""
        if self.account is None:
            raise BybitError(10001, "Request not authorized")
        return self.simulation.venue.engine.accounts[self.account.key]

    def publish(self, topic: str, category: Category | None, row: Json) -> None:
        """Send a row to the topic and to that of the category, as subscribed."""
        for name in (topic, f"{topic}.{category}"):
            if name in self.topics and self.account:
                now = self.simulation.venue.now()
                frame = {"id": uuid.uuid4().hex, "topic": name, "creationTime": now, "data": [row]}
                self.send_event(frame, self.account.key)
