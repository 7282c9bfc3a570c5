"""Orders, fills and balances in OKX's JSON: every number a text, what was taken is negative."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from exchanges.simulator.decimals import ZERO
from exchanges.simulator.engine.engine import Engine
from exchanges.simulator.okx.params import ONE_MARGIN, shown_client_id
from exchanges.simulator.okx.symbols import Instrument, in_core, wire_id
from exchanges.simulator.orders.conditional_orders import WaitingOrder
from exchanges.simulator.orders.orders import Fill, Order

Json = dict[str, object]

FIRST_BILL = 10**18
AVERAGE_DIGITS = Decimal("1e-16")
STATES = {"NEW": "live", "PARTIALLY_FILLED": "partially_filled", "FILLED": "filled"}
SELF_TRADES = {
    "EXPIRE_MAKER": "cancel_maker",
    "EXPIRE_TAKER": "cancel_taker",
    "EXPIRE_BOTH": "cancel_both",
    "NONE": "",
}
# Told of every order, and never anything but this here.
UNUSED = {
    **{"attachAlgoClOrdId": "", "attachAlgoOrds": [], "category": "normal", "ccy": ""},
    **{"isTpLimit": "false", "linkedAlgoOrd": {"algoId": ""}, "pxType": "", "pxUsd": ""},
    **{"pxVol": "", "quickMgnType": "", "rebate": "0", "slOrdPx": "", "slTriggerPx": ""},
    **{"slTriggerPxType": "", "source": "", "stpId": "", "tag": "", "tpOrdPx": ""},
    **{"tpTriggerPx": "", "tpTriggerPxType": "", "tradeQuoteCcy": "", "isElpTakerAccess": "false"},
}
REASONS = {
    "1": "Canceled by user",
    "13": "FOK order was canceled due to incompletely filled",
    "14": "IOC order was partially canceled due to incompletely filled",
    "31": "The post-only order will take liquidity in taker orders",
    "32": "Self trade prevention",
}


def plain(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def order_row(engine: Engine, order: Order) -> Json:
    """An order as the lists show it: with the last of its fills up to that moment."""
    one, fills = in_core(engine, order.symbol), fills_until(engine, order)
    last = fills[-1] if fills else None
    waited = was_waiting(engine, order)
    shown = "" if waited else shown_client_id(order.client_id)
    return {
        **UNUSED,
        "instType": one.kind,
        "instId": one.name,
        "ordId": wire_id(order.symbol, order.id),
        "clOrdId": shown,
        "algoId": algo_id(waited) if waited else "",
        "algoClOrdId": shown_client_id(waited.client_id) if waited else "",
        "side": order.side.lower(),
        "posSide": "net" if one.kind == "SWAP" else "",
        "tdMode": mode(engine, order, one),
        "lever": leverage(engine, order, one),
        "ordType": order_type(order),
        "px": plain(order.price) if order.price else "",
        "sz": plain(order.quote_quantity or one.format_8(order.quantity)),
        "tgtCcy": target(order, one),
        "state": state(order),
        "accFillSz": plain(one.format_8(order.executed)),
        "avgPx": plain(average(order)) if order.executed else "",
        "fillPx": plain(last.price) if last else "",
        "fillSz": plain(one.format_8(last.quantity)) if last else "0",
        "fillTime": str(last.time) if last else "",
        "tradeId": str(last.id) if last else "",
        "fee": plain(-sum((fill.commission for fill in fills), ZERO)),
        "feeCcy": last.commission_asset if last else fee_currency(order, one),
        "rebateCcy": one.quote if order.side == "BUY" else one.base,
        "pnl": plain(sum((fill.realised for fill in fills), ZERO)),
        "reduceOnly": "true" if order.reduce_only else "false",
        "stpMode": SELF_TRADES[order.self_trade],
        "cancelSource": cancel_source(order),
        "cancelSourceReason": REASONS.get(cancel_source(order), ""),
        "cTime": str(order.created),
        "uTime": str(order.updated),
    }


def streamed_row(engine: Engine, order: Order, fill: Fill | None, now: int) -> Json:
    """The same as the orders channel tells it: with what has just been filled, if anything."""
    one = in_core(engine, order.symbol)
    value = order.price * order.quantity if order.price else order.quote_executed
    return {
        **order_row(engine, order),
        "fillPx": plain(fill.price) if fill else "",
        "fillSz": plain(one.format_8(fill.quantity)) if fill else "0",
        "fillTime": str(fill.time) if fill else "",
        "tradeId": str(fill.id) if fill else "",
        "fillFee": plain(-fill.commission) if fill else "0",
        "fillFeeCcy": fill.commission_asset if fill else "",
        "fillPnl": plain(fill.realised) if fill else "0",
        "execType": "" if fill is None else "M" if fill.maker else "T",
        "fillNotionalUsd": plain(fill.quote) if fill else "",
        "notionalUsd": plain(value),
        "lastPx": plain(one.market.price),
        "amendResult": "",
        "amendSource": "",
        "reqId": "",
        "code": "0",
        "msg": "",
        "pTime": str(now),
    }


def fill_row(engine: Engine, fill: Fill, bill: int) -> Json:
    order, one = engine.records.orders[fill.symbol, fill.order_id], in_core(engine, fill.symbol)
    received = fill.quantity if fill.commission_asset == one.base else fill.quote
    return {
        "instType": one.kind,
        "instId": one.name,
        "tradeId": str(fill.id),
        "ordId": wire_id(fill.symbol, fill.order_id),
        "clOrdId": "" if was_waiting(engine, order) else shown_client_id(order.client_id),
        "billId": bill_id(bill),
        "subType": "1" if fill.side == "BUY" else "2",
        "tag": "",
        "fillPx": plain(fill.price),
        "fillSz": plain(one.format_8(fill.quantity)),
        "fillIdxPx": plain(fill.price),
        "fillPnl": plain(fill.realised),
        "fillPxVol": "",
        "fillPxUsd": "",
        "fillMarkVol": "",
        "fillFwdPx": "",
        "fillMarkPx": plain(fill.price) if one.kind == "SWAP" else "",
        "side": fill.side.lower(),
        "posSide": "net",
        "execType": "M" if fill.maker else "T",
        "feeCcy": fill.commission_asset,
        "fee": plain(-fill.commission),
        "feeRate": plain((-fill.commission / received).quantize(Decimal("1e-8"))),
        "tradeQuoteCcy": one.quote,
        "fillTime": str(fill.time),
        "ts": str(fill.time),
    }


def bill_id(number: int) -> str:
    return str(FIRST_BILL + number)


def bill_number(text: str) -> int | None:
    return int(text) - FIRST_BILL if text.isdigit() else None


def algo_id(waiting: WaitingOrder) -> str:
    return wire_id(waiting.symbol, waiting.id)


def was_waiting(engine: Engine, order: Order) -> WaitingOrder | None:
    """The conditional order that became this one."""
    found = engine.conditional.by_client_id(order.account, order.symbol, order.client_id)
    return found if found and found.order_id == order.id else None


def fills_until(engine: Engine, order: Order) -> Sequence[Fill]:
    """Those up to the moment that `order` shows; it may be a copy from between two fills."""
    told, fills = ZERO, []
    for fill in engine.records.list_order_fills(order):
        told += fill.quantity
        if told > order.executed:
            break
        fills.append(fill)
    return fills


def average(order: Order) -> Decimal:
    return (order.quote_executed / order.executed).quantize(AVERAGE_DIGITS)


def state(order: Order) -> str:
    return STATES.get(order.status, "canceled")


def order_type(order: Order) -> str:
    if order.type == "LIMIT_MAKER":
        return "post_only"
    if order.type == "MARKET":
        return "market"
    return {"IOC": "ioc", "FOK": "fok"}.get(order.time_in_force, "limit")


def target(order: Order, one: Instrument) -> str:
    if one.kind != "SPOT" or order.type != "MARKET":
        return ""
    return "quote_ccy" if order.quote_quantity else "base_ccy"


def cancel_source(order: Order) -> str:
    """Why it ended before it was filled: by whom, or by which rule."""
    if state(order) != "canceled":
        return ""
    if order.status == "EXPIRED_IN_MATCH":
        return "32"
    if order.type == "LIMIT_MAKER" and order.created == order.updated and not order.executed:
        return "31"
    if order.status == "EXPIRED":
        return "13" if order.time_in_force == "FOK" else "14"
    return "1"


def fee_currency(order: Order, one: Instrument) -> str:
    if one.kind == "SWAP":
        return one.quote
    return one.base if order.side == "BUY" else one.quote


def mode(engine: Engine, order: Order, one: Instrument) -> str:
    if one.kind == "SPOT":
        return "cross" if engine.accounts[order.account].level in ONE_MARGIN else "cash"
    isolated = engine.accounts[order.account].get_position(order.symbol).isolated
    return "isolated" if isolated else "cross"


def leverage(engine: Engine, order: Order, one: Instrument) -> str:
    if one.kind == "SPOT":
        return ""
    return str(engine.accounts[order.account].get_position(order.symbol).leverage)


def balance_row(currencies: Iterable[Json], now: int) -> Json:
    totals = ("totalEq", "adjEq", "availEq", "isoEq", "ordFroz", "imr", "mmr", "mgnRatio")
    more = ("borrowFroz", "notionalUsd", "upl")
    return {
        **dict.fromkeys((*totals, *more), ""),
        "uTime": str(now),
        "details": list(currencies),
    }


def currency_row(asset: str, free: Decimal, frozen: Decimal, now: int) -> Json:
    total = plain(free + frozen)
    nothing = ("borrowFroz", "crossLiab", "interest", "isoEq", "isoLiab", "liab", "maxLoan", "upl")
    empty = ("mgnRatio", "notionalLever", "spotInUseAmt", "uplLiab", "twap", "stgyEq", "rewardBal")
    return {
        **dict.fromkeys(nothing, "0"),
        **dict.fromkeys(empty, ""),
        "ccy": asset,
        "eq": total,
        "cashBal": total,
        "availBal": plain(free),
        "availEq": plain(free),
        "frozenBal": plain(frozen),
        "ordFrozen": plain(frozen),
        "disEq": total,
        "eqUsd": "",
        "uTime": str(now),
    }
