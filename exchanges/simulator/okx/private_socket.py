"""OKX's private socket: an account's own orders, balances and positions, after `login`."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from aiohttp import web

from exchanges.simulator.accounts.accounts import Account
from exchanges.simulator.accounts.positions import Position, PositionEvent, PositionSnapshot
from exchanges.simulator.engine.engine import Changes
from exchanges.simulator.markets.contracts import SETTLEMENT_ASSET
from exchanges.simulator.okx import signing, trade
from exchanges.simulator.okx.account import balances, held_assets
from exchanges.simulator.okx.errors import BAD_IP, BAD_KEY, OkxError
from exchanges.simulator.okx.gateway import MANY, Call, Outcome, count, permit
from exchanges.simulator.okx.positions import position_row
from exchanges.simulator.okx.rows import plain, streamed_row
from exchanges.simulator.okx.socket import Json, OkxSocket, no_channel
from exchanges.simulator.okx.symbols import in_core
from exchanges.simulator.orders.orders import BalanceEvent, OrderEvent

CHANNELS = ("orders", "account", "positions", "balance_and_position")
TYPES = ("ANY", "SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION")
TRADING: dict[str, tuple[str, Callable[[Call], Outcome], int]] = {
    "order": ("/api/v5/trade/order", trade.place, 60),
    "batch-orders": ("/api/v5/trade/batch-orders", trade.place_batch, 300),
    "cancel-order": ("/api/v5/trade/cancel-order", trade.cancel, 60),
    "batch-cancel-orders": ("/api/v5/trade/cancel-batch-orders", trade.cancel_batch, 300),
    "amend-order": ("/api/v5/trade/amend-order", trade.amend, 60),
    "batch-amend-orders": ("/api/v5/trade/amend-batch-orders", trade.amend_batch, 300),
}
TYPED = ("orders", "positions", "orders-algo", "algo-advance")


class PrivateSocket(OkxSocket):
    names: tuple[str, ...] = CHANNELS

    def __init__(self, request: web.Request) -> None:
        super().__init__(request)
        self._account: Account | None = None
        self.operations["login"] = self._login
        self.operations |= dict.fromkeys(TRADING, self._trade)

    def serves_key(self, key: str) -> bool:
        return self._account is not None and self._account.key == key

    def end_streams(self) -> None:
        """It says so, and closes the connection half a minute later; here that is left out."""
        message = "The connection will soon be closed for a service upgrade. Please reconnect."
        frame = {"event": "notice", "code": "64008", "msg": message}
        self.send({**frame, "connId": self.connection_id})

    def send_custom_event(self, key: str, event: object) -> None:
        self.send(event)

    def owner(self) -> str:
        return self._account.key if self._account else ""

    def argument(self, channel: Mapping[str, str]) -> Json:
        return {**channel, "uid": str(self._account.created)} if self._account else dict(channel)

    def check(self, channel: Mapping[str, str]) -> None:
        name = channel["channel"]
        if self._account is None:
            raise OkxError(60011, "Please log in")
        if name not in self.names or (name in TYPED and channel.get("instType") not in TYPES):
            raise no_channel(channel)

    def subscribed(self, channel: Mapping[str, str]) -> None:
        account, name = self._account, channel["channel"]
        if account and name == "account":
            assets = held_assets(account)
            wanted = channel.get("ccy")
            self._tell_account(channel, [a for a in assets if wanted in (None, a)], "snapshot")
        elif account and name == "positions":
            held = [one for one in account.positions.values() if one.quantity]
            for position in held:
                self._tell_position(channel, position, None)
        elif account and name == "balance_and_position":
            self._tell_both(channel, held_assets(account), "snapshot")

    def hear(self, changes: Changes) -> None:
        for event in changes.events:
            if isinstance(event, OrderEvent) and self.serves_key(event.order.account):
                self._tell_order(event)
                self._tell_balances(_moved(event), event)
                self._tell_standing(event.snapshot)
            elif isinstance(event, BalanceEvent) and self.serves_key(event.account):
                self._tell_balances([event.asset], event)
        for change in changes.positions:
            if self.serves_key(change.account):
                self._tell_balances([SETTLEMENT_ASSET], change)
                self._tell_standing(change.snapshot)

    def _login(self, request: Json, arguments: list[Any]) -> None:
        venue = self.simulation.venue
        self.simulation.counters.endpoints["WS okx login"] += 1
        given = arguments[0] if isinstance(arguments[0], dict) else {}
        if kind := self.find_login_fault(str(given.get("apiKey"))):
            raise OkxError(*(BAD_KEY if kind == "revoked_key" else BAD_IP))
        account = signing.admit_socket(venue.engine.accounts, given, venue.now())
        count(self.simulation, f"{account.key} login", 60, venue.now())
        permit(account, "READ")
        self._account = account
        self.answer({"event": "login", "code": "0", "msg": ""}, request)

    def _trade(self, request: Json, wishes: list[Any]) -> None:
        """The same as by REST, and counted with it."""
        path, act, most = TRADING[str(request["op"])]
        venue, account = self.simulation.venue, self._account
        if account is None:
            raise OkxError(60011, "Please log in")
        now = venue.now()
        count(self.simulation, f"{account.key} {path}", most, now)
        permit(account, "TRADE")
        told = act(Call(self.simulation, wishes[0], now, tuple(wishes), account))
        frame = {"op": request["op"], "code": str(told.code), "msg": MANY[told.code]}
        self.answer({**frame, "data": told.rows}, request)

    def _tell_order(self, event: OrderEvent) -> None:
        """A new order that takes at once is still told twice: as it came, and as it filled."""
        engine, order = self.simulation.venue.engine, event.order
        if order.is_waiting:
            return
        one = in_core(engine, order.symbol)
        for channel in self.subscribed_to("orders"):
            if concerns(channel, one.kind, one.name):
                row = streamed_row(engine, order, event.fill, event.time)
                self.tell(channel, [row])

    def _tell_standing(self, standing: PositionSnapshot | None) -> None:
        for channel in self.subscribed_to("positions") if standing else ():
            if standing:
                self._tell_position(channel, standing.position, standing)

    def _tell_position(
        self, channel: Mapping[str, str], position: Position, standing: PositionSnapshot | None
    ) -> None:
        venue, account = self.simulation.venue, self._account
        one = in_core(venue.engine, position.contract)
        if account and concerns(channel, one.kind, one.name):
            row = position_row(venue.engine, account, position, venue.now(), standing)
            self.tell(channel, [row])

    def _tell_balances(
        self, assets: Iterable[str], event: OrderEvent | BalanceEvent | PositionEvent
    ) -> None:
        if isinstance(event, OrderEvent) and event.order.type == "MARKET" and not event.fill:
            return  # nothing was ever held for a market order
        wanted = list(assets)
        for channel in self.subscribed_to("account"):
            chosen = [asset for asset in wanted if channel.get("ccy") in (None, asset)]
            if chosen:
                self._tell_account(channel, chosen, "event_update")
        for channel in self.subscribed_to("balance_and_position"):
            self._tell_both(channel, wanted, "filled")

    def _tell_account(self, channel: Mapping[str, str], assets: list[str], kind: str) -> None:
        venue, account = self.simulation.venue, self._account
        if account:
            row = balances(venue.engine, account, assets, venue.now())
            self.tell(channel, [row], eventType=kind, curPage=1, lastPage=True)

    def _tell_both(self, channel: Mapping[str, str], assets: list[str], kind: str) -> None:
        venue, account = self.simulation.venue, self._account
        if account is None:
            return
        now = str(venue.now())
        held = [{"ccy": asset, "cashBal": _total(account, asset), "uTime": now} for asset in assets]
        row = {"pTime": now, "eventType": kind, "balData": held, "posData": [], "trades": []}
        self.tell(channel, [row])


def _moved(event: OrderEvent) -> list[str]:
    """The coins of which an order may have moved or frozen some."""
    return [held.asset for held in event.holdings] or [SETTLEMENT_ASSET]


def concerns(channel: Mapping[str, str], kind: str, name: str) -> bool:
    return channel.get("instType") in ("ANY", kind) and channel.get("instId") in (None, name)


def _total(account: Account, asset: str) -> str:
    held = account.get_balance(asset)
    return plain(held.free + held.locked)
