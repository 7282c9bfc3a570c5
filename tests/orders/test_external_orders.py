"""Orders placed at the exchange itself are recorded, labelled, left alone. FAILURES 37, 40-42."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from exchanges import pool
from exchanges.base import OrderReport, OrderRequest
from exchanges.keys import actions
from exchanges.models import ExchangeKey, Symbol
from orders import external_orders, reconciler, submission
from orders.checks import full_listing, sweep
from orders.models import Order, OrderChange
from orders.payloads import order_data
from orders.streams import threads
from realtime.models import Event
from tests.orders.reports import fill, report
from tests.simulator import SimulatorProcess
from tests.trading import record_order, reload_order
from users.models import User

WISH: dict[str, Any] = {
    "symbol": "BTC/USDT",
    "side": "buy",
    "type": "limit",
    "time_in_force": "GTC",
    "quantity": Decimal("0.02"),
    "price": Decimal("51000"),
    "client_order_id": "web_77",
}


def place_by_hand(key: ExchangeKey, **changes: Any) -> OrderReport:
    """Place at the exchange itself, past Fillwatch."""
    request = OrderRequest(**(WISH | changes))
    return pool.call(key, lambda venue: venue.place_order(request))


def place_resting_order(key: ExchangeKey, **changes: Any) -> Order:
    order = record_order(key, **changes)
    submission.submit_order(order.pk)
    return reload_order(order)


def run_check(key: ExchangeKey) -> None:
    sweep.read_full_lists(full_listing.load_key(key.pk))


def get_external() -> Order:
    return Order.objects.select_related("key", "bot").get(origin="external")


def list_changes(order: Order) -> list[tuple[str, str]]:
    return list(order.changes.order_by("version").values_list("status", "actor"))


def test_40_an_order_placed_by_hand_is_taken_in_once_and_labelled(key: ExchangeKey) -> None:
    mine, said = place_resting_order(key), place_by_hand(key)
    run_check(key)
    run_check(key)
    order = get_external()
    assert Order.objects.count() == 2
    assert (order.exchange_order_id, order.client_order_id) == (said.exchange_order_id, "web_77")
    assert (order.status, order.bot, order.price, order.quantity) == (
        "new",
        None,
        Decimal(51000),
        Decimal("0.02"),
    )
    assert list_changes(order) == [("new", "hand")]
    event = Event.objects.filter(type="order_update").latest("seq")
    assert (event.data["origin"], event.data["bot"]) == ("external", None)
    assert reload_order(mine).origin == "fillwatch"


def test_40_it_is_followed_to_its_end(key: ExchangeKey, simulator: SimulatorProcess) -> None:
    place_by_hand(key)
    run_check(key)
    simulator.control.post("fill", clientOrderId="web_77", quantity="0.005")
    sweep.run_sweep(force=True)
    simulator.control.post("cancel", clientOrderId="web_77")
    sweep.run_sweep(force=True)
    order = get_external()
    assert (order.status, order.ended_by) == ("canceled", "hand")
    assert (order.filled, order.fills_quantity) == (Decimal("0.005"), Decimal("0.005"))


def test_40_a_sweep_that_lists_a_symbol_shows_it_too(key: ExchangeKey) -> None:
    place_resting_order(key), place_resting_order(key)
    place_by_hand(key)
    sweep.run_sweep(force=True)
    assert get_external().status == "new"


def test_40_nothing_here_cancels_it(key: ExchangeKey, user: User) -> None:
    place_by_hand(key)
    run_check(key)
    api = APIClient()
    api.force_authenticate(user)
    answer = api.post(f"/api/v1/orders/{get_external().pk}/cancel/")
    assert (answer.status_code, "cancel it there" in answer.json()["detail"]) == (409, True)
    assert api.post("/api/v1/orders/cancel-all/").json() == {"requested": 0, "left": 0, "bots": []}
    assert get_external().cancel_requested_at is None
    found = api.get("/api/v1/orders/?origin=external").json()["results"]
    assert [row["id"] for row in found] == [get_external().pk]
    assert api.get("/api/v1/orders/?origin=fillwatch").json()["results"] == []


def test_40_whoever_cancelled_is_said(key: ExchangeKey, simulator: SimulatorProcess) -> None:
    ours, theirs = place_resting_order(key), place_resting_order(key)
    reconciler.request_cancel(ours.pk, by="ada", now=timezone.now())
    submission.cancel_at_venue(ours.pk)
    simulator.control.post("cancel", clientOrderId=theirs.client_order_id)
    sweep.run_sweep(force=True)
    assert (reload_order(ours).status, reload_order(ours).ended_by) == ("canceled", "user")
    assert (reload_order(theirs).status, reload_order(theirs).ended_by) == ("canceled", "hand")
    assert list_changes(reload_order(theirs))[-1] == ("canceled", "hand")


def test_37_an_order_changed_by_hand_is_changed_here(
    key: ExchangeKey, simulator: SimulatorProcess
) -> None:
    order = place_resting_order(key)
    simulator.control.post(
        "amend", clientOrderId=order.client_order_id, price="49000", quantity="0.03"
    )
    sweep.run_sweep(force=True)
    order = reload_order(order)
    assert (order.price, order.quantity, order.status) == (Decimal(49000), Decimal("0.03"), "new")
    change = OrderChange.objects.filter(order=order).latest("version")
    assert change.actor == "hand"
    assert change.reason == "changed at the venue: amount 0.01 to 0.03 and price 50000 to 49000"


def test_37_an_order_replaced_by_hand_lives_on_under_its_new_name(
    key: ExchangeKey, simulator: SimulatorProcess
) -> None:
    order = place_resting_order(key)
    simulator.control.post("fill", clientOrderId=order.client_order_id, quantity="0.004")
    sweep.run_sweep(force=True)
    simulator.control.post(
        "replace", clientOrderId=order.client_order_id, price="48000", quantity="0.006"
    )
    run_check(key)
    replaced = reload_order(order)
    assert Order.objects.count() == 1
    assert replaced.exchange_order_id not in ("", order.exchange_order_id)
    assert (replaced.status, replaced.ended_at) == ("partially_filled", None)
    assert (replaced.filled, replaced.quantity) == (Decimal("0.004"), Decimal("0.01"))
    simulator.control.post("fill", clientOrderId=order.client_order_id, quantity="0.006")
    sweep.run_sweep(force=True)
    assert (reload_order(order).status, reload_order(order).filled) == ("filled", Decimal("0.01"))
    assert reload_order(order).fills.count() == 2


def test_42_an_order_of_another_key_of_the_same_user_is_not_taken_in_twice(
    key: ExchangeKey, user: User
) -> None:
    ours = place_resting_order(key)
    twin = actions.attach(
        user=user, label="Twin", venue="binance", market="spot", api_key="t" * 20, secret="s"
    )
    said = report("new", client_order_id=ours.client_order_id, exchange_order_id="1")
    assert external_orders.merge_report(twin.pk, said, source="stream", now=timezone.now()) is None


def test_42_at_another_users_key_it_is_external(
    key: ExchangeKey, other_user: User, open_key: Callable[[User], ExchangeKey]
) -> None:
    theirs = open_key(other_user)
    said = report(
        "new", client_order_id=place_resting_order(key).client_order_id, exchange_order_id="1"
    )
    taken = external_orders.merge_report(theirs.pk, said, source="stream", now=timezone.now())
    assert taken
    assert (taken.user, taken.origin) == (other_user, "external")
    assert not Event.objects.filter(user=key.user, data__id=taken.pk).exists()


def report_external(key: ExchangeKey, **changes: Any) -> Order | None:
    said = report("new", reported_at=timezone.now(), client_order_id="hand", **changes)
    assert threads.apply_reports(key.pk, [said]) == 0
    return Order.objects.filter(exchange_order_id=said.exchange_order_id).first()


@pytest.mark.parametrize("status", ["filled", "canceled", "expired"])
def test_what_ended_before_its_key_was_attached_is_not_our_business(
    key: ExchangeKey, status: str
) -> None:
    said = report(status, "10" if status == "filled" else "0")
    before = replace(said, reported_at=key.created_at - timedelta(seconds=1))
    after = replace(said, reported_at=timezone.now(), exchange_order_id="78")
    threads.apply_reports(key.pk, [before, after])
    assert get_external().exchange_order_id == "78"
    assert get_external().status == status


def test_what_stood_before_its_key_was_attached_is(key: ExchangeKey) -> None:
    said = report("new", reported_at=key.created_at - timedelta(days=9))
    threads.apply_reports(key.pk, [said])
    assert get_external().created_at == said.reported_at


def test_a_market_order_by_hand_comes_with_its_parts(key: ExchangeKey) -> None:
    part = fill("t1", "10")
    said = report("filled", "10", price=None, type="market", fills=(part,))
    threads.apply_reports(key.pk, [replace(said, reported_at=timezone.now())] * 2)
    order = get_external()
    assert (order.status, order.filled, order.fills.count()) == ("filled", 10, 1)
    kinds = Event.objects.filter(user=key.user).values_list("type", flat=True)
    assert sorted(kinds) == ["key_update", "order_filled", "order_update", "trade"]


def test_a_name_that_others_use_again_is_another_order(key: ExchangeKey) -> None:
    first = report_external(key, exchange_order_id="5")
    threads.apply_reports(
        key.pk, [report("canceled", exchange_order_id="5", client_order_id="hand")]
    )
    second = report_external(key, exchange_order_id="6")
    assert first
    assert second
    assert (reload_order(first).status, reload_order(second).status) == ("canceled", "new")


def test_an_order_without_a_name_of_ours_that_may_be_on_its_way_waits(key: ExchangeKey) -> None:
    record_order(key, side="buy")
    said = report("new", client_order_id=None, reported_at=timezone.now())
    threads.apply_reports(key.pk, [said])
    assert not Order.objects.filter(origin="external").exists()
    threads.apply_reports(key.pk, [replace(said, side="sell")])
    assert get_external().side == "sell"


@pytest.mark.parametrize(
    ("said", "ours"),
    [
        ("limit_maker", ("limit", "PO")),
        ("stop_loss_limit", ("stop_loss", "GTC")),
        ("trailing_stop_market", ("trailing_stop", "GTC")),
        ("something_new", ("something_new", "GTC")),
    ],
)
def test_types_are_said_in_our_words(key: ExchangeKey, said: str, ours: tuple[str, str]) -> None:
    order = report_external(key, type=said)
    assert order
    assert (order.type, order.time_in_force) == ours


def test_keys_are_looked_over_once_attached_and_then_now_and_then(
    key: ExchangeKey, other_user: User, open_key: Callable[[User], ExchangeKey]
) -> None:
    now = timezone.now()
    assert full_listing.list_due_keys(now=now) == [key]
    run_check(key)
    assert full_listing.list_due_keys(now=now) == []
    new = open_key(other_user)
    later = now + timedelta(minutes=6)
    assert full_listing.list_due_keys(now=later) == [new, key]
    actions.deactivate(new.pk)
    assert full_listing.list_due_keys(now=later) == [key]


def test_what_a_waiting_one_became_may_be_known_already(key: ExchangeKey) -> None:
    now = timezone.now()
    said = report("new", reported_at=now, client_order_id=None, type="conditional")
    waits = replace(said, exchange_order_id="algo:5")
    for one in (waits, said):
        assert threads.apply_reports(key.pk, [one]) == 0
    waiting, stands = Order.objects.order_by("pk")
    reconciler.apply_report(waiting.pk, said, source="poll", now=now)
    assert (reload_order(waiting).status, reload_order(waiting).ended_by) == ("expired", "expiry")
    assert reload_order(waiting).ended_reason == "its trigger was reached: it goes on as 77"
    assert reload_order(stands).status == "new"


def test_an_end_that_was_only_concluded_gives_way_to_a_list(key: ExchangeKey) -> None:
    order = place_resting_order(key)
    for _ in range(reconciler.MISSES_TO_END):
        reconciler.record_miss(order.pk, now=timezone.now() + reconciler.GRACE)
    assert reload_order(order).end_is_assumed
    run_check(key)
    assert (reload_order(order).status, reload_order(order).ended_at) == ("new", None)


def test_an_order_of_a_renamed_symbol_is_found_under_its_former_one(key: ExchangeKey) -> None:
    """The venue's own name and ids stay, so the report is of the same order."""
    now, market = timezone.now(), key.venue_market._asdict()
    steps = {name: Decimal("0.01") for name in ("price_step", "quantity_step", "min_quantity")}
    for name, delisted_at in (("OLD/USDT", now), ("BTC/USDT", None)):
        Symbol.objects.create(
            **{"name": name, "base": name[:3], "quote": "USDT", "min_cost": 0, "read_at": now},
            **{"venue_name": "BTCUSDT", "delisted_at": delisted_at},
            **steps,
            **market,
        )
    old = report("new", symbol="OLD/USDT", client_order_id=None, reported_at=now)
    order = external_orders.merge_report(key.pk, old, source="poll", now=now)
    told = replace(old, symbol="BTC/USDT", status="canceled", filled=Decimal(0))
    assert external_orders.find_order_id(key.pk, told) == order.pk  # type: ignore[union-attr]
    assert external_orders.find_order_id(key.pk, replace(told, exchange_order_id="78")) is None
    external_orders.merge_report(key.pk, told, source="stream", now=now)
    assert (Order.objects.get().status, Order.objects.get().symbol) == ("canceled", "OLD/USDT")


