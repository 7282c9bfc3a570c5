"""Build Binance USD-M orders in its own terms. Pure."""

from decimal import Decimal
from typing import Any, Final

from exchanges import base

MARGIN_MODES: Final = {"cross": "CROSSED", "isolated": "ISOLATED"}


def _build_common_params(request: base.OrderRequest, market_id: str) -> dict[str, Any]:
    """Return the parameters that all orders have."""
    params: dict[str, Any] = {
        "symbol": market_id,
        "side": request.side.upper(),
        "quantity": f"{request.quantity:f}",
    }
    if request.price is not None:
        post_only = request.time_in_force == "PO"
        params |= {
            "price": f"{request.price:f}",
            "timeInForce": "GTX" if post_only else request.time_in_force,
        }
    if request.good_till is not None:
        params["goodTillDate"] = int(request.good_till.timestamp()) * 1000
    if request.position_side:  # which says whether it may only reduce
        return params | {"positionSide": request.position_side.upper()}
    return params | ({"reduceOnly": "true"} if request.reduce_only else {})


def build_order(request: base.OrderRequest, market_id: str) -> dict[str, Any]:
    return _build_common_params(request, market_id) | {
        "type": request.type.upper(),
        "newClientOrderId": request.client_order_id,
        "newOrderRespType": "RESULT",
    }


def build_conditional_order(request: base.OrderRequest, market_id: str) -> dict[str, Any]:
    params = {"algoType": "CONDITIONAL", "clientAlgoId": request.client_order_id}
    return _build_common_params(request, market_id) | params | _trigger_params(request)


def _trigger_params(request: base.OrderRequest) -> dict[str, Any]:
    if request.type == "trailing_stop":
        if request.price is not None:
            raise base.RequestRefused(
                "a trailing stop of Binance futures is a market order: it has no price"
            )
        trailing = {
            "type": "TRAILING_STOP_MARKET",
            "callbackRate": _require_number(request.trailing_percent, "a percent to follow by"),
        }
        begins = request.trigger_price
        return trailing if begins is None else trailing | {"activatePrice": f"{begins:f}"}
    kind = "STOP" if request.type == "stop_loss" else "TAKE_PROFIT"
    return {
        "type": kind if request.price is not None else f"{kind}_MARKET",
        "triggerPrice": _require_number(request.trigger_price, "a price to wait for"),
    }


def _require_number(number: Decimal | None, what: str) -> str:
    if number is None:
        raise base.RequestRefused(f"a conditional order needs {what}")
    return f"{number:f}"
