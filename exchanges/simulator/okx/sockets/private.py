"""OKX's private socket: an account's orders, balances and positions, after `login`."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from aiohttp import web

from exchanges.simulator.accounts.positions import Position, PositionEvent, PositionSnapshot
from exchanges.simulator.decimals import format_plain
from exchanges.simulator.engine.changes import Changes
from exchanges.simulator.markets.symbols import SETTLEMENT_ASSET
from exchanges.simulator.okx import gateway, signing, trade
from exchanges.simulator.okx.account import account_row, list_assets
from exchanges.simulator.okx.errors import OkxError
from exchanges.simulator.okx.gateway import BatchResult, Call
from exchanges.simulator.okx.positions import position_row
from exchanges.simulator.okx.rows import order_channel_row
from exchanges.simulator.okx.sockets.socket import Json, OkxSocket, unknown_channel
from exchanges.simulator.okx.symbols import instrument_by_symbol, name_instrument
from exchanges.simulator.orders.orders import BalanceEvent, OrderEvent

PRIVATE_CHANNELS = ("orders", "account", "positions", "balance_and_position")
INST_TYPE_FILTERS = ("ANY", "SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION")
ORDER_OPERATIONS: dict[str, tuple[str, Callable[[Call], BatchResult], int]] = {
    "order": ("/api/v5/trade/order", trade.place_order, 60),
    "batch-orders": ("/api/v5/trade/batch-orders", trade.place_orders, 300),
    "cancel-order": ("/api/v5/trade/cancel-order", trade.cancel_order, 60),
    "batch-cancel-orders": ("/api/v5/trade/cancel-batch-orders", trade.cancel_orders, 300),
    "amend-order": ("/api/v5/trade/amend-order", trade.amend_order, 60),
    "batch-amend-orders": ("/api/v5/trade/amend-batch-orders", trade.amend_orders, 300),
}
TYPED_CHANNELS = ("orders", "positions", "orders-algo", "algo-advance")


class PrivateSocket(OkxSocket):
    channel_names: tuple[str, ...] = PRIVATE_CHANNELS

    def __init__(self, request: web.Request) -> None:
        super().__init__(request)
        self.operations["login"] = self._log_in
        self.operations |= dict.fromkeys(ORDER_OPERATIONS, self._run_order_operation)

    def end_streams(self) -> None:
        """Send OKX's notice that the connection will close.

        OKX closes it half a minute later; the simulator leaves it open.
        """
        message = "The connection will soon be closed for a service upgrade. Please reconnect."
        self.answer_request({"event": "notice", "code": "64008", "msg": message}, {})

    def channel_argument(self, channel: Mapping[str, str]) -> Json:
        return {**channel, "uid": str(self.account.created)} if self.account else dict(channel)

    def check_channel(self, channel: Mapping[str, str]) -> None:
        name = channel["channel"]
        if self.account is None:
            raise OkxError(60011, "Please log in")
        lacks_type = channel.get("instType") not in INST_TYPE_FILTERS
        if name not in self.channel_names or (name in TYPED_CHANNELS and lacks_type):
            raise unknown_channel(channel)

    def send_snapshot(self, channel: Mapping[str, str]) -> None:
        account, name = self.account, channel["channel"]
        if account and name == "account":
            currency = channel.get("ccy")
            assets = [asset for asset in list_assets(account) if currency in (None, asset)]
            self._publish_account(channel, assets, "snapshot")
        elif account and name == "positions":
            for position in list(account.positions.values()):
                if position.quantity:
                    self._publish_position(channel, position, None)
        elif account and name == "balance_and_position":
            self._publish_balance_and_position(channel, list_assets(account), "snapshot")

    def on_changes(self, changes: Changes) -> None:
        for event in changes.events:
            if isinstance(event, OrderEvent) and self.serves_key(event.order.account):
                self._publish_order(event)
                assets = [holding.asset for holding in event.holdings] or [SETTLEMENT_ASSET]
                self._publish_balances(assets, event)
                self._publish_position_event(event.snapshot)
            elif isinstance(event, BalanceEvent) and self.serves_key(event.account):
                self._publish_balances([event.asset], event)
        for change in changes.positions:
            if self.serves_key(change.account):
                self._publish_balances([SETTLEMENT_ASSET], change)
                self._publish_position_event(change.snapshot)

    def _log_in(self, request: Json, arguments: list[Any]) -> None:
        venue = self.simulation.venue
        self.simulation.counters.endpoints["WS okx login"] += 1
        login = arguments[0] if isinstance(arguments[0], dict) else {}
        self.check_login_fault(str(login.get("apiKey")), OkxError)
        account = signing.authenticate_login(venue.engine.accounts, login, venue.now())
        gateway.count_request(self.simulation, f"{account.key} login", 60, venue.now())
        gateway.check_permission(account, "READ")
        self.account = account
        self.answer_request({"event": "login", "code": "0", "msg": ""}, request)

    def _run_order_operation(self, request: Json, orders: list[Any]) -> None:
        """Run an order operation as REST does, within the same rate limit."""
        path, handler, limit = ORDER_OPERATIONS[str(request["op"])]
        venue, account = self.simulation.venue, self.account
        if account is None:
            raise OkxError(60011, "Please log in")
        now = venue.now()
        gateway.count_request(self.simulation, f"{account.key} {path}", limit, now)
        gateway.check_permission(account, "TRADE")
        named = tuple(name_instrument(venue.engine, order) for order in orders)
        result = handler(Call(self.simulation, named[0], now, account, named))
        code, message = str(result.code), gateway.BATCH_MESSAGES[result.code]
        frame = {"op": request["op"], "code": code, "msg": message}
        self.answer_request({**frame, "data": result.rows}, request)

    def _publish_order(self, event: OrderEvent) -> None:
        """Publish an order event; an order that fills at once is published as new first."""
        engine, order = self.simulation.venue.engine, event.order
        if order.is_waiting:
            return
        instrument = instrument_by_symbol(engine, order.symbol)
        for channel in self.subscriptions_to("orders"):
            if matches_channel(channel, instrument.kind, instrument.name):
                row = order_channel_row(engine, order, event.fill, event.time)
                self.publish(channel, [row])

    def _publish_position_event(self, snapshot: PositionSnapshot | None) -> None:
        if snapshot:
            for channel in self.subscriptions_to("positions"):
                self._publish_position(channel, snapshot.position, snapshot)

    def _publish_position(
        self, channel: Mapping[str, str], position: Position, snapshot: PositionSnapshot | None
    ) -> None:
        venue, account = self.simulation.venue, self.account
        instrument = instrument_by_symbol(venue.engine, position.contract)
        if account and matches_channel(channel, instrument.kind, instrument.name):
            row = position_row(venue.engine, account, position, venue.now(), snapshot)
            self.publish(channel, [row])

    def _publish_balances(
        self, assets: Iterable[str], event: OrderEvent | BalanceEvent | PositionEvent
    ) -> None:
        if isinstance(event, OrderEvent) and event.order.type == "MARKET" and not event.fill:
            return  # no balance was frozen for a market order
        all_assets = list(assets)
        for channel in self.subscriptions_to("account"):
            channel_assets = [asset for asset in all_assets if channel.get("ccy") in (None, asset)]
            if channel_assets:
                self._publish_account(channel, channel_assets, "event_update")
        for channel in self.subscriptions_to("balance_and_position"):
            self._publish_balance_and_position(channel, all_assets, "filled")

    def _publish_account(
        self, channel: Mapping[str, str], assets: list[str], event_type: str
    ) -> None:
        venue, account = self.simulation.venue, self.account
        if account:
            row = account_row(venue.engine, account, assets, venue.now())
            self.publish(channel, [row], eventType=event_type, curPage=1, lastPage=True)

    def _publish_balance_and_position(
        self, channel: Mapping[str, str], assets: list[str], event_type: str
    ) -> None:
        venue, account = self.simulation.venue, self.account
        if account is None:
            return
        now = str(venue.now())
        balances = {asset: account.get_balance(asset) for asset in assets}
        totals = {asset: format_plain(b.free + b.locked) for asset, b in balances.items()}
        rows = [{"ccy": asset, "cashBal": total, "uTime": now} for asset, total in totals.items()]
        head = {"pTime": now, "eventType": event_type}
        self.publish(channel, [{**head, "balData": rows, "posData": [], "trades": []}])


def matches_channel(channel: Mapping[str, str], kind: str, name: str) -> bool:
    return channel.get("instType") in ("ANY", kind) and channel.get("instId") in (None, name)
