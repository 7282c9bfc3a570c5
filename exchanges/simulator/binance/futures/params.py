"""Read the parameters of new futures orders as strictly as Binance does."""

from dataclasses import replace
from decimal import Decimal
from typing import cast

from exchanges.simulator.accounts.accounts import Account
from exchanges.simulator.accounts.positions import PositionSide
from exchanges.simulator.binance.errors import BinanceError, unexpected_parameter
from exchanges.simulator.binance.params import (
    SELF_TRADES,
    Params,
    read_choice,
    read_client_id,
    read_decimal,
    read_integer,
    read_text,
)
from exchanges.simulator.binance.unsupported import refuse_futures_parameters
from exchanges.simulator.decimals import ZERO
from exchanges.simulator.markets.market import Market
from exchanges.simulator.orders import triggers
from exchanges.simulator.orders.orders import NewOrder, OrderType, Side, TimeInForce, opposite_side
from exchanges.simulator.refusals import OrderRefusal

# Conditional types, and the type of the order that each places.
CONDITIONAL_TYPES: dict[str, OrderType] = {
    "STOP": "LIMIT",
    "STOP_MARKET": "MARKET",
    "TAKE_PROFIT": "LIMIT",
    "TAKE_PROFIT_MARKET": "MARKET",
    "TRAILING_STOP_MARKET": "MARKET",
}
# GTX is post-only; GTD rests until its time.
TIMES_IN_FORCE: dict[str, TimeInForce] = {
    **{"GTC": "GTC", "IOC": "IOC", "FOK": "FOK"},
    **dict.fromkeys(("GTX", "GTD"), "GTC"),
}
LEAST_MILLISECONDS, LATEST = 600_000, 253_402_300_799_000
GOOD_TILL_REFUSED = (
    "The goodTillDate timestamp must be greater than the current time plus 600 seconds"
)
NOTIONAL_TOO_SMALL = "Order's notional must be no smaller than 5 (unless you choose reduce only)."
ALGO_ENDPOINT_NEEDED = (
    "Order type not supported for this endpoint. Please use the Algo Order API endpoints instead."
)
WOULD_NOT_BE_MAKER = (
    "Due to the order could not be executed as maker, the Post Only order will be rejected."
    " The order will not be recorded in the order history"
)
# Errors by the engine's name of the broken rule.
ORDER_ERRORS = {
    "PRICE_FILTER": (-1111, "Precision is over the maximum defined for this asset."),
    "LOT_SIZE": (-1111, "Precision is over the maximum defined for this asset."),
    "MARKET_LOT_SIZE": (-4005, "Quantity greater than max quantity."),
    "NOTIONAL": (-4164, NOTIONAL_TOO_SMALL),
    "PERCENT_PRICE_BY_SIDE": (-4131, "The price does not meet the PERCENT_PRICE filter limit."),
    "MAX_NUM_ORDERS": (-2025, "Reach max open order limit."),
    "TRAILING_DELTA": (-1130, "Data sent for parameter 'callbackRate' is not valid."),
    "InsufficientBalance": (-2019, "Margin is insufficient."),
    "DuplicateClientId": (-4116, "ClientOrderId is duplicated."),
    "ReduceOnlyRefused": (-2022, "ReduceOnly Order is rejected."),
    "WouldTrigger": (-2021, "Order would immediately trigger."),
    "WouldTake": (-5022, WOULD_NOT_BE_MAKER),
}


def read_order(params: Params, account: Account, market: Market, now: int) -> NewOrder:
    order_type = read_text(params, "type")
    if order_type in CONDITIONAL_TYPES:
        raise BinanceError(-4120, ALGO_ENDPOINT_NEEDED)
    if order_type not in ("LIMIT", "MARKET"):
        raise BinanceError(-1116, "Invalid orderType.")
    if read_flag(params, "closePosition"):
        raise _wrong_close(order_type)
    engine_type = cast("OrderType", order_type)
    new_order = _build_order(params, account, market, engine_type, "newClientOrderId")
    return replace(new_order, good_till=_read_good_till(params, now))


def read_conditional_order(
    params: Params, account: Account, market: Market
) -> tuple[NewOrder, triggers.Trigger]:
    """Return the order to place and the trigger it waits for."""
    read_choice(params, "algoType", ("CONDITIONAL",), -1116)
    order_type = read_text(params, "type")
    if order_type not in CONDITIONAL_TYPES:
        raise BinanceError(-1116, "Invalid orderType.")
    closes = read_flag(params, "closePosition")
    given = _size_close(params, order_type, market) if closes else params
    new_order = _build_order(given, account, market, CONDITIONAL_TYPES[order_type], "clientAlgoId")
    if closes:
        only = new_order.position_side == "BOTH"
        new_order = replace(new_order, quantity=ZERO, closes_position=True, reduce_only=only)
    return new_order, _read_trigger(params, order_type, new_order, market)