def test_the_terms_that_its_venue_tells_are_kept_and_told(key: ExchangeKey) -> None:
    terms: dict[str, Any] = {
        "time_in_force": "GTD",
        "good_till": timezone.now() + timedelta(days=1),
        "trigger_price": Decimal(90),
        "take_profit_price": Decimal(120),
        "reduce_only": True,
        "position_side": "long",
        "group": "77",
    }
    order = report_external(key, type="oco", **terms)
    assert order
    assert {name: getattr(order, name) for name in terms} == terms
    told = order_data(order)
    assert (told["trigger_price"], told["take_profit_price"]) == ("90", "120")
    assert (told["position_side"], told["reduce_only"]) == ("long", True)
    assert told["group"]
    assert (told["group"]["venue_id"], told["group"]["id"]) == ("77", None)


def test_a_stop_of_all_of_a_position_is_shown_without_a_quantity(key: ExchangeKey) -> None:
    said = report("new", quantity=None, price=None, type="stop_market", closes_position=True)
    threads.apply_reports(key.pk, [replace(said, reported_at=timezone.now())])
    order = get_external()
    assert (order.status, order.quantity, order.closes_position) == ("new", 0, True)
    end = report("filled", "3", "300", quantity=None, price=None, closes_position=True)
    threads.apply_reports(key.pk, [replace(end, reported_at=timezone.now())])
    assert (get_external().status, get_external().quantity) == ("filled", 3)


