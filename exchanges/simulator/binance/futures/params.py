"""What a new futures order must carry, read as strictly as Binance reads it."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import cast

from exchanges.simulator.accounts.accounts import InsufficientBalance
from exchanges.simulator.binance import params as read
from exchanges.simulator.binance.errors import BinanceError
from exchanges.simulator.binance.params import Params
from exchanges.simulator.decimals import ZERO
from exchanges.simulator.engine.margin import ReduceOnlyRefused
from exchanges.simulator.engine.matching import DuplicateClientId, WouldTake
from exchanges.simulator.markets.filters import FilterFailure
from exchanges.simulator.markets.market import Market
from exchanges.simulator.orders.orders import NewOrder, OrderType, Side, TimeInForce
from exchanges.simulator.orders.triggers import (
    Trigger,
    WouldTrigger,
    stop_loss,
    take_profit,
    trailing_stop,
)

# What a conditional order becomes, and whether it waits to cut a loss or to take a profit.
CONDITIONAL: dict[str, OrderType] = {
    "STOP": "LIMIT",
    "STOP_MARKET": "MARKET",
    "TAKE_PROFIT": "LIMIT",
    "TAKE_PROFIT_MARKET": "MARKET",
    "TRAILING_STOP_MARKET": "MARKET",
}
TOO_SMALL = "Order's notional must be no smaller than 5 (unless you choose reduce only)."
ELSEWHERE = (
    "Order type not supported for this endpoint. Please use the Algo Order API endpoints instead."
)
NOT_A_MAKER = (
    "Due to the order could not be executed as maker, the Post Only order will be rejected."
    " The order will not be recorded in the order history"
)
# A filter of the core and how futures refuse what breaks it.
FILTERS = {
    "PRICE_FILTER": (-1111, "Precision is over the maximum defined for this asset."),
    "LOT_SIZE": (-1111, "Precision is over the maximum defined for this asset."),
    "MARKET_LOT_SIZE": (-4005, "Quantity greater than max quantity."),
    "NOTIONAL": (-4164, TOO_SMALL),
    "PERCENT_PRICE_BY_SIDE": (-4131, "The price does not meet the PERCENT_PRICE filter limit."),
    "MAX_NUM_ORDERS": (-2025, "Reach max open order limit."),
    "TRAILING_DELTA": (-1130, "Data sent for parameter 'callbackRate' is not valid."),
}


def new_order(params: Params, account: str, market: Market) -> NewOrder:
    kind = read.text(params, "type")
    if kind in CONDITIONAL:
        raise BinanceError(-4120, ELSEWHERE)
    if kind not in ("LIMIT", "MARKET"):
        raise BinanceError(-1116, "Invalid orderType.")
    return _order(params, account, market, cast("OrderType", kind), "newClientOrderId")


def waiting(params: Params, account: str, market: Market) -> tuple[NewOrder, Trigger]:
    """The order that will be placed, and what it waits for."""
    if read.text(params, "algoType") != "CONDITIONAL":
        raise BinanceError(-1116, "Invalid algoType.")
    kind = read.text(params, "type")
    if kind not in CONDITIONAL:
        raise BinanceError(-1116, "Invalid orderType.")
    wish = _order(params, account, market, CONDITIONAL[kind], "clientAlgoId")
    return wish, _trigger(params, kind, wish, market)


def flag(params: Params, name: str) -> bool:
    return params.get(name, "").lower() == "true"


def _order(
    params: Params, account: str, market: Market, kind: OrderType, client_name: str
) -> NewOrder:
    side = read.text(params, "side")
    if side not in ("BUY", "SELL"):
        raise BinanceError(-1117, "Invalid side.")
    if params.get("positionSide", "BOTH") != "BOTH":
        text = "Order's position side does not match user's setting."
        raise BinanceError(-4061, text)
    quantity = read.number(params, "quantity")
    if not quantity:
        raise BinanceError(-4003, "Quantity less than or equal to zero.")
    time_in_force = _time_in_force(params, kind)
    return NewOrder(
        account=account,
        symbol=market.symbol.name,
        side=cast("Side", side),
        type="LIMIT_MAKER" if time_in_force == "GTX" else kind,
        client_id=read.client_id(params, client_name),
        time_in_force="GTC" if time_in_force == "GTX" else cast("TimeInForce", time_in_force),
        quantity=quantity,
        price=_price(params) if kind == "LIMIT" else ZERO,
        reduce_only=flag(params, "reduceOnly"),
    )


def _time_in_force(params: Params, kind: str) -> str:
    """A conditional order may leave it out, a market order has none."""
    if kind == "MARKET":
        return "GTC"
    value = params.get("timeInForce") or ("GTC" if "algoType" in params else "")
    if not value:
        read.text(params, "timeInForce")
    if value not in ("GTC", "IOC", "FOK", "GTX"):
        raise BinanceError(-1115, "Invalid timeInForce.")
    return value


def _price(params: Params) -> Decimal:
    read.text(params, "price")
    price = read.number(params, "price")
    if not price:
        raise BinanceError(-4001, "Price less than 0.")
    return price


def _trigger(params: Params, kind: str, wish: NewOrder, market: Market) -> Trigger:
    buys = wish.side == "BUY"
    if kind == "TRAILING_STOP_MARKET":
        read.text(params, "callbackRate")
        begins = read.number(params, "activatePrice") or read.number(params, "activationPrice")
        percent = read.number(params, "callbackRate")
        return trailing_stop(buys=buys, percent=percent, begins=begins, now=market.price)
    read.text(params, "triggerPrice")
    make = stop_loss if kind.startswith("STOP") else take_profit
    return make(buys=buys, price=read.number(params, "triggerPrice"))


@contextmanager
def refusals() -> Iterator[None]:
    """The venue's refusals, in the words of Binance's futures."""
    try:
        yield
    except FilterFailure as failure:
        raise BinanceError(*FILTERS[str(failure)]) from failure
    except InsufficientBalance as refusal:
        raise BinanceError(-2019, "Margin is insufficient.") from refusal
    except DuplicateClientId as refusal:
        raise BinanceError(-4116, "ClientOrderId is duplicated.") from refusal
    except ReduceOnlyRefused as refusal:
        raise BinanceError(-2022, "ReduceOnly Order is rejected.") from refusal
    except WouldTrigger as refusal:
        raise BinanceError(-2021, "Order would immediately trigger.") from refusal
    except WouldTake as refusal:
        raise BinanceError(-5022, NOT_A_MAKER) from refusal
