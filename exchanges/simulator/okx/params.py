"""Read request parameters as OKX does: numbers are strings, pages continue after an id."""

import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import TypeVar

from exchanges.simulator.accounts.accounts import Account
from exchanges.simulator.accounts.positions import PositionSide
from exchanges.simulator.decimals import ZERO
from exchanges.simulator.okx.errors import invalid_parameter, missing_parameter, order_refusal
from exchanges.simulator.okx.symbols import Instrument
from exchanges.simulator.orders.orders import NewOrder, OrderType, SelfTrade, Side, TimeInForce
from exchanges.simulator.transport.params import ParamReader, Params, read_flag

Row = TypeVar("Row")

PAGE_SIZE = 100
# Account levels where all coins are one margin, so that spot orders are sent as cross.
SHARED_MARGIN_LEVELS = (3, 4)
ORDER_TYPES: dict[str, tuple[OrderType, TimeInForce]] = {
    "limit": ("LIMIT", "GTC"),
    "market": ("MARKET", "GTC"),
    "post_only": ("LIMIT_MAKER", "GTC"),
    "fok": ("LIMIT", "FOK"),
    "ioc": ("LIMIT", "IOC"),
    "optimal_limit_ioc": ("MARKET", "GTC"),
}
SIDES: dict[str, Side] = {"buy": "BUY", "sell": "SELL"}
SIDES_OF_POSITIONS: dict[str, PositionSide] = {"long": "LONG", "short": "SHORT"}
SELF_TRADES: dict[str, SelfTrade] = {
    "cancel_maker": "EXPIRE_MAKER",
    "cancel_taker": "EXPIRE_TAKER",
    "cancel_both": "EXPIRE_BOTH",
}


_reader = ParamReader(
    missing_parameter, invalid_parameter, order_refusal, re.compile(r"[a-zA-Z0-9]{1,32}")
)
read_text, read_decimal = _reader.read_text, _reader.read_decimal
read_integer, read_set = _reader.read_integer, _reader.read_set
read_choice, read_client_id = _reader.read_choice, _reader.read_client_id


def read_side(params: Params) -> Side:
    return read_choice(params, "side", SIDES)


def read_position_side(params: Params, account: Account, instrument: Instrument) -> PositionSide:
    """Return the position that an order changes: with two sides it has to be named."""
    if instrument.kind == "SWAP" and account.hedged:
        return read_choice(params, "posSide", SIDES_OF_POSITIONS)
    if params.get("posSide") not in (None, "", "net"):
        raise order_refusal("posSide")
    return "BOTH"


def check_trade_mode(params: Params, instrument: Instrument, allowed: Sequence[str]) -> None:
    """Refuse a trade mode that does not fit: swaps trade on margin, spot as the account allows."""
    if instrument.kind == "SWAP":
        allowed = ("cross", "isolated")
    if read_text(params, "tdMode") not in allowed:
        raise order_refusal("tdMode")


def read_order(params: Params, account: Account, instrument: Instrument) -> NewOrder:
    spot_mode = "cross" if account.level in SHARED_MARGIN_LEVELS else "cash"
    check_trade_mode(params, instrument, (spot_mode,))
    engine_type, time_in_force = read_choice(params, "ordType", ORDER_TYPES)
    price = ZERO if engine_type == "MARKET" else read_decimal(params, "px")
    if engine_type != "MARKET" and not price:
        raise order_refusal("px")
    quantity, value = _read_quantities(params, instrument, engine_type)
    self_trade = read_choice(params, "stpMode", SELF_TRADES, "cancel_maker")
    return NewOrder(
        account=account.key,
        symbol=instrument.symbol,
        side=read_side(params),
        type=engine_type,
        client_id=read_client_id(params, "clOrdId"),
        time_in_force=time_in_force,
        quantity=quantity,
        quote_quantity=value,
        price=price,
        reduce_only=read_reduce_only(params, account, instrument),
        position_side=read_position_side(params, account, instrument),
        self_trade=self_trade,
        tag=_read_tag(params),
    )


def read_reduce_only(params: Params, account: Account, instrument: Instrument) -> bool:
    """Return the flag, which counts only where a contract has one position."""
    return instrument.kind == "SWAP" and not account.hedged and read_flag(params, "reduceOnly")


def _read_tag(params: Params) -> str:
    tag = read_text(params, "tag", "")
    if tag and not re.fullmatch(r"[a-zA-Z0-9]{1,16}", tag):
        raise order_refusal("tag")
    return tag


def read_size(params: Params, instrument: Instrument, name: str = "sz") -> Decimal:
    """Return the size in coins; a swap's size is sent as a number of contracts."""
    size = read_decimal(params, name)
    if not size:
        raise order_refusal(name)
    return instrument.to_coins(size)


def _read_quantities(
    params: Params, instrument: Instrument, engine_type: OrderType
) -> tuple[Decimal, Decimal]:
    """Return base and quote quantity; a spot market buy is in quote unless `tgtCcy` differs."""
    size = read_size(params, instrument)
    if engine_type != "MARKET" or instrument.kind != "SPOT":
        return size, ZERO
    default_unit = "quote_ccy" if params.get("side") == "buy" else "base_ccy"
    quantities = {"base_ccy": (size, ZERO), "quote_ccy": (ZERO, size)}
    return read_choice(params, "tgtCcy", quantities, default_unit)


def cut_page(
    params: Params,
    rows: Sequence[Row],
    sequence_of: Callable[[Row], int],
    find_sequence: Callable[[str], int | None],
) -> list[Row]:
    """Return one page, newest first: rows older than the id `after`, or newer than `before`.

    The row of that id may have left the list since, so `find_sequence` knows all rows.
    """
    limit = read_text(params, "limit", str(PAGE_SIZE))
    if not limit.isdigit():
        raise invalid_parameter("limit")
    page_size, page = min(int(limit), PAGE_SIZE), list(reversed(rows))
    after, before = read_text(params, "after", ""), read_text(params, "before", "")
    if not after and not before:
        return page[:page_size]
    cursor = find_sequence(after or before)
    if cursor is None:
        return []
    if after:
        return [row for row in page if sequence_of(row) < cursor][:page_size]
    return [row for row in page if sequence_of(row) > cursor][-page_size:]


def time_filter(params: Params) -> Callable[[int], bool]:
    """Return a test of whether a time lies within `begin` and `end`."""
    begin, end = read_text(params, "begin", "0"), read_text(params, "end", "")
    if not begin.isdigit() or (end and not end.isdigit()):
        raise invalid_parameter("begin")
    return lambda time: int(begin) <= time and (not end or time <= int(end))
