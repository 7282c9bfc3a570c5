"""Our books beside the venue's own: orders, executed parts with their fees, balances, positions.

And beside both what the user's sockets are told, which is the log of events.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

from exchanges.holdings import fetch
from exchanges.models import Balance, ExchangeKey, Position
from orders.models import Fill, Order
from orders.payloads import order_data, trade_data
from tests.failures.harness.markets import MarketEndpoints
from tests.realtime.event_log import read_events
from tests.simulator import SimulatorProcess

UNIFIED: Final = {"bybit", "okx"}
POSITION_NAMES: Final = {"net": "", "long": ":LONG", "short": ":SHORT"}
FillFigures = tuple[Decimal, Decimal, Decimal, str]
OUR_STATUSES: Final = {
    "NEW": "new",
    "PARTIALLY_FILLED": "partially_filled",
    "FILLED": "filled",
    "CANCELED": "canceled",
    "EXPIRED": "expired",
    "EXPIRED_IN_MATCH": "expired",
    "REJECTED": "rejected",
}


def find_differences(
    simulator: SimulatorProcess, key: ExchangeKey, market: MarketEndpoints
) -> list[str]:
    return [
        *_compare_orders(simulator, key),
        *_compare_fills(simulator, key),
        *_compare_holdings(simulator, key, market),
        *_compare_events(key),
    ]


def _compare_orders(simulator: SimulatorProcess, key: ExchangeKey) -> Iterator[str]:
    """One of ours may have had several names there; the last of them tells how it stands."""
    theirs: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in simulator.control.get("orders", account=key.api_key)["orders"]:
        theirs[row["clientOrderId"]].append(row)
    for row in simulator.control.get("waiting", account=key.api_key)["waiting"]:
        if row["status"] != "TRIGGERED":  # what became of it is among the others
            theirs[row["clientOrderId"]].append({**row, "executedQty": "0"})
    for order in Order.objects.filter(key=key):
        rows = theirs.pop(order.client_order_id, [])
        told = _fold_venue_rows(rows)
        ours = (order.status, order.filled)
        if order.status == "filled" and order.quantity != order.filled:
            yield f"order {order.pk}: filled {order.filled}, its quantity {order.quantity}"
        if ours != told and (rows or order.status not in ("rejected", "denied", "canceled")):
            yield f"order {order.pk}: ours {ours}, theirs {told}"
    if theirs:
        yield f"unknown here: {sorted(theirs)}"


def _fold_venue_rows(rows: list[dict[str, Any]]) -> tuple[str, Decimal]:
    if not rows:
        return "nothing", Decimal(0)
    executed = sum((Decimal(row["executedQty"]) for row in rows), Decimal(0))
    status = OUR_STATUSES[rows[-1]["status"]]
    if status in ("new", "partially_filled"):
        status = "partially_filled" if executed else "new"
    return status, executed


def _compare_fills(simulator: SimulatorProcess, key: ExchangeKey) -> Iterator[str]:
    names = {
        (row["symbol"], row["orderId"]): row["clientOrderId"]
        for row in simulator.control.get("orders", account=key.api_key)["orders"]
    }
    theirs: Counter[tuple[str, FillFigures]] = Counter()
    for trade in simulator.control.get("trades", account=key.api_key)["trades"]:
        part = (trade["qty"], trade["price"], trade["commission"])
        quantity, price, fee = map(_to_decimal, part)
        name = names[trade["symbol"], trade["orderId"]]
        theirs[name, (quantity, price, fee, trade["commissionAsset"])] += 1
    ours: Counter[tuple[str, FillFigures]] = Counter()
    for fill in Fill.objects.filter(key=key).select_related("order"):
        quantity, price = _to_decimal(fill.quantity), _to_decimal(fill.price)
        fee = _to_decimal(fill.fee) if fill.fee is not None else Decimal(-1)
        ours[fill.order.client_order_id, (quantity, price, fee, fill.fee_currency)] += 1
    if ours != theirs:
        yield f"parts: only ours {ours - theirs}, only theirs {theirs - ours}"
    for order in Order.objects.filter(key=key):
        if order.filled != order.fills_quantity:
            yield f"order {order.pk}: filled {order.filled}, its parts {order.fills_quantity}"


def _compare_holdings(
    simulator: SimulatorProcess, key: ExchangeKey, market: MarketEndpoints
) -> Iterator[str]:
    if not fetch.refresh_key(key.pk):
        yield "holdings could not be asked for"
    accounts = simulator.control.get("accounts")["accounts"]
    account = next(row for row in accounts if row["key"] == key.api_key)
    if market.market == "spot":
        # Where one account is for everything, what is there for contracts counts as free too.
        besides = account["futures"] if market.venue in UNIFIED else {}
        theirs = {
            asset: (
                _to_decimal(Decimal(held["free"]) + Decimal(besides.get(asset, 0))),
                _to_decimal(held["locked"]),
            )
            for asset, held in account["balances"].items()
            if Decimal(held["free"]) or Decimal(held["locked"])
        }
        ours = {
            row.currency: (_to_decimal(row.free), _to_decimal(row.held))
            for row in Balance.objects.filter(key=key)
            if row.free or row.held
        }
        if ours != theirs:
            yield f"balances: ours {ours}, theirs {theirs}"
        return
    for side, name in POSITION_NAMES.items():
        held = account["positions"].get(f"{market.name}{name}", {"quantity": "0"})
        position = Position.objects.filter(key=key, symbol=market.symbol, side=side).first()
        if (position.quantity if position else 0) != Decimal(held["quantity"]):
            yield f"position: ours {side} {position}, theirs {held}"


def _compare_events(key: ExchangeKey) -> Iterator[str]:
    """Compare the folded events with the database."""
    told: dict[tuple[str, int], dict[str, Any]] = {}
    for event in read_events(key.user_id, 0, 100_000):
        if event.type in ("order_update", "trade"):
            data = json.loads(event.frame)["data"]
            told[event.type, data["id"]] = data
    for order in Order.objects.filter(key=key).select_related("key", "bot"):
        if _without_freshness(told.get(("order_update", order.pk), {})) != _without_freshness(
            order_data(order)
        ):
            yield f"order {order.pk} was told otherwise"
    for fill in Fill.objects.filter(key=key):
        if told.get(("trade", fill.pk)) != trade_data(fill):
            yield f"fill {fill.pk} was told otherwise"


def _without_freshness(data: Any) -> dict[str, object]:
    return {name: value for name, value in data.items() if name != "checked_at"}


def _to_decimal(number: Any) -> Decimal:
    return Decimal(number).normalize()
