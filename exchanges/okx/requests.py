"""Build OKX's requests: orders in its own terms and sizes."""

from decimal import Decimal
from typing import Any

from exchanges.base import OrderRequest
from exchanges.okx.rows import AT_MARKET, contract_size
from exchanges.through_ccxt.values import Row


def build_order(request: OrderRequest, market: Row, *, margin_mode: str) -> dict[str, Any]:
    """Build an order in OKX's terms: contracts by number, coins by amount."""
    params: dict[str, Any] = _build_common_params(request, market, margin_mode)
    params["clOrdId"] = request.client_order_id
    if request.type == "market":
        return params | {"ordType": "market"}
    kind = {"PO": "post_only", "IOC": "ioc", "FOK": "fok"}.get(request.time_in_force, "limit")
    return params | {"ordType": kind, "px": f"{request.price:f}"}


def build_amendment(wanted: OrderRequest, market: Row) -> dict[str, Any]:
    """Build the new price and size; the size counts what is filled already."""
    size = _format_number(wanted.quantity / contract_size(market))
    return {"newSz": size, "newPx": f"{wanted.price:f}"}


def build_conditional_amendment(wanted: OrderRequest, market: Row) -> dict[str, Any]:
    """Build the new trigger, size and price of an order that waits for its trigger."""
    prefix = "Sl" if wanted.type == "stop_loss" else "Tp"
    return {
        "newSz": _format_number(wanted.quantity / contract_size(market)),
        f"new{prefix}TriggerPx": f"{wanted.trigger_price:f}",
        f"new{prefix}OrdPx": AT_MARKET if wanted.price is None else f"{wanted.price:f}",
    }


def build_conditional_order(
    request: OrderRequest, market: Row, *, margin_mode: str
) -> dict[str, Any]:
    params: dict[str, Any] = _build_common_params(request, market, margin_mode)
    # ccxt would put a name of its own beside ours if there were none under `clOrdId`.
    params |= {"algoClOrdId": request.client_order_id, "clOrdId": request.client_order_id}
    if request.type == "trailing_stop":
        ratio = (request.trailing_percent or Decimal(0)) / 100
        begins = {"activePx": f"{request.trigger_price:f}"} if request.trigger_price else {}
        return params | {"ordType": "move_order_stop", "callbackRatio": f"{ratio:f}"} | begins
    behind = AT_MARKET if request.price is None else f"{request.price:f}"
    prefix = "sl" if request.type == "stop_loss" else "tp"
    trigger = {
        f"{prefix}TriggerPx": f"{request.trigger_price:f}",
        f"{prefix}TriggerPxType": "last",
        f"{prefix}OrdPx": behind,
    }
    return params | {"ordType": "conditional"} | trigger


def _build_common_params(request: OrderRequest, market: Row, margin_mode: str) -> dict[str, Any]:
    params: dict[str, Any] = {
        "instId": market["id"],
        "tdMode": margin_mode,
        "side": request.side,
        "sz": _format_number(request.quantity / contract_size(market)),
    }
    if request.position_side:  # which says whether it may only reduce
        params["posSide"] = request.position_side
    elif request.reduce_only:
        params["reduceOnly"] = True
    if request.quote_amount is not None:
        return params | {"sz": _format_number(request.quote_amount), "tgtCcy": "quote_ccy"}
    is_market_buy = request.side == "buy" and request.price is None
    if is_market_buy and not market.get("contract"):
        params["tgtCcy"] = "base_ccy"  # or else it would be counted in quote
    return params


def _format_number(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
