"""Spot orders, fills and balances in Binance's JSON, for REST and for streams."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from exchanges.simulator.accounts.accounts import Account
from exchanges.simulator.binance.market_rows import Json
from exchanges.simulator.decimals import ZERO, format_8, write_8
from exchanges.simulator.orders.orders import BalanceEvent, Fill, Order, OrderEvent

# An order whose trigger fired is sent as NEW once more, then with "w" true.
EXECUTION_TYPES = {"TRIGGERED": "NEW", "AMENDED": "REPLACED"}


def order_type(order: Order) -> str:
    if not order.trigger:
        return order.type
    return order.trigger.kind + ("_LIMIT" if order.type == "LIMIT" else "")


def order_row(order: Order) -> Json:
    """Build an order as queries and lists show it."""
    return {
        **order_id_fields(order),
        "clientOrderId": order.client_id,
        **_amount_fields(order),
        "stopPrice": format_8(order.trigger.price if order.trigger else ZERO),
        **_trailing_fields(order, "trailingDelta", "trailingTime"),
        "icebergQty": format_8(ZERO),
        "time": order.created,
        "updateTime": order.updated,
        "isWorking": order.working_since is not None,
        "workingTime": order.working_since or -1,
        "origQuoteOrderQty": format_8(order.quote_quantity),
        "selfTradePreventionMode": order.self_trade,
    }


def new_order_row(order: Order, fills: Iterable[Fill], response: str) -> Json:
    """Build the answer to a new order: ACK, RESULT or FULL."""
    row = {
        **order_id_fields(order),
        "clientOrderId": order.client_id,
        "transactTime": order.created,
    }
    if response == "ACK":
        return row
    row |= {
        **_amount_fields(order),
        **_trigger_fields(order),
        "workingTime": order.working_since or -1,
        "selfTradePreventionMode": order.self_trade,
    }
    if response == "FULL":
        row["fills"] = [_order_fill_row(fill) for fill in fills]
    return row


def cancelled_order_row(order: Order, cancel_id: str) -> Json:
    return {
        "symbol": order.symbol,
        "origClientOrderId": order.client_id,
        "orderId": order.id,
        "orderListId": order.list_id,
        "clientOrderId": cancel_id,
        "transactTime": order.updated,
        **_amount_fields(order),
        **_trigger_fields(order),
        "selfTradePreventionMode": order.self_trade,
    }


def list_row(members: Sequence[Order], now: int) -> Json:
    """Build an order list: one ends the other, or some begin when another is filled."""
    first, is_open = members[0], any(order.is_open for order in members)
    follows = any(order.follows for order in members)
    return {
        "orderListId": first.list_id,
        "contingencyType": "OTO" if follows else "OCO",
        "listStatusType": "EXEC_STARTED" if is_open else "ALL_DONE",
        "listOrderStatus": "EXECUTING" if is_open else "ALL_DONE",
        "listClientOrderId": first.list_client_id,
        "transactionTime": now,
        "symbol": first.symbol,
        "orders": [
            {"symbol": order.symbol, "orderId": order.id, "clientOrderId": order.client_id}
            for order in members
        ],
    }


def fill_row(fill: Fill) -> Json:
    return {
        "symbol": fill.symbol,
        "id": fill.id,
        "orderId": fill.order_id,
        "orderListId": -1,
        **write_8(price=fill.price, qty=fill.quantity),
        **write_8(quoteQty=fill.quote, commission=fill.commission),
        "commissionAsset": fill.commission_asset,
        "time": fill.time,
        "isBuyer": fill.side == "BUY",
        "isMaker": fill.maker,
        "isBestMatch": True,
    }


def account_row(account: Account, omit_zero: bool) -> Json:
    balances = [
        {"asset": asset, **write_8(free=balance.free, locked=balance.locked)}
        for asset, balance in sorted(account.balances.items())
        if not omit_zero or balance.free or balance.locked
    ]
    maker, taker = account.maker_fee, account.taker_fee
    return {
        "makerCommission": int(maker * 10000),
        "takerCommission": int(taker * 10000),
        **dict.fromkeys(("buyerCommission", "sellerCommission"), 0),
        "commissionRates": write_8(maker=maker, taker=taker, buyer=ZERO, seller=ZERO),
        "canTrade": account.permissions.trading,
        "canWithdraw": account.permissions.withdrawals,
        "canDeposit": True,
        **dict.fromkeys(("brokered", "requireSelfTradePrevention", "preventSor"), False),
        "updateTime": account.updated,
        "accountType": "SPOT",
        "balances": balances,
        "permissions": ["SPOT"],
        "uid": account.created,
    }


def execution_report(event: OrderEvent) -> Json:
    order, fill = event.order, event.fill
    on_book = order.is_open and not order.is_waiting and order.type != "MARKET"
    return {
        "e": "executionReport",
        "E": event.time,
        "s": order.symbol,
        "c": event.cancel_id or order.client_id,
        "S": order.side,
        "o": order_type(order),
        "f": order.time_in_force,
        **write_8(q=_show_quantity(order), p=order.price),
        "P": format_8(order.trigger.price if order.trigger else ZERO),
        **_trailing_fields(order, "d", "D"),
        "F": format_8(ZERO),
        "g": order.list_id,
        "C": order.client_id if event.cancel_id else event.former_client_id,
        "x": EXECUTION_TYPES.get(event.kind, event.kind),
        "X": order.status,
        "r": "NONE",
        "i": order.id,
        **write_8(l=fill.quantity if fill else ZERO, z=order.executed),
        "L": format_8(fill.price if fill else ZERO),
        "n": format_8(fill.commission) if fill else "0",
        "N": fill.commission_asset if fill else None,
        "T": event.time,
        "t": fill.id if fill else -1,
        "I": event.number,
        "w": on_book,
        "m": fill.maker if fill else False,
        "M": False,
        "O": order.created,
        **write_8(Z=order.quote_executed, Y=fill.quote if fill else ZERO, Q=order.quote_quantity),
        **({} if order.working_since is None else {"W": order.working_since}),
        "V": order.self_trade,
    }


def account_position(event: OrderEvent) -> Json:
    return {
        "e": "outboundAccountPosition",
        "E": event.time,
        "u": event.time,
        "B": [
            {"a": holding.asset, **write_8(f=holding.free, l=holding.locked)}
            for holding in event.holdings
        ],
    }


def balance_update(event: BalanceEvent) -> Json:
    return {
        "e": "balanceUpdate",
        "E": event.time,
        "a": event.asset,
        "d": format_8(event.delta),
        "T": event.time,
    }


def order_id_fields(order: Order) -> Json:
    return {"symbol": order.symbol, "orderId": order.id, "orderListId": order.list_id}


def _amount_fields(order: Order) -> Json:
    return {
        **write_8(price=order.price, origQty=_show_quantity(order), executedQty=order.executed),
        **write_8(origQuoteOrderQty=order.quote_quantity, cummulativeQuoteQty=order.quote_executed),
        "status": order.status,
        "timeInForce": order.time_in_force,
        "type": order_type(order),
        "side": order.side,
    }


def _show_quantity(order: Order) -> Decimal:
    """Return the quantity; of an order that counts what it spends, what is filled so far."""
    return order.executed if order.quote_quantity else order.quantity


def _trigger_fields(order: Order) -> Json:
    """Return the fields that only conditional orders have."""
    if not order.trigger:
        return {}
    stop = {"stopPrice": format_8(order.trigger.price)} if order.trigger.price else {}
    return {**stop, **_trailing_fields(order, "trailingDelta", "trailingTime")}


def _trailing_fields(order: Order, delta: str, since: str) -> Json:
    if not order.trigger or not order.trigger.trail:
        return {}
    trailing_since = order.created if order.trigger.best else -1
    return {delta: int(order.trigger.trail * 100), since: trailing_since}


def _order_fill_row(fill: Fill) -> Json:
    amounts = write_8(price=fill.price, qty=fill.quantity, commission=fill.commission)
    return {**amounts, "commissionAsset": fill.commission_asset, "tradeId": fill.id}
