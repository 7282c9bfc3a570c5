"""Sent once, whatever goes wrong on the way; numbers are those of FAILURES in the docs."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from django.db import connection
from django.utils import timezone

from exchanges.base import RequestNotSent, VenueDown
from exchanges.models import ExchangeKey
from orders import reconciler, submission
from orders.checks import sweep
from orders.models import Order
from orders.submission import StillUnknown
from tests.orders.conftest import list_venue_orders, move_to_past
from tests.simulator import SimulatorProcess
from tests.trading import record_order, reload_order

pytestmark = pytest.mark.usefixtures("short_patience")
Fault = Callable[..., None]


def test_an_accepted_order_is_new_and_has_the_venues_id(key: ExchangeKey) -> None:
    order = record_order(key)
    submission.submit_order(order.pk)
    order = reload_order(order)
    assert (order.status, order.version) == ("new", 2)
    assert order.exchange_order_id
    assert order.submitted_at


def test_a_market_order_comes_back_filled_with_every_part(key: ExchangeKey) -> None:
    order = record_order(key, type="market", price=None, quantity=Decimal("0.7"))
    submission.submit_order(order.pk)
    order = reload_order(order)
    assert (order.status, order.filled, order.fills_quantity) == ("filled", *[Decimal("0.7")] * 2)
    assert order.fills.count() > 1
    assert order.average_price == (order.cost / order.filled).quantize(Decimal(1).scaleb(-18))
    assert list(order.fees) == ["BTC"]


def test_many_workers_send_it_once(key: ExchangeKey, simulator: SimulatorProcess) -> None:
    order = record_order(key)

    def work(_: int) -> object:
        try:
            return submission.submit_order(order.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as workers:
        results = list(workers.map(work, range(8)))
    assert len([result for result in results if result]) == 1
    assert len(list_venue_orders(simulator)) == 1


def test_a_refusal_is_rejected_in_the_venues_words(key: ExchangeKey) -> None:
    order = record_order(key, quantity=Decimal(50))
    submission.submit_order(order.pk)
    order = reload_order(order)
    assert (order.status, order.filled) == ("rejected", 0)
    assert order.ended_reason == "Account has insufficient balance for requested action."


@pytest.mark.parametrize("kind", ["hang_after_accept", "close_after_accept", "truncate"])
def test_1_accepted_without_an_answer_is_adopted_by_its_name(
    key: ExchangeKey, fault: Fault, simulator: SimulatorProcess, kind: str
) -> None:
    order = record_order(key)
    fault(kind)
    with pytest.raises(StillUnknown):
        submission.submit_order(order.pk)
    assert reload_order(order).status == "unknown"
    assert submission.submit_order(order.pk) is None  # nobody sends it again
    assert submission.look_up_order(order.pk).status == "new"
    assert len(list_venue_orders(simulator)) == 1


def test_2_filled_before_we_look_is_found(
    key: ExchangeKey, fault: Fault, simulator: SimulatorProcess
) -> None:
    order = record_order(key, price=Decimal("65000"))
    fault("hang_after_accept")
    with pytest.raises(StillUnknown):
        submission.submit_order(order.pk)
    assert submission.look_up_order(order.pk).status == "filled"
    sweep.run_sweep(force=True)
    assert reload_order(order).fills_quantity == Decimal("0.01")


def test_3_never_received_ends_after_repeated_absence_and_a_grace(
    key: ExchangeKey, fault: Fault, simulator: SimulatorProcess
) -> None:
    order = record_order(key)
    fault("status", status=503, code=-1000, message="Unknown error, please check your request.")
    with pytest.raises(StillUnknown):
        submission.submit_order(order.pk)
    for _ in range(reconciler.MISSES_TO_END + 1):
        with pytest.raises(StillUnknown):
            submission.look_up_order(order.pk)
    assert reload_order(order).status == "unknown"  # absent often enough, but not for long enough
    move_to_past(order)
    assert submission.look_up_order(order.pk).status == "rejected"
    assert "never arrived" in reload_order(order).ended_reason
    assert list_venue_orders(simulator) == []


def test_4_a_name_that_the_venue_has_already_is_looked_up(
    key: ExchangeKey, simulator: SimulatorProcess
) -> None:
    order = record_order(key)
    submission.submit_order(order.pk)
    twin = record_order(key)
    Order.objects.filter(pk=order.pk).delete()
    Order.objects.filter(pk=twin.pk).update(client_order_id=order.client_order_id)
    with pytest.raises(StillUnknown):
        submission.submit_order(twin.pk)
    assert submission.look_up_order(twin.pk).status == "new"
    assert len(list_venue_orders(simulator)) == 1


def test_what_was_never_sent_may_be_sent_again_under_the_same_name(
    key: ExchangeKey, simulator: SimulatorProcess
) -> None:
    order = record_order(key)
    simulator.stop()
    try:
        with pytest.raises(RequestNotSent):
            submission.submit_order(order.pk)
        assert (reload_order(order).status, reload_order(order).submitted_at) == ("pending", None)
    finally:
        simulator.start()
    submission.submit_order(order.pk)
    assert reload_order(order).status == "new"
    assert list_venue_orders(simulator)[0]["clientOrderId"] == order.client_order_id


def test_a_ban_sends_nothing_and_freezes_the_venue(
    key: ExchangeKey, fault: Fault, simulator: SimulatorProcess
) -> None:
    first, second = record_order(key), record_order(key)
    fault("status", status=429, code=-1003, message="Too many requests.", retry_after=60)
    with pytest.raises(VenueDown):
        submission.submit_order(first.pk)
    assert submission.submit_order(second.pk) is None
    assert {reload_order(order).status for order in (first, second)} == {"pending"}
    assert list_venue_orders(simulator) == []


def test_a_wish_that_waited_too_long_is_denied_and_not_sent(
    key: ExchangeKey, simulator: SimulatorProcess
) -> None:
    order = record_order(key, created_at=timezone.now() - submission.SEND_WITHIN * 2)
    submission.submit_order(order.pk)
    assert reload_order(order).status == "denied"
    assert "not sent" in reload_order(order).ended_reason
    assert list_venue_orders(simulator) == []


def test_a_key_that_was_switched_off_sends_nothing(
    key: ExchangeKey, simulator: SimulatorProcess
) -> None:
    order = record_order(key)
    ExchangeKey.objects.update(is_active=False)
    submission.submit_order(order.pk)
    assert reload_order(order).status == "denied"
    assert list_venue_orders(simulator) == []


def test_a_cancel_ends_with_what_the_venue_says(key: ExchangeKey) -> None:
    order = record_order(key)
    submission.submit_order(order.pk)
    reconciler.request_cancel(order.pk, by="ada", now=timezone.now())
    assert submission.cancel_at_venue(order.pk).status == "canceled"


def test_27_a_cancel_that_lost_the_race_is_a_fill(
    key: ExchangeKey, simulator: SimulatorProcess
) -> None:
    order = record_order(key)
    submission.submit_order(order.pk)
    reconciler.request_cancel(order.pk, by="ada", now=timezone.now())
    simulator.control.post("fill", clientOrderId=order.client_order_id, quantity="0.01")
    assert submission.cancel_at_venue(order.pk).status == "filled"


def test_39_an_unconfirmed_cancel_leaves_the_order_open_until_it_is_confirmed(
    key: ExchangeKey, fault: Fault
) -> None:
    order = record_order(key)
    submission.submit_order(order.pk)
    reconciler.request_cancel(order.pk, by="ada", now=timezone.now())
    fault("status", "DELETE", status=500, code=-1000, message="An unknown error occurred.")
    assert submission.cancel_at_venue(order.pk).status == "new"
    assert submission.cancel_at_venue(order.pk).status == "canceled"


def test_a_wish_cancelled_before_it_was_sent_is_never_sent(
    key: ExchangeKey, simulator: SimulatorProcess
) -> None:
    order = record_order(key)
    reconciler.request_cancel(order.pk, by="ada", now=timezone.now())
    assert submission.submit_order(order.pk) is None
    assert reload_order(order).status == "canceled"
    assert list_venue_orders(simulator) == []


def test_a_wish_cancelled_while_its_request_did_not_leave_ends_too(
    key: ExchangeKey, simulator: SimulatorProcess
) -> None:
    order = record_order(key)
    assert submission.claim_submission(order.pk, now=timezone.now())
    reconciler.request_cancel(order.pk, by="ada", now=timezone.now())
    submission.release_submission(order.pk)  # what follows NeverSent, and Throttled
    assert submission.submit_order(order.pk) is None
    assert (reload_order(order).status, reload_order(order).ended_by) == ("canceled", "user")
    assert list_venue_orders(simulator) == []


def test_a_key_that_its_venue_refuses_cancels_nothing(
    key: ExchangeKey, simulator: SimulatorProcess
) -> None:
    order = record_order(key)
    submission.submit_order(order.pk)
    reconciler.request_cancel(order.pk, by="ada", now=timezone.now())
    ExchangeKey.objects.update(is_active=False, last_error="Invalid API-key")
    simulator.control.delete("counters")
    assert submission.cancel_at_venue(order.pk).ended_at is None
    assert simulator.control.get("state")["requests_by_key"].get(key.api_key, 0) == 0
    ExchangeKey.objects.update(is_active=True, last_error="")
    assert submission.cancel_at_venue(order.pk).status == "canceled"
