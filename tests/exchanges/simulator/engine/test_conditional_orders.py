"""Conditional orders in the engine: orders with a trigger, and waiting orders."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from exchanges.simulator.accounts.accounts import Account, InsufficientBalance
from exchanges.simulator.engine import margin, payments, resting_orders, triggering
from exchanges.simulator.engine.engine import Engine
from exchanges.simulator.engine.matching import DuplicateClientId, place_order
from exchanges.simulator.engine.storage import Store
from exchanges.simulator.engine.venue import Venue
from exchanges.simulator.markets.filters import FilterFailure
from exchanges.simulator.orders.conditional_orders import WaitingEvent, WaitingOrder
from exchanges.simulator.orders.orders import Order, OrderEvent
from exchanges.simulator.orders.triggers import (
    Trigger,
    WouldTrigger,
    stop_loss,
    take_profit,
    trailing_stop,
)
from tests.exchanges.simulator.engine.test_conservation import check_holds
from tests.exchanges.simulator.traders import NOW, build_order, buy, open_engine, sell

STOP = stop_loss(buys=False, price=Decimal(60000))


def move_price(engine: Engine, price: str, liquidity: str = "0") -> None:
    resting_orders.move_price(engine, "BTCUSDT", Decimal(price), NOW, Decimal(liquidity))
    triggering.process_queued_prices(engine, NOW)


def place_with_trigger(engine: Engine, trigger: Trigger = STOP, price: str = "") -> Order:
    kind = "LIMIT" if price else "MARKET"
    request = build_order("anna", "SELL", "1", price, type=kind, client_id="stop")  # type: ignore[arg-type]
    return place_order(engine, replace(request, trigger=trigger), NOW)


def add_waiting(
    engine: Engine, trigger: Trigger = STOP, price: str = "", quantity: str = "1"
) -> WaitingOrder:
    kind = "LIMIT" if price else "MARKET"
    request = build_order("anna", "SELL", quantity, price, type=kind, client_id="stop")  # type: ignore[arg-type]
    return triggering.add_waiting_order(engine, request, trigger, NOW)


def list_event_kinds(engine: Engine) -> list[str]:
    events = engine.take_changes().events
    return [event.kind for event in events if isinstance(event, OrderEvent | WaitingEvent)]


def test_an_order_with_a_trigger_is_open_and_locks_funds_but_is_not_in_the_order_book(
    engine: Engine,
) -> None:
    order = place_with_trigger(engine)
    assert order.is_waiting
    assert engine.records.list_open_orders("anna") == [order]
    assert engine.accounts["anna"].get_balance("BTC").locked == 1
    assert engine.markets["BTCUSDT"].compute_depth("SELL", 5) == []
    check_holds(engine)


def test_an_order_with_a_trigger_takes_under_the_same_id_when_it_fires(engine: Engine) -> None:
    order = place_with_trigger(engine)
    buy(engine, "ben", "1", "59000")
    move_price(engine, "60000.01")
    assert order.is_waiting
    move_price(engine, "60000")
    assert (order.status, order.executed, order.quote_executed) == (
        "FILLED",
        Decimal(1),
        Decimal(59000),
    )
    assert list_event_kinds(engine) == ["NEW", "NEW", "TRIGGERED", "TRADE", "TRADE"]
    check_holds(engine)


def test_a_limit_order_with_a_trigger_rests_in_the_order_book_after_it_fires(
    engine: Engine,
) -> None:
    order = place_with_trigger(engine, price="61000")
    move_price(engine, "60000")
    assert (order.status, order.is_waiting) == ("NEW", False)
    assert engine.markets["BTCUSDT"].compute_depth("SELL", 5) == [(Decimal(61000), Decimal(1))]
    check_holds(engine)


def test_cancelling_an_order_with_a_trigger_releases_its_funds(engine: Engine) -> None:
    order = place_with_trigger(engine)
    resting_orders.cancel_order(engine, order, NOW)
    move_price(engine, "50000")
    assert (order.status, order.executed) == ("CANCELED", Decimal(0))
    check_holds(engine)


def test_a_triggered_buy_that_became_too_expensive_expires(engine: Engine) -> None:
    request = build_order("anna", "BUY", "15", type="MARKET")
    trigger = stop_loss(buys=True, price=Decimal(66000))
    order = place_order(engine, replace(request, trigger=trigger), NOW)
    check_holds(engine)
    sell(engine, "ben", "15", "70000")
    move_price(engine, "66000")
    assert (order.executed, order.status) == (Decimal(0), "EXPIRED")
    check_holds(engine)


def test_an_order_without_locked_funds_expires_when_it_fires_and_cannot_be_paid(
    engine: Engine,
) -> None:
    request = build_order("anna", "SELL", "120", "60000")
    order = place_order(engine, replace(request, trigger=STOP, reserves=False), NOW)
    assert engine.accounts["anna"].get_balance("BTC").locked == 0
    move_price(engine, "60000")
    assert order.status == "EXPIRED"
    check_holds(engine)


def test_a_waiting_order_has_an_id_of_its_own_and_locks_nothing(engine: Engine) -> None:
    waiting = add_waiting(engine)
    assert engine.records.list_open_orders("anna") == []
    assert engine.accounts["anna"].get_balance("BTC").locked == 0
    assert engine.conditional.by_client_id("anna", "BTCUSDT", "stop") is waiting
    assert engine.conditional.list_waiting("anna") == [waiting]
    assert engine.conditional.list_waiting("ben") == []
    assert engine.conditional.list_for_symbol("BTCUSDT") == [waiting]


def test_a_fired_waiting_order_places_an_order_with_the_same_client_id(engine: Engine) -> None:
    waiting = add_waiting(engine)
    buy(engine, "ben", "1", "59000")
    move_price(engine, "60000")
    order = engine.records.by_client_id("anna", "BTCUSDT", "stop")
    assert order
    assert (waiting.status, waiting.order_id, order.status) == ("TRIGGERED", order.id, "FILLED")
    assert list_event_kinds(engine) == ["NEW", "NEW", "TRIGGERED", "NEW", "TRADE", "TRADE"]
    assert engine.conditional.list_for_symbol("BTCUSDT") == []


def test_a_waiting_order_without_funds_is_rejected_when_it_fires(engine: Engine) -> None:
    waiting = add_waiting(engine, quantity="120")
    move_price(engine, "60000")
    assert (waiting.status, waiting.order_id) == ("REJECTED", None)
    assert "InsufficientBalance" in waiting.reason
    assert engine.records.by_client_id("anna", "BTCUSDT", "stop") is None


def test_a_cancelled_waiting_order_never_fires_and_frees_its_client_id(engine: Engine) -> None:
    triggering.cancel_waiting_order(engine, add_waiting(engine), NOW)
    with pytest.raises(resting_orders.OrderEnded):
        triggering.cancel_waiting_order(engine, engine.conditional.list_waiting("anna")[0], NOW)
    move_price(engine, "50000")
    assert engine.records.orders == {}
    again = add_waiting(engine, take_profit(buys=False, price=Decimal(70000)))
    assert engine.conditional.by_client_id("anna", "BTCUSDT", "stop") is again


def test_a_client_id_in_use_is_refused_for_both_kinds(engine: Engine) -> None:
    add_waiting(engine)
    with pytest.raises(DuplicateClientId):
        add_waiting(engine)
    place_with_trigger(engine)
    with pytest.raises(DuplicateClientId):
        place_with_trigger(engine)


@pytest.mark.parametrize(
    ("trigger", "refusal"),
    [
        (stop_loss(buys=False, price=Decimal(65000)), WouldTrigger),
        (take_profit(buys=False, price=Decimal(64000)), WouldTrigger),
        (stop_loss(buys=False, price=Decimal("60000.001")), FilterFailure),
        (
            trailing_stop(buys=False, percent=Decimal(50), begins=Decimal(0), now=Decimal(64000)),
            FilterFailure,
        ),
    ],
)
def test_an_invalid_trigger_is_refused_and_changes_nothing(
    engine: Engine, trigger: Trigger, refusal: type[Exception]
) -> None:
    engine.take_changes()
    for attempt in (place_with_trigger, add_waiting):
        with pytest.raises(refusal):
            attempt(engine, trigger)
    assert not engine.take_changes()


def test_an_order_with_a_trigger_needs_its_funds_at_once(engine: Engine) -> None:
    trigger = stop_loss(buys=True, price=Decimal(66000))
    request = replace(build_order("anna", "BUY", "17", type="MARKET"), trigger=trigger)
    with pytest.raises(InsufficientBalance):
        place_order(engine, request, NOW)


def test_a_trade_between_users_fires_a_trigger_too(engine: Engine) -> None:
    waiting = add_waiting(engine, stop_loss(buys=False, price=Decimal(62000)))
    buy(engine, "ben", "2", "61000")
    sell(engine, "anna", "1", "61000")
    triggering.process_queued_prices(engine, NOW)
    assert waiting.status == "TRIGGERED"


def test_a_fired_order_can_fire_the_next(engine: Engine) -> None:
    first = add_waiting(engine)
    request = build_order("ben", "SELL", "1", type="MARKET", client_id="next")
    second = triggering.add_waiting_order(
        engine, request, stop_loss(buys=False, price=Decimal(55000)), NOW
    )
    buy(engine, "ben", "1", "54000", client_id="low")
    move_price(engine, "60000")
    assert (first.status, second.status) == ("TRIGGERED", "TRIGGERED")


@pytest.mark.parametrize(
    "place_it", [place_with_trigger, add_waiting], ids=["with trigger", "waiting"]
)
def test_a_trailing_order_follows_the_price_and_fires(engine: Engine, place_it: object) -> None:
    trigger = trailing_stop(buys=False, percent=Decimal(1), begins=Decimal(0), now=Decimal(64000))
    order = place_it(engine, trigger)  # type: ignore[operator]
    for price in ("66000", "65400"):
        move_price(engine, price)
        assert order.is_open
    assert order.trigger.best == 66000
    move_price(engine, "65340")
    assert engine.records.by_client_id("anna", "BTCUSDT", "stop").status == "EXPIRED"  # type: ignore[union-attr]


def test_a_conditional_order_can_be_amended_while_it_waits(engine: Engine) -> None:
    order, waiting = place_with_trigger(engine, price="61000"), add_waiting(engine, price="61000")
    changes = {"quantity": Decimal(2), "trigger_price": Decimal(59000)}
    resting_orders.amend_order(engine, order, NOW, **changes)
    triggering.amend_waiting_order(engine, waiting, NOW, **changes)
    move_price(engine, "60000")
    assert (order.is_waiting, waiting.is_open) == (True, True)
    check_holds(engine)
    move_price(engine, "59000")
    assert (order.remaining, waiting.reason) == (Decimal(2), "DuplicateClientId stop")


def test_an_amended_order_keeps_its_ids_and_may_take(engine: Engine) -> None:
    order = buy(engine, "anna", "1", "60000")
    sell(engine, "ben", "0.5", "61000")
    resting_orders.amend_order(engine, order, NOW, price=Decimal(61000), quantity=Decimal(2))
    assert (order.executed, order.remaining, order.price) == (
        Decimal("0.5"),
        Decimal("1.5"),
        Decimal(61000),
    )
    assert engine.markets["BTCUSDT"].compute_depth("BUY", 5) == [(Decimal(61000), Decimal("1.5"))]
    assert list_event_kinds(engine)[-3:] == ["AMENDED", "TRADE", "TRADE"]
    check_holds(engine)
    with pytest.raises(InsufficientBalance):
        resting_orders.amend_order(engine, order, NOW, quantity=Decimal(100))
    check_holds(engine)


def test_both_kinds_survive_a_restart(tmp_path: Path) -> None:
    store = Store(tmp_path / "venue.sqlite3")
    venue = Venue(store, seed=1)
    venue.open_account(Account(key="anna", secret="s"), {"BTC": Decimal(9)})
    trail = trailing_stop(buys=False, percent=Decimal(1), begins=Decimal(0), now=Decimal(64000))
    order = venue.place_order(
        replace(build_order("anna", "SELL", "1", type="MARKET"), trigger=trail)
    )
    waiting = venue.add_waiting_order(build_order("anna", "SELL", "1", "60000"), STOP)
    venue.move_price("BTCUSDT", Decimal(70000), None)
    again = Venue(store, seed=1)
    (restored,) = again.engine.conditional.list_waiting("anna")
    assert vars(restored) == vars(waiting)
    assert vars(again.engine.records.list_open_orders("anna")[0]) == vars(order)
    again.move_price("BTCUSDT", Decimal(60000), None)
    rows = again.engine.records.orders.values()
    assert [row.status for row in rows] == ["FILLED", "NEW"]
    assert (
        again.add_waiting_order(build_order("anna", "SELL", "1", "50000"), STOP_LOWER).id
        == waiting.id + 1
    )
    venue.close()


STOP_LOWER = stop_loss(buys=False, price=Decimal(50000))


@pytest.mark.parametrize(("quantity", "status"), [("1", "NEW"), ("100", "EXPIRED")])
def test_a_contract_order_with_a_trigger_binds_margin_only_when_it_fires(
    quantity: str, status: str
) -> None:
    engine = open_engine("anna")
    account = engine.accounts["anna"]
    payments.pay_account(engine, account, "DEPOSIT", "futures", "USDT", Decimal(100_000), NOW)
    request = build_order("anna", "SELL", quantity, "62000", symbol="BTCUSDT-PERP")
    order = place_order(engine, replace(request, trigger=STOP, reserves=False), NOW)
    assert margin.compute_free_margin(engine, account) == 100_000
    resting_orders.move_price(engine, "BTCUSDT-PERP", Decimal(60000), NOW, Decimal(0))
    triggering.process_queued_prices(engine, NOW)
    assert order.status == status
    assert (margin.compute_free_margin(engine, account) == 100_000) == (status == "EXPIRED")
