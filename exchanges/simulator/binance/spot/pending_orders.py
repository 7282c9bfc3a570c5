"""Endpoints of lists that begin with one order: others follow when it is filled (OTO, OTOCO)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from exchanges.simulator.binance.errors import unexpected_parameter
from exchanges.simulator.binance.gateway import Call, count_order
from exchanges.simulator.binance.market import read_symbol
from exchanges.simulator.binance.params import (
    read_choice,
    read_client_id,
    read_order,
    read_response_type,
    read_text,
)
from exchanges.simulator.binance.spot import rows, trade
from exchanges.simulator.binance.spot.pairs import FIELDS, LOSSES, NOT_HERE, PROFITS
from exchanges.simulator.orders.orders import NewOrder
from exchanges.simulator.refusals import translate_refusals

WORKING_TYPES: Final = ("LIMIT", "LIMIT_MAKER")
FOLLOWER_TYPES: Final = (*WORKING_TYPES, "MARKET", *LOSSES, "TAKE_PROFIT", "TAKE_PROFIT_LIMIT")


def place_with_follower(call: Call) -> object:
    """Place an order, and another that begins when it is filled."""
    working = _read_working_order(call)
    shared = _read_shared(call, "pending")
    follower = _read_order(call, "pending", FOLLOWER_TYPES, shared)
    return _place_list(call, working, (follower,))


def place_with_pair(call: Call) -> object:
    """Place an order, and two of which one ends the other that begin when it is filled."""
    working, shared = _read_working_order(call), _read_shared(call, "pending")
    sells = shared["side"] == "SELL"
    above = _read_order(call, "pendingAbove", PROFITS if sells else LOSSES, shared)
    below = _read_order(call, "pendingBelow", LOSSES if sells else PROFITS, shared)
    # A stop beside a limit order that sells needs no funds of its own.
    pair = (above, replace(below, reserves=not sells))
    return _place_list(call, working, pair)


def _place_list(call: Call, working: NewOrder, followers: Sequence[NewOrder]) -> object:
    client_id = read_client_id(call.params, "listClientOrderId")
    response = read_response_type({**call.params, "type": "LIMIT"})
    count_order(call)
    venue = call.venue
    with translate_refusals(trade.build_refusal):
        orders = venue.place_with_followers(working, followers, client_id)
    fills = venue.engine.records.list_order_fills
    reports = [rows.new_order_row(order, fills(order), response) for order in orders]
    return rows.list_row(orders, call.now) | {"orderReports": reports}


def _read_working_order(call: Call) -> NewOrder:
    return _read_order(call, "working", WORKING_TYPES, _read_shared(call, "working"))


def _read_shared(call: Call, word: str) -> dict[str, str]:
    """Return side and quantity, which have one word before them in both kinds of lists."""
    shared = {name: read_text(call.params, word + name.title()) for name in ("side", "quantity")}
    mode = call.params.get("selfTradePreventionMode")
    return shared | ({"selfTradePreventionMode": mode} if mode else {})


def _read_order(
    call: Call, word: str, kinds: tuple[str, ...], shared: Mapping[str, str]
) -> NewOrder:
    for name in NOT_HERE:
        if call.params.get(word + name):
            raise unexpected_parameter(word + name)
    read_choice(call.params, f"{word}Type", kinds, -1013)
    own = {name: call.params.get(word + suffix, "") for suffix, name in FIELDS.items()}
    given = {name: value for name, value in own.items() if value} | dict(shared)
    return read_order(given, call.account.key, read_symbol(call))
