"""Bybit's private socket: an account's own orders, executions and wallet, after `auth`."""

import uuid
from collections.abc import Iterable

from aiohttp import web

from exchanges.simulator.accounts.accounts import Account
from exchanges.simulator.accounts.positions import PositionEvent, PositionSnapshot
from exchanges.simulator.bybit import signing
from exchanges.simulator.bybit.errors import BybitError
from exchanges.simulator.bybit.gateway import permit
from exchanges.simulator.bybit.holdings import held, position_row, wallet_row
from exchanges.simulator.bybit.rows import execution_row, order_row
from exchanges.simulator.bybit.socket import BybitSocket, Json
from exchanges.simulator.bybit.symbols import CATEGORIES, Category, category_in
from exchanges.simulator.engine.changes import Changes
from exchanges.simulator.faults.refusals import REFUSALS
from exchanges.simulator.markets.contracts import SETTLEMENT_ASSET
from exchanges.simulator.orders.orders import BalanceEvent, Holding, OrderEvent

TOPICS = ("order", "execution", "position", "wallet")


class PrivateSocket(BybitSocket):
    def __init__(self, request: web.Request) -> None:
        super().__init__(request)
        self._account: Account | None = None
        self.operations["auth"] = self._auth

    def serves_key(self, key: str) -> bool:
        return self._account is not None and self._account.key == key

    def end_streams(self) -> None:
        """Bybit has no word for it: it closes the connection."""
        self.cut_connection()

    def send_custom_event(self, key: str, event: object) -> None:
        self.send(event)

    def pong(self, request: Json) -> Json:
        return {"op": "pong", "args": [str(self.simulation.venue.now())]}

    def check(self, topic: str) -> None:
        if self._account is None:
            raise BybitError(10001, "Request not authorized")
        name, _, category = topic.partition(".")
        if name not in TOPICS or category not in ("", *CATEGORIES):
            raise BybitError(10001, f"error:topic {topic} does not exist")

    def hear(self, changes: Changes) -> None:
        for event in changes.events:
            if isinstance(event, OrderEvent) and self.serves_key(event.order.account):
                self._tell_order(event)
            elif isinstance(event, BalanceEvent) and self.serves_key(event.account):
                self._tell_wallet([event.asset])
        for change in changes.positions:
            if self.serves_key(change.account):
                self._tell_position(change)

    def _auth(self, request: Json) -> Json:
        venue = self.simulation.venue
        self.simulation.counters.endpoints["WS bybit auth"] += 1
        wish = request.get("args")
        kind = self.find_login_fault(str(wish[0])) if isinstance(wish, list) and wish else ""
        if kind:
            refusal = REFUSALS["bybit"][kind]
            raise BybitError(refusal.code, refusal.message)
        account = signing.admit_socket(venue.engine.accounts, wish, venue.now())
        permit(account, "READ")
        self._account = account
        return {}

    def _tell_order(self, event: OrderEvent) -> None:
        engine = self.simulation.venue.engine
        order, category = event.order, category_in(event.order.symbol)
        if event.fill:
            row = execution_row(event.fill, order, category)
            self._tell("execution", category, {"category": category, **row})
        row = order_row(engine, order, category)
        if event.kind == "TRIGGERED":
            row["orderStatus"] = "Triggered"  # for a moment only: lists never show it
        self._tell("order", category, {"category": category, **row})
        if event.snapshot:
            if event.fill:
                self._tell_standing(event.snapshot)
            self._tell_wallet([SETTLEMENT_ASSET])
        elif event.fill or order.type != "MARKET":  # nothing was ever held for a market order
            self._tell_holdings(event.holdings)

    def _tell_position(self, change: PositionEvent) -> None:
        if change.snapshot:
            self._tell_standing(change.snapshot)
        if change.delta:
            self._tell_wallet([SETTLEMENT_ASSET])

    def _tell_standing(self, standing: PositionSnapshot) -> None:
        """The topic says `entryPrice` where the list says `avgPrice`."""
        engine, account = self.simulation.venue.engine, self._current()
        row = position_row(engine, account, standing.position)
        more = {"category": "linear", "entryPrice": row.pop("avgPrice")}
        self._tell("position", "linear", more | row)

    def _tell_wallet(self, assets: Iterable[str]) -> None:
        account = self._current()
        self._tell_holdings([held(account, asset) for asset in assets])

    def _tell_holdings(self, holdings: Iterable[Holding]) -> None:
        engine = self.simulation.venue.engine
        self._tell("wallet", None, wallet_row(engine, self._current(), holdings))

    def _current(self) -> Account:
        """As it is in the engine now, which may have been loaded anew."""
        if self._account is None:
            raise BybitError(10001, "Request not authorized")
        return self.simulation.venue.engine.accounts[self._account.key]

    def _tell(self, topic: str, category: Category | None, row: Json) -> None:
        """On the topic as a whole, or on that of the category, as subscribed."""
        for name in (topic, f"{topic}.{category}"):
            if name in self.topics and self._account:
                frame = {
                    "id": uuid.uuid4().hex,
                    "topic": name,
                    "creationTime": self.simulation.venue.now(),
                    "data": [row],
                }
                self.send_event(frame, self._account.key)