def test_terms_that_come_after_a_fill_are_added_whatever_the_order(key: ExchangeKey) -> None:
    now = timezone.now()
    part = fill("t1", "4")
    bare = report("partially_filled", None, fills=(part,), reported_at=now)
    whole = report("partially_filled", "4", reported_at=now, reduce_only=True, group="9")
    for reports in ((bare, whole), (whole, bare)):
        Order.objects.all().delete()
        threads.apply_reports(key.pk, reports)
        assert (get_external().reduce_only, get_external().group) == (True, "9")


def test_a_trigger_moved_by_hand_is_followed_and_a_late_message_is_not(key: ExchangeKey) -> None:
    now = timezone.now()
    first = report("new", type="stop", trigger_price=Decimal(90), reported_at=now)
    moved = replace(first, trigger_price=Decimal(95), reported_at=now + timedelta(seconds=1))
    threads.apply_reports(key.pk, [first, moved, first])
    assert get_external().trigger_price == 95
    change = get_external().changes.get(version=2)
    assert change.reason == "changed at the venue: trigger 90 to 95"
    assert get_external().version == 2


def test_our_own_order_keeps_the_terms_that_it_was_asked_with(key: ExchangeKey) -> None:
    order = place_resting_order(key)
    said = replace(
        report("new", client_order_id=order.client_order_id, reduce_only=True, time_in_force="IOC"),
        exchange_order_id=order.exchange_order_id,
        symbol=order.symbol,
    )
    threads.apply_reports(key.pk, [said])
    assert (reload_order(order).reduce_only, reload_order(order).time_in_force) == (False, "GTC")
