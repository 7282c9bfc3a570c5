"""Bybit's private socket: an account's own orders, executions and wallet, after `auth`."""

import uuid
from collections.abc import Iterable

from aiohttp import web

from exchanges.simulator import bybit_signing as signing
from exchanges.simulator import bybit_words as words
from exchanges.simulator.accounts import Account
from exchanges.simulator.bybit_books import CATEGORIES, Category, category_in
from exchanges.simulator.bybit_errors import BybitError
from exchanges.simulator.bybit_finding import order_row
from exchanges.simulator.bybit_gateway import permit
from exchanges.simulator.bybit_socket import BybitSocket, Json
from exchanges.simulator.engine import Changes
from exchanges.simulator.orders import BalanceEvent, Holding, OrderEvent
from exchanges.simulator.refusing import REFUSALS

TOPICS = ("order", "execution", "position", "wallet")


class PrivateSocket(BybitSocket):
    def __init__(self, request: web.Request) -> None:
        super().__init__(request)
        self._account: Account | None = None
        self.operations["auth"] = self._auth

    def serves(self, key: str) -> bool:
        return self._account is not None and self._account.key == key

    def end_streams(self) -> None:
        """Bybit has no word for it: it closes the connection."""
        self.drop()

    def say(self, key: str, event: object) -> None:
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
            if isinstance(event, OrderEvent) and self.serves(event.order.account):
                self._tell_order(event)
            elif isinstance(event, BalanceEvent) and self.serves(event.account):
                self._tell_wallet(self._held(event.account, [event.asset]))

    def _auth(self, request: Json) -> Json:
        venue = self.simulation.venue
        self.simulation.counters.endpoints["WS bybit auth"] += 1
        wish = request.get("args")
        kind = self.refused_login(str(wish[0])) if isinstance(wish, list) and wish else ""
        if kind:
            refusal = REFUSALS["bybit"][kind]
            raise BybitError(refusal.code, refusal.words)
        account = signing.admit_socket(venue.engine.accounts, wish, venue.now())
        permit(account, "READ")
        self._account = account
        return {}

    def _tell_order(self, event: OrderEvent) -> None:
        engine = self.simulation.venue.engine
        order, category = event.order, category_in(engine, event.order.symbol)
        if event.fill:
            row = words.execution_row(event.fill, order, category)
            self._tell("execution", category, {"category": category, **row})
        row = order_row(engine, order, category)
        self._tell("order", category, {"category": category, **row})
        if event.fill or order.type != "MARKET":  # nothing was ever held for a market order
            self._tell_wallet(event.holdings)

    def _tell_wallet(self, holdings: Iterable[Holding]) -> None:
        self._tell("wallet", None, words.wallet_row(holdings))

    def _held(self, key: str, assets: Iterable[str]) -> list[Holding]:
        account = self.simulation.venue.engine.accounts[key]
        balances = ((asset, account.balance(asset)) for asset in assets)
        return [Holding(asset, held.free, held.locked) for asset, held in balances]

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
