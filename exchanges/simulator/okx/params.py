"""Request parameters, read as OKX reads them: numbers are strings, pages follow an id."""

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from secrets import token_hex
from typing import Any, TypeVar

from exchanges.simulator.accounts.accounts import Account
from exchanges.simulator.decimals import ZERO
from exchanges.simulator.okx.errors import missing, refusal, wrong
from exchanges.simulator.okx.symbols import Instrument
from exchanges.simulator.orders.orders import NewOrder, OrderType, SelfTrade, Side, TimeInForce

Params = Mapping[str, Any]
Row = TypeVar("Row")

CLIENT_ID = re.compile(r"[a-zA-Z0-9]{1,32}")
NUMBER = re.compile(r"[0-9]{1,20}(\.[0-9]{1,20})?")
NAMELESS = "~"  # stands before the core's name of an order that its owner gave none
PAGE = 100
ONE_MARGIN = (3, 4)
KINDS: dict[str, tuple[OrderType, TimeInForce]] = {
    "limit": ("LIMIT", "GTC"),
    "market": ("MARKET", "GTC"),
    "post_only": ("LIMIT_MAKER", "GTC"),
    "fok": ("LIMIT", "FOK"),
    "ioc": ("LIMIT", "IOC"),
    "optimal_limit_ioc": ("MARKET", "GTC"),
}
SELF_TRADES: dict[str, SelfTrade] = {
    "cancel_maker": "EXPIRE_MAKER",
    "cancel_taker": "EXPIRE_TAKER",
    "cancel_both": "EXPIRE_BOTH",
}


def text(params: Params, name: str, default: str | None = None) -> str:
    value = params.get(name)
    if value is None or value == "":
        if default is None:
            raise missing(name)
        return default
    return str(value)


def number(params: Params, name: str) -> Decimal:
    """A positive decimal, or zero if it was not sent."""
    value = text(params, name, "0")
    if not NUMBER.fullmatch(value):
        raise refusal(name)
    return Decimal(value)


def flag(params: Params, name: str) -> bool:
    return params.get(name) in (True, "true")


def client_id(params: Params, name: str = "clOrdId") -> str:
    value = text(params, name, "")
    if value and not CLIENT_ID.fullmatch(value):
        raise refusal(name)
    return value or NAMELESS + token_hex(8)


def shown_client_id(name: str) -> str:
    return "" if name.startswith(NAMELESS) else name


def side(params: Params) -> Side:
    value = text(params, "side")
    if value not in ("buy", "sell"):
        raise refusal("side")
    return "BUY" if value == "buy" else "SELL"


def check_mode(params: Params, instrument: Instrument, allowed: Sequence[str]) -> None:
    """Contracts stand on margin; coins are bought with what the account's level says."""
    if instrument.kind == "SWAP":
        allowed = ("cross", "isolated")
    if text(params, "tdMode") not in allowed:
        raise refusal("tdMode")
    if params.get("posSide") not in (None, "", "net"):
        raise refusal("posSide")


def new_order(params: Params, account: Account, instrument: Instrument) -> NewOrder:
    check_mode(params, instrument, ("cross",) if account.level in ONE_MARGIN else ("cash",))
    kind = text(params, "ordType")
    if kind not in KINDS:
        raise refusal("ordType")
    type_, in_force = KINDS[kind]
    price = ZERO if type_ == "MARKET" else number(params, "px")
    if type_ != "MARKET" and not price:
        raise refusal("px")
    quantity, value = _size(params, instrument, type_)
    self_trade = text(params, "stpMode", "cancel_maker")
    if self_trade not in SELF_TRADES:
        raise refusal("stpMode")
    return NewOrder(
        account=account.key,
        symbol=instrument.symbol,
        side=side(params),
        type=type_,
        client_id=client_id(params),
        time_in_force=in_force,
        quantity=quantity,
        quote_quantity=value,
        price=price,
        reduce_only=instrument.kind == "SWAP" and flag(params, "reduceOnly"),
        self_trade=SELF_TRADES[self_trade],
    )


def size(params: Params, instrument: Instrument, name: str = "sz") -> Decimal:
    """Coins, from coins or from a number of contracts."""
    given = number(params, name)
    if not given:
        raise refusal(name)
    return instrument.coins(given)


def _size(params: Params, instrument: Instrument, type_: OrderType) -> tuple[Decimal, Decimal]:
    """A spot market buy counts in quote unless told otherwise."""
    given = size(params, instrument)
    if type_ != "MARKET" or instrument.kind != "SPOT":
        return given, ZERO
    usual = "quote_ccy" if params.get("side") == "buy" else "base_ccy"
    unit = text(params, "tgtCcy", usual)
    if unit not in ("quote_ccy", "base_ccy"):
        raise refusal("tgtCcy")
    return (given, ZERO) if unit == "base_ccy" else (ZERO, given)


def page(
    params: Params,
    rows: Sequence[Row],
    place: Callable[[Row], int],
    locate: Callable[[str], int | None],
) -> list[Row]:
    """The newest first; `after` an id come older rows, `before` one the newer ones.

    What the id names may have left the list since; it still has its place.
    """
    limit = text(params, "limit", str(PAGE))
    if not limit.isdigit():
        raise wrong("limit")
    most, rest = min(int(limit), PAGE), list(reversed(rows))
    after, before = text(params, "after", ""), text(params, "before", "")
    cursor = locate(after or before) if after or before else None
    if after:
        rest = [row for row in rest if cursor is not None and place(row) < cursor]
    elif before:
        return [row for row in rest if cursor is not None and place(row) > cursor][-most:]
    return rest[:most]


def between(params: Params) -> Callable[[int], bool]:
    """Whether a moment lies within `begin` and `end`, where those are given."""
    begin, end = text(params, "begin", "0"), text(params, "end", "")
    if not begin.isdigit() or (end and not end.isdigit()):
        raise wrong("begin")
    return lambda time: int(begin) <= time and (not end or time <= int(end))
