"""Translate OKX's rows into reports, digit for digit. Pure."""

from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

from exchanges import base
from exchanges.through_ccxt import values
from exchanges.through_ccxt.values import Row
from realtime.values import EXACT

AT_MARKET: Final = "-1"  # the price of an order that takes what there is
STATUSES: Final[dict[str, base.ReportStatus]] = {
    "live": "new",
    "partially_filled": "partially_filled",
    "filled": "filled",
    "canceled": "canceled",
    "mmp_canceled": "canceled",
}
ALGO_STATUSES: Final[dict[str, base.ReportStatus]] = {
    "live": "new",
    "pause": "new",
    "partially_effective": "new",
    "effective": "new",  # it has become an order, of which this row says nothing more
    "canceled": "canceled",
    "order_failed": "rejected",
    "partially_failed": "rejected",
}
# Ended by the rule under which the order was placed, not because somebody asked.
ENDS: Final[dict[str, base.ReportStatus]] = {
    "13": "expired",
    "14": "expired",
    "31": "rejected",  # post only, and it would have taken
    "32": "expired",
}
SIDES: Final[dict[str, base.PositionSide]] = {"long": "long", "short": "short"}
POSITION_SIDES: Final[dict[str, base.PositionSide]] = {**SIDES, "net": "net"}
TIMES_IN_FORCE: Final = {
    **{"limit": "GTC", "post_only": "PO", "mmp_and_post_only": "PO"},
    **{"fok": "FOK", "ioc": "IOC", "optimal_limit_ioc": "IOC"},
}
LIMITS: Final = frozenset({"limit", "post_only", "fok", "ioc", "rpi", "elp", "mmp"})
# An average has 16 decimals and a price times a size never so many: what they were made of.
COST_DIGITS: Final = Decimal("1e-12")


def order_report(
    info: Row, market: Row, fills: tuple[base.FillReport, ...] = ()
) -> base.OrderReport:
    """Report an order from a list or the orders channel."""
    size = contract_size(market)
    filled = _to_coins(info.get("accFillSz"), size)
    return base.OrderReport(
        symbol=market["symbol"],
        exchange_order_id=str(info["ordId"]),
        client_order_id=_read_client_id(info),
        side=values.parse_side(info["side"]),
        type="limit" if info.get("ordType") in LIMITS else "market",
        status=_read_status(info),
        raw_status=_describe_status(info),
        price=values.parse_positive(info.get("px")),
        quantity=None if _is_in_quote(info) else _to_coins(info.get("sz"), size),
        filled=filled,
        cost=_compute_cost(info, filled),
        reported_at=values.parse_time_or_none(info.get("uTime")),
        fills=fills,
        time_in_force=TIMES_IN_FORCE.get(str(info.get("ordType"))),
        group=(info.get("linkedAlgoOrd") or {}).get("algoId") or None,
        **_read_position_terms(info),
        raw=dict(info),
    )


def streamed_report(info: Row, market: Row) -> base.OrderReport:
    """Report an order from the orders channel, with the fill if there is one."""
    return order_report(info, market, (_streamed_fill(info, market),) if _is_fill(info) else ())


def algo_report(info: Row, market: Row) -> base.OrderReport:
    """Report a conditional order: nothing of it is filled while it waits."""
    state = str(info.get("state"))
    return base.OrderReport(
        symbol=market["symbol"],
        exchange_order_id=f"{base.CONDITIONAL_PREFIX}{info['algoId']}",
        client_order_id=_read_client_id(info),
        side=values.parse_side(info["side"]),
        type=_algo_type(info),
        status=ALGO_STATUSES.get(state, "unknown"),
        raw_status=" ".join(word for word in (state, str(info.get("failCode") or "")) if word),
        price=values.parse_positive(_price_behind(info)),
        quantity=None if _is_in_quote(info) else _to_coins(info.get("sz"), contract_size(market)),
        filled=Decimal(0) if state in ("live", "pause", "canceled", "order_failed") else None,
        reported_at=values.parse_time_or_none(info.get("uTime") or info.get("cTime")),
        trigger_price=_read_trigger(info),
        take_profit_price=_read_second_trigger(info),
        trailing_percent=values.parse_percent(info.get("callbackRatio"), factor=Decimal(100)),
        closes_position=bool(values.parse_positive(info.get("closeFraction"))),
        **_read_position_terms(info),
        raw=dict(info),
    )


def fill_report(info: Row, market: Row) -> base.FillReport:
    """Report a fill. OKX writes a fee as negative and a rebate as positive."""
    return base.FillReport(
        symbol=market["symbol"],
        trade_id=values.parse_trade_id(info.get("tradeId")),
        exchange_order_id=str(info["ordId"]),
        side=values.parse_side(info["side"]),
        price=values.parse_fill_price(info["fillPx"]),
        quantity=EXACT.multiply(values.parse_fill_quantity(info["fillSz"]), contract_size(market)),
        fee=_negate_fee(info.get("fee")),
        fee_currency=info.get("feeCcy") or None,
        is_maker=_is_maker(info),
        executed_at=values.parse_time(info.get("fillTime") or info["ts"]),
    )


def balance_report(info: Row) -> base.BalanceReport:
    return base.BalanceReport(
        currency=info["ccy"],
        free=values.parse_decimal(info.get("availBal")) or Decimal(0),
        held=values.parse_decimal(info.get("frozenBal")) or Decimal(0),
        cash=values.parse_decimal(info.get("cashBal")),
        reported_at=values.parse_time_or_none(info.get("uTime")),
    )