def _size_close(params: Params, order_type: str, market: Market) -> Params:
    """Check an order that closes a position; return it with a size, which is known only later."""
    if order_type not in ("STOP_MARKET", "TAKE_PROFIT_MARKET"):
        raise _wrong_close(order_type)
    for name in ("quantity", "reduceOnly"):
        if params.get(name):
            raise unexpected_parameter(name)
    return {**params, "quantity": str(market.symbol.step)}


def _wrong_close(order_type: str) -> BinanceError:
    message = f"Target strategy invalid for orderType {order_type}, closePosition true"
    return BinanceError(-4136, message)


def read_flag(params: Params, name: str) -> bool:
    return params.get(name, "").lower() == "true"


def _build_order(
    params: Params, account: Account, market: Market, engine_type: OrderType, client_id_field: str
) -> NewOrder:
    refuse_futures_parameters(params)
    side: Side = read_choice(params, "side", ("BUY", "SELL"), -1117)
    position_side = _read_position_side(params, account)
    quantity = read_decimal(params, "quantity")
    if not quantity:
        raise BinanceError(-4003, "Quantity less than or equal to zero.")
    time_in_force = _read_time_in_force(params, engine_type)
    return NewOrder(
        account=account.key,
        symbol=market.symbol.name,
        side=side,
        type="LIMIT_MAKER" if time_in_force == "GTX" else engine_type,
        client_id=read_client_id(params, client_id_field),
        time_in_force=TIMES_IN_FORCE[time_in_force],
        quantity=quantity,
        price=_read_price(params, market, side) if engine_type == "LIMIT" else ZERO,
        reduce_only=read_flag(params, "reduceOnly"),
        self_trade=read_choice(
            params, "selfTradePreventionMode", SELF_TRADES, -1130, "EXPIRE_MAKER"
        ),
        position_side=position_side,
    )


def _read_position_side(params: Params, account: Account) -> PositionSide:
    """Return the position that the order changes; the account's mode says which it may name."""
    choices: tuple[PositionSide, ...] = ("LONG", "SHORT") if account.hedged else ("BOTH",)
    if params.get("positionSide", "BOTH") not in choices:
        raise BinanceError(-4061, "Order's position side does not match user's setting.")
    if account.hedged and "reduceOnly" in params:
        raise unexpected_parameter("reduceOnly")
    return read_choice(params, "positionSide", choices, -1116, "BOTH")


def _read_time_in_force(params: Params, order_type: str) -> str:
    """Return the time in force; a conditional order may leave it out, a market order has none."""
    if order_type == "MARKET":
        return "GTC"
    if "algoType" in params:
        return read_choice(params, "timeInForce", ("GTC", "IOC", "FOK", "GTX"), -1115, "GTC")
    return read_choice(params, "timeInForce", tuple(TIMES_IN_FORCE), -1115)


def _read_good_till(params: Params, now: int) -> int:
    """Return the time at which the venue ends the order; it is cut to whole seconds."""
    if params.get("timeInForce") != "GTD":
        return 0
    read_text(params, "goodTillDate")
    good_till = read_integer(params, "goodTillDate") or 0
    if good_till <= now + LEAST_MILLISECONDS or good_till >= LATEST:
        raise BinanceError(-5040, f"{GOOD_TILL_REFUSED} and smaller than {LATEST}.")
    return good_till - good_till % 1000


def _read_price(params: Params, market: Market, side: Side) -> Decimal:
    if params.get("priceMatch", "NONE") != "NONE":
        return match_price(params, market, side)
    read_text(params, "price")
    price = read_decimal(params, "price")
    if not price:
        raise BinanceError(-4001, "Price less than 0.")
    return price


def match_price(params: Params, market: Market, side: Side) -> Decimal:
    """Return the price of a level of the order book that `priceMatch` names.

    QUEUE is on the order's own side, OPPONENT on the other; a number counts levels from the best.
    """
    name, _, level = params["priceMatch"].partition("_")
    if name not in ("QUEUE", "OPPONENT") or level not in ("", "5", "10", "20"):
        raise BinanceError(-1130, "Data sent for parameter 'priceMatch' is not valid.")
    if params.get("price"):
        raise unexpected_parameter("price")
    place = int(level or 1)
    levels = market.compute_depth(side if name == "QUEUE" else opposite_side(side), place)
    if len(levels) < place:
        raise BinanceError(-4131, "The counterparty's best price does not meet the filter limit.")
    return levels[-1][0]


def _read_trigger(
    params: Params, order_type: str, new_order: NewOrder, market: Market
) -> triggers.Trigger:
    buys = new_order.side == "BUY"
    if order_type == "TRAILING_STOP_MARKET":
        read_text(params, "callbackRate")
        begins = read_decimal(params, "activatePrice") or read_decimal(params, "activationPrice")
        percent = read_decimal(params, "callbackRate")
        return triggers.trailing_stop(buys=buys, percent=percent, begins=begins, now=market.price)
    read_text(params, "triggerPrice")
    build = triggers.stop_loss if order_type.startswith("STOP") else triggers.take_profit
    return build(buys=buys, price=read_decimal(params, "triggerPrice"))


def build_refusal(refusal: OrderRefusal) -> BinanceError:
    return BinanceError(*ORDER_ERRORS[refusal.rule])
