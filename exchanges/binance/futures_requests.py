"""The parameters that name a Binance USD-M order in a request. Pure."""

from typing import Any

from exchanges.base import OrderName
from exchanges.binance import futures_rows as rows


def may_be_conditional(order: OrderName) -> bool:
    waiting = (order.exchange_order_id or "").startswith(rows.CONDITIONAL_PREFIX)
    return waiting or (order.is_conditional and not order.exchange_order_id)


def id_params(order: OrderName) -> dict[str, Any]:
    """Return the parameters that name an order: the venue's id if known, else ours."""
    if order.exchange_order_id:
        return {"orderId": order.exchange_order_id}
    return {"origClientOrderId": order.client_order_id}


def conditional_id_params(order: OrderName) -> dict[str, Any]:
    if order.exchange_order_id:
        return {"algoId": order.exchange_order_id.removeprefix(rows.CONDITIONAL_PREFIX)}
    return {"clientAlgoId": order.client_order_id}
