"""OKX's conditional orders: a book apart with ids of its own, until the trigger fires."""

from decimal import Decimal

from exchanges.simulator.decimals import ZERO
from exchanges.simulator.okx import params as read
from exchanges.simulator.okx.conditional_rows import algo_row, algo_type, state
from exchanges.simulator.okx.errors import ABSENT, OkxError, missing, refusal
from exchanges.simulator.okx.gateway import Call, Outcome
from exchanges.simulator.okx.lookup import instrument_is_asked_for
from exchanges.simulator.okx.rows import Json, algo_id
from exchanges.simulator.okx.symbols import Instrument
from exchanges.simulator.okx.trade import Wish, attempt, instrument_of, prepare, refusals
from exchanges.simulator.orders.conditional_orders import WaitingOrder
from exchanges.simulator.orders.orders import NewOrder
from exchanges.simulator.orders.triggers import (
    Trigger,
    WouldTrigger,
    stop_loss,
    take_profit,
    trailing_stop,
)

AT_MARKET = "-1"
MODES = ("cash", "cross", "isolated")  # some clients send spot orders of this kind as margin
ENDED = ("effective", "canceled", "order_failed")


def place(call: Call) -> Outcome:
    return Outcome([attempt(call, call.params, _place, _names_of)])


def cancel(call: Call) -> Outcome:
    return Outcome([attempt(call, wish, _cancel, _names_of) for wish in call.wishes])


def amend(call: Call) -> Outcome:
    return Outcome([attempt(call, call.params, _amend, _names_of)])


def order(call: Call) -> object:
    found = _the_one(call, call.params)
    if found is None:
        raise OkxError(*ABSENT)
    return [algo_row(call.engine, found)]


def pending(call: Call) -> object:
    return _page(call, [one for one in _asked(call) if one.is_open])


def history(call: Call) -> object:
    wanted = read.text(call.params, "state", "")
    if not wanted and not call.params.get("algoId"):
        raise missing("state")
    ended = [one for one in _asked(call) if state(one) in ENDED]
    return _page(call, [one for one in ended if wanted in ("", state(one))])


def _place(call: Call, wish: Wish) -> Json:
    one = instrument_of(call, wish)
    read.check_mode(wish, one, MODES)
    trigger, price = _trigger(wish, one)
    new = NewOrder(
        account=call.account.key,
        symbol=one.symbol,
        side=read.side(wish),
        type="LIMIT" if price else "MARKET",
        client_id=_client_id(wish),
        quantity=read.size(wish, one),
        price=price,
        reduce_only=one.kind == "SWAP" and read.flag(wish, "reduceOnly"),
    )
    if call.engine.conditional.by_client_id(new.account, new.symbol, new.client_id):
        raise refusal("duplicate algo")
    prepare(call, wish, one)
    try:
        with refusals(one, new):
            waiting = call.simulation.venue.add_waiting_order(new, trigger)
    except WouldTrigger as early:
        name = "stop" if trigger.kind == "STOP_LOSS" else "profit"
        raise refusal(f"TRIGGERED {name}") from early
    return _named(waiting)


def _trigger(wish: Wish, one: Instrument) -> tuple[Trigger, Decimal]:
    """What sets it off, and the limit of the order behind it; zero is a market order."""
    buys, kind = read.side(wish) == "BUY", read.text(wish, "ordType")
    if kind == "move_order_stop":
        percent = read.number(wish, "callbackRatio") * 100
        if not percent:
            raise refusal("callbackRatio")
        begins, now = read.number(wish, "activePx"), one.market.price
        return trailing_stop(buys=buys, percent=percent, begins=begins, now=now), ZERO
    stop, profit = read.number(wish, "slTriggerPx"), read.number(wish, "tpTriggerPx")
    if kind != "conditional" or bool(stop) == bool(profit):
        raise refusal("ordType" if kind != "conditional" else "slTriggerPx")
    name = "slOrdPx" if stop else "tpOrdPx"
    behind = read.text(wish, name)
    price = ZERO if behind == AT_MARKET else read.number(wish, name)
    make, at = (stop_loss, stop) if stop else (take_profit, profit)
    return make(buys=buys, price=at), price


def _cancel(call: Call, wish: Wish) -> Json:
    found = _the_one(call, wish)
    if found is None or not found.is_open:
        raise refusal("absent")
    call.simulation.venue.cancel_waiting_order(found)
    return _named(found)


def _amend(call: Call, wish: Wish) -> Json:
    found = _the_one(call, wish)
    if found is None or not found.is_open:
        raise refusal("unchangeable")
    one = instrument_of(call, wish)
    prices = [read.number(wish, name) for name in ("newSlTriggerPx", "newTpTriggerPx")]
    size = one.coins(read.number(wish, "newSz"))
    changes = {"trigger_price": next(filter(None, prices), None), "quantity": size or None}
    call.simulation.venue.amend_order(found, **changes)
    return {**_named(found), "reqId": str(wish.get("reqId") or "")}


def _client_id(wish: Wish) -> str:
    """What was once its only name is taken where the new one is not sent."""
    return read.client_id(wish, "algoClOrdId" if wish.get("algoClOrdId") else "clOrdId")


def _the_one(call: Call, names: Wish) -> WaitingOrder | None:
    number, client_id = read.text(names, "algoId", ""), read.text(names, "algoClOrdId", "")
    if not number and not client_id:
        raise missing("algoId")
    every = call.engine.conditional.list_waiting(call.account.key)
    if number:
        return next((one for one in every if algo_id(one) == number), None)
    return next((one for one in reversed(every) if one.client_id == client_id), None)


def _asked(call: Call) -> list[WaitingOrder]:
    kinds = set(read.text(call.params, "ordType").split(","))
    number = read.text(call.params, "algoId", "")
    return [
        one
        for one in call.engine.conditional.list_waiting(call.account.key)
        if instrument_is_asked_for(call, one.symbol)
        and algo_type(one) in kinds
        and number in ("", algo_id(one))
    ]


def _page(call: Call, found: list[WaitingOrder]) -> object:
    places = {
        algo_id(one): one.id for one in call.engine.conditional.list_waiting(call.account.key)
    }
    shown = read.page(call.params, found, lambda one: one.id, places.get)
    return [algo_row(call.engine, one) for one in shown]


def _named(waiting: WaitingOrder) -> Json:
    shown = read.shown_client_id(waiting.client_id)
    return {"algoId": algo_id(waiting), "algoClOrdId": shown, "clOrdId": "", "tag": ""}


def _names_of(wish: Wish) -> Json:
    names = ("algoId", "algoClOrdId", "clOrdId", "tag")
    return {name: str(wish.get(name) or "") for name in names}
