"""What we ask Binance spot to place, in ccxt's words: its type and its parameters."""

from decimal import Decimal
from typing import Any, Final

from exchanges.base import OrderRequest, Refused

TRIGGERS: Final = {"stop_loss": "stopLossPrice", "take_profit": "takeProfitPrice"}


def wish(request: OrderRequest) -> tuple[str, dict[str, Any]]:
    """Limit or market, and what more there is to say; Refused where spot has no such thing."""
    if request.reduce_only:
        raise Refused("spot orders cannot be reduce-only: there is no position to reduce")
    params: dict[str, Any] = {"newClientOrderId": request.client_order_id}
    if not request.is_conditional:
        return request.type, params | _standing(request)
    kind = "market" if request.price is None else "limit"
    if kind == "limit" and request.time_in_force == "PO":
        raise Refused("Binance spot has no post-only orders that wait for a price")
    return kind, params | _condition(request) | ({} if kind == "market" else _standing(request))


def _standing(request: OrderRequest) -> dict[str, Any]:
    if request.type == "market":
        return {}
    post_only = request.time_in_force == "PO"
    return {"postOnly": True} if post_only else {"timeInForce": request.time_in_force}


def _condition(request: OrderRequest) -> dict[str, Any]:
    if request.type != "trailing_stop":
        return {TRIGGERS[request.type]: _text(request.trigger_price)}
    if request.trailing_percent is None:
        raise Refused("a trailing stop needs a percent to follow by")
    trailing = {
        "trailingPercent": _text(request.trailing_percent),
        "stopLossOrTakeProfit": "stopLoss",
    }
    if request.trigger_price is None:
        return trailing
    return trailing | {"trailingTriggerPrice": _text(request.trigger_price)}


def _text(number: Decimal | None) -> str:
    if number is None:
        raise Refused("an order that waits for a price needs one")
    return f"{number:f}"
