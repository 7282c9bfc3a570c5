"""Build Binance spot orders as ccxt wants them: a type and parameters."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from exchanges.base import OrderRequest, RequestRefused

TRIGGERS: Final = {"stop_loss": "stopLossPrice", "take_profit": "takeProfitPrice"}


def build_order(request: OrderRequest) -> tuple[str, dict[str, Any]]:
    """Return ccxt's order type and parameters, or refuse what spot does not have."""
    if request.reduce_only:
        raise RequestRefused("spot orders cannot be reduce-only: there is no position to reduce")
    params: dict[str, Any] = {"newClientOrderId": request.client_order_id}
    if not request.is_conditional:
        return request.type, params | _limit_params(request)
    kind = "market" if request.price is None else "limit"
    if kind == "limit" and request.time_in_force == "PO":
        raise RequestRefused("Binance spot has no post-only orders that wait for a price")
    return kind, params | _trigger_params(request) | (
        {} if kind == "market" else _limit_params(request)
    )


def build_quote_order(request: OrderRequest, market_id: str) -> dict[str, Any]:
    """Build a market order that is sized by what it spends or brings, in Binance's own terms."""
    return {
        "symbol": market_id,
        "side": request.side.upper(),
        "type": "MARKET",
        "quoteOrderQty": f"{request.quote_amount:f}",
        "newClientOrderId": request.client_order_id,
        "newOrderRespType": "FULL",
    }


def build_pair(requests: Sequence[OrderRequest], market_id: str, *, name: str) -> dict[str, Any]:
    """Build two exits of which one ends the other: one above the price, one below."""
    first = requests[0]
    params: dict[str, Any] = {
        "symbol": market_id,
        "side": first.side.upper(),
        "quantity": f"{first.quantity:f}",
        "listClientOrderId": name,
        "newOrderRespType": "RESULT",
    }
    for request in requests:
        is_above = (request.type == "take_profit") == (request.side == "sell")
        word, kind = "above" if is_above else "below", request.type.upper()
        params[f"{word}ClientOrderId"] = request.client_order_id
        params[f"{word}StopPrice"] = _require_number(request.trigger_price)
        params[f"{word}Type"] = kind if request.price is None else f"{kind}_LIMIT"
        if request.price is not None:
            params[f"{word}Price"] = f"{request.price:f}"
            params[f"{word}TimeInForce"] = request.time_in_force
    return params


def build_replacement(wanted: OrderRequest, market_id: str) -> dict[str, Any]:
    """Build the order that takes the place of another, in Binance's own parameters."""
    return {
        **_replacement_terms(wanted),
        "symbol": market_id,
        "side": wanted.side.upper(),
        "quantity": f"{wanted.quantity:f}",
        "newClientOrderId": wanted.client_order_id,
        "newOrderRespType": "RESULT",
        "cancelReplaceMode": "STOP_ON_FAILURE",
    }


def _replacement_terms(wanted: OrderRequest) -> dict[str, Any]:
    if not wanted.is_conditional:
        limit = {"price": f"{wanted.price:f}"}
        if wanted.time_in_force == "PO":
            return {"type": "LIMIT_MAKER", **limit}
        return {"type": "LIMIT", "timeInForce": "GTC", **limit}
    kind, trigger = wanted.type.upper(), {"stopPrice": _require_number(wanted.trigger_price)}
    if wanted.price is None:
        return {"type": kind, **trigger}
    limit = {"price": f"{wanted.price:f}", "timeInForce": wanted.time_in_force}
    return {"type": f"{kind}_LIMIT", **trigger, **limit}


def _limit_params(request: OrderRequest) -> dict[str, Any]:
    if request.type == "market":
        return {}
    post_only = request.time_in_force == "PO"
    return {"postOnly": True} if post_only else {"timeInForce": request.time_in_force}


def _trigger_params(request: OrderRequest) -> dict[str, Any]:
    if request.type != "trailing_stop":
        return {TRIGGERS[request.type]: _require_number(request.trigger_price)}
    if request.trailing_percent is None:
        raise RequestRefused("a trailing stop needs a percent to follow by")
    trailing = {
        "trailingPercent": _require_number(request.trailing_percent),
        "stopLossOrTakeProfit": "stopLoss",
    }
    if request.trigger_price is None:
        return trailing
    return trailing | {"trailingTriggerPrice": _require_number(request.trigger_price)}


def _require_number(number: Decimal | None) -> str:
    if number is None:
        raise RequestRefused("an order that waits for a price needs one")
    return f"{number:f}"
