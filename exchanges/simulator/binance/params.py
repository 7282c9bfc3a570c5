"""Read request parameters as strictly as Binance does."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TypeVar, cast

from exchanges.simulator.accounts.listen_keys import random_text
from exchanges.simulator.binance import errors
from exchanges.simulator.binance.unsupported import refuse_spot_parameters
from exchanges.simulator.decimals import ZERO, count_decimals
from exchanges.simulator.orders.orders import NewOrder, OrderType, SelfTrade, Side, TimeInForce
from exchanges.simulator.orders.triggers import Trigger, TriggerKind
from exchanges.simulator.rate_limits.weight_limiter import DAY

Params = Mapping[str, str]
Row = TypeVar("Row")
Choice = TypeVar("Choice", bound=str)

NUMBER = r"^([0-9]{1,20})(\.[0-9]{1,20})?$"
CLIENT_ID = r"^[a-zA-Z0-9-_]{1,36}$"
INTEGER = r"^[0-9]{1,20}$"

SELF_TRADES: tuple[SelfTrade, ...] = ("NONE", "EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH")
# Parameters that each order type needs, and those it refuses.
REQUIRED_FIELDS = {
    "LIMIT": ("timeInForce", "quantity", "price"),
    "LIMIT_MAKER": ("quantity", "price"),
    "MARKET": (),
    "STOP_LOSS": ("quantity",),
    "STOP_LOSS_LIMIT": ("timeInForce", "quantity", "price"),
    "TAKE_PROFIT": ("quantity",),
    "TAKE_PROFIT_LIMIT": ("timeInForce", "quantity", "price"),
}
FORBIDDEN_FIELDS = {
    "LIMIT": ("quoteOrderQty", "stopPrice", "trailingDelta"),
    "LIMIT_MAKER": ("timeInForce", "quoteOrderQty", "stopPrice", "trailingDelta"),
    "MARKET": ("timeInForce", "price", "stopPrice", "trailingDelta"),
    "STOP_LOSS": ("timeInForce", "price", "quoteOrderQty"),
    "STOP_LOSS_LIMIT": ("quoteOrderQty",),
    "TAKE_PROFIT": ("timeInForce", "price", "quoteOrderQty"),
    "TAKE_PROFIT_LIMIT": ("quoteOrderQty",),
}
# The trigger of a conditional type, and the type of the order it places.
CONDITIONAL_TYPES: dict[str, tuple[TriggerKind, OrderType]] = {
    "STOP_LOSS": ("STOP_LOSS", "MARKET"),
    "STOP_LOSS_LIMIT": ("STOP_LOSS", "LIMIT"),
    "TAKE_PROFIT": ("TAKE_PROFIT", "MARKET"),
    "TAKE_PROFIT_LIMIT": ("TAKE_PROFIT", "LIMIT"),
}


def read_text(params: Params, name: str) -> str:
    value = params.get(name, "")
    if not value:
        raise errors.missing_parameter(name)
    return value


def read_choice(
    params: Params, name: str, choices: Sequence[Choice], code: int, default: str = ""
) -> Choice:
    """Return the parameter as one of the choices, or refuse it with that code."""
    value = params.get(name) or default or read_text(params, name)
    if value not in choices:
        raise errors.BinanceError(code, f"Invalid {name}.")
    return choices[choices.index(value)]


def read_integer(params: Params, name: str) -> int | None:
    value = params.get(name, "")
    if not value:
        return None
    if not re.fullmatch(INTEGER, value):
        raise errors.illegal_parameter(name, INTEGER)
    return int(value)


def read_limit(params: Params, default: int, max_limit: int) -> int:
    value = read_integer(params, "limit")
    if value == 0:
        raise errors.BinanceError(-1130, "Data sent for parameter 'limit' is not valid.")
    return default if value is None else min(value, max_limit)


def read_decimal(params: Params, name: str) -> Decimal:
    """Return a positive decimal, or zero if the parameter was not sent."""
    value = params.get(name, "")
    if not value:
        return ZERO
    if not re.fullmatch(NUMBER, value):
        raise errors.illegal_parameter(name, NUMBER)
    parsed = Decimal(value)
    if count_decimals(parsed) > 8:
        raise errors.BinanceError(-1111, f"Parameter '{name}' has too much precision.")
    return parsed


def read_client_id(params: Params, name: str = "newClientOrderId") -> str:
    value = params.get(name, "")
    if not value:
        return random_text(22)
    if not re.fullmatch(CLIENT_ID, value):
        raise errors.illegal_parameter(name, CLIENT_ID)
    return value


def read_order(params: Params, account: str, symbol: str) -> NewOrder:
    order_type = read_text(params, "type")
    _check_fields(params, order_type)
    refuse_spot_parameters(params)
    quantity, value = read_decimal(params, "quantity"), read_decimal(params, "quoteOrderQty")
    _check_amounts(params, quantity, value)
    side: Side = read_choice(params, "side", ("BUY", "SELL"), -1117)
    trigger, engine_type = _read_trigger(params, order_type, side)
    return NewOrder(
        account=account,
        symbol=symbol,
        side=side,
        type=engine_type,
        client_id=read_client_id(params),
        time_in_force=_read_time_in_force(params, order_type),
        quantity=quantity,
        quote_quantity=value,
        price=read_decimal(params, "price"),
        self_trade=read_choice(
            params, "selfTradePreventionMode", SELF_TRADES, -1013, "EXPIRE_MAKER"
        ),
        trigger=trigger,
    )


def read_response_type(params: Params) -> str:
    """Return ACK, RESULT or FULL; the default is FULL for LIMIT and MARKET, else ACK."""
    default = "FULL" if params.get("type") in ("LIMIT", "MARKET") else "ACK"
    return read_choice(params, "newOrderRespType", ("ACK", "RESULT", "FULL"), -1136, default)


def filter_by_time(
    rows: Iterable[Row], time_of: Callable[[Row], int], params: Params, longest: int = DAY
) -> list[Row]:
    """Return the rows between `startTime` and `endTime`, which may be `longest` apart."""
    start, end = read_integer(params, "startTime"), read_integer(params, "endTime")
    if start is not None and end is not None and end - start > longest:
        hours = longest // 3_600_000
        raise errors.BinanceError(-1127, f"More than {hours} hours between startTime and endTime.")
    rows = [row for row in rows if start is None or time_of(row) >= start]
    return [row for row in rows if end is None or time_of(row) <= end]


def cut_page(rows: list[Row], params: Mapping[str, str], id_field: str) -> list[Row]:
    """Return one page, oldest first: from the requested id or time, else the newest rows."""
    limit = read_limit(params, 500, 1000)
    if params.get(id_field) or params.get("startTime"):
        return rows[:limit]
    return rows[-limit:]


def _check_fields(params: Params, order_type: str) -> None:
    if order_type not in REQUIRED_FIELDS:
        raise errors.BinanceError(-1116, "Invalid orderType.")
    for name in REQUIRED_FIELDS[order_type]:
        read_text(params, name)
    for name in FORBIDDEN_FIELDS[order_type]:
        if params.get(name):
            raise errors.unexpected_parameter(name)


def _check_amounts(params: Params, quantity: Decimal, value: Decimal) -> None:
    if quantity and value:
        raise errors.unexpected_parameter("quoteOrderQty")
    if not quantity and not value:
        if "quantity" in params or "quoteOrderQty" in params:
            raise errors.BinanceError(-1013, "Invalid quantity.")
        raise errors.missing_parameter("quantity")
    if "price" in params and not read_decimal(params, "price"):
        raise errors.BinanceError(-1013, "Invalid price.")


def _read_trigger(params: Params, kind: str, side: Side) -> tuple[Trigger | None, OrderType]:
    if kind not in CONDITIONAL_TYPES:
        return None, cast("OrderType", kind)
    trigger_kind, order_type = CONDITIONAL_TYPES[kind]
    price, bips = read_decimal(params, "stopPrice"), read_integer(params, "trailingDelta")
    if not price and not bips:
        message = "Param 'stopPrice' or 'trailingDelta' must be sent, but both were empty/null!"
        raise errors.BinanceError(-1102, message)
    trigger = Trigger(
        kind=trigger_kind,
        rises=(side == "BUY") == (trigger_kind == "STOP_LOSS"),
        price=price,
        trail=Decimal(bips or 0) / 100,
    )
    return trigger, order_type


def _read_time_in_force(params: Params, order_type: str) -> TimeInForce:
    if "timeInForce" not in REQUIRED_FIELDS[order_type]:
        return "GTC"
    return read_choice(params, "timeInForce", ("GTC", "IOC", "FOK"), -1115)