def position_report(info: Row, market: Row) -> base.PositionReport:
    """Report a position. In hedge mode a contract has a long and a short one, both positive."""
    quantity = _to_coins(info.get("pos"), contract_size(market)) or Decimal(0)
    side = str(info.get("posSide"))
    return base.PositionReport(
        symbol=market["symbol"],
        quantity=-abs(quantity) if side == "short" else quantity,
        entry_price=values.parse_positive(info.get("avgPx")),
        mark_price=values.parse_positive(info.get("markPx")),
        liquidation_price=values.parse_positive(info.get("liqPx")),
        unrealised=values.parse_decimal(info.get("upl")),
        leverage=values.parse_positive(info.get("lever")),
        margin_mode=info.get("mgnMode") or None,
        side=SIDES.get(side, "net"),
        reported_at=values.parse_time_or_none(info.get("uTime")),
    )


def symbol_rules(market: Row) -> base.SymbolRules:
    """OKX sets no least value of an order, only a least size; contracts are counted in coins."""
    rules, size = values.symbol_rules(market), contract_size(market)
    step, least = rules.quantity_step * size, rules.min_quantity * size
    return replace(rules, quantity_step=step, min_quantity=least, min_cost=Decimal(0))


def contract_size(market: Row) -> Decimal:
    return Decimal(market["contractSize"]) if market.get("contract") else Decimal(1)


def find_triggered_id(info: Row) -> str:
    """Return the id of the order that a trigger created; OKX has two fields for it."""
    return str(info.get("ordId") or (info.get("ordIdList") or [""])[-1] or "")


def _read_client_id(info: Row) -> str | None:
    """Return our id first: a triggered order may carry another that OKX made up."""
    return info.get("algoClOrdId") or info.get("clOrdId") or None


def _is_fill(info: Row) -> bool:
    """Return True for a part. Later messages may keep its size, but not its price."""
    return bool(values.parse_decimal(info.get("fillSz")) and values.parse_decimal(info["fillPx"]))


def _streamed_fill(info: Row, market: Row) -> base.FillReport:
    """Report a streamed fill with its own fee; another field holds the order's total fee."""
    part = {**info, "fee": info.get("fillFee"), "feeCcy": info.get("fillFeeCcy")}
    return fill_report(part, market)


def _read_status(info: Row) -> base.ReportStatus:
    if info.get("state") == "canceled":
        return ENDS.get(str(info.get("cancelSource")), "canceled")
    return STATUSES.get(str(info.get("state")), "unknown")


def _describe_status(info: Row) -> str | None:
    """Return the raw status, with the reason for the end where OKX gives one."""
    parts = (str(info.get("state") or ""), str(info.get("cancelSourceReason") or ""))
    return " ".join(word for word in parts if word) or None


def _read_trigger(info: Row) -> Decimal | None:
    names = ("slTriggerPx", "tpTriggerPx", "triggerPx", "activePx")
    prices = (values.parse_positive(info.get(name)) for name in names)
    return next((price for price in prices if price), None)


def _read_second_trigger(info: Row) -> Decimal | None:
    """Return the price that takes profit where there is one to stop a loss too."""
    stop = values.parse_positive(info.get("slTriggerPx"))
    return values.parse_positive(info.get("tpTriggerPx")) if stop else None


def _read_position_terms(info: Row) -> dict[str, Any]:
    return {
        "reduce_only": values.parse_flag(info.get("reduceOnly")),
        "position_side": POSITION_SIDES.get(str(info.get("posSide"))),
    }


def _algo_type(info: Row) -> str:
    if info.get("ordType") == "move_order_stop":
        return "trailing_stop"
    if _read_second_trigger(info):
        return "oco"
    if info.get("ordType") in ("conditional", "oco"):
        return "stop_loss" if values.parse_positive(info.get("slTriggerPx")) else "take_profit"
    return str(info.get("ordType"))


def _price_behind(info: Row) -> Any:
    """Return the limit price of the triggered order, if it has one."""
    names = ("slOrdPx", "tpOrdPx", "ordPx")
    prices = (info.get(name) for name in names)
    return next((price for price in prices if price not in (None, "", "0", AT_MARKET)), None)


def _is_in_quote(info: Row) -> bool:
    """Tell whether an order is counted in what it spends: a spot market buy is, by default."""
    if info.get("ordType") in LIMITS:
        return False
    is_spot_buy = info.get("ordType") == "market" and info["side"] == "buy"
    is_spot_buy = is_spot_buy and info.get("instType") in ("SPOT", "MARGIN")
    return (info.get("tgtCcy") or ("quote_ccy" if is_spot_buy else "")) == "quote_ccy"


def _compute_cost(info: Row, filled: Decimal | None) -> Decimal | None:
    average = values.parse_decimal(info.get("avgPx"))
    if not filled:
        return filled
    if average is None:
        return None
    cost = EXACT.multiply(average, filled).quantize(COST_DIGITS, context=EXACT)
    return cost.normalize(EXACT)


def _to_coins(text: Any, size: Decimal) -> Decimal | None:
    number = values.parse_decimal(text)
    return None if number is None else EXACT.multiply(number, size)


def _negate_fee(text: Any) -> Decimal | None:
    fee = values.parse_decimal(text)
    return None if fee is None else -fee


def _is_maker(info: Row) -> bool | None:
    return {"M": True, "T": False}.get(str(info.get("execType")))
