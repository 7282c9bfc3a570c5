"""A venue of which we know no more than ccxt does, from the wish to the last part, by polling."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from pytest_django.fixtures import Settings

from exchanges import pool
from exchanges.base import RequestNotSent
from exchanges.limits import circuit_breaker
from exchanges.models import ExchangeKey
from orders import reconciler, submission
from orders.checks.sweep import run_sweep
from tests.simulator import SimulatorProcess
from tests.trading import record_order, reload_order


@pytest.fixture
def polled(key_at: Callable[[str, str], ExchangeKey], settings: Settings) -> ExchangeKey:
    """ccxt's binanceus speaks the simulated Binance's dialect under a name of its own."""
    settings.OTHER_VENUES = ["binanceus"]
    return key_at("binanceus", "spot")


def test_an_order_is_sent_filled_in_parts_and_cancelled(
    polled: ExchangeKey, simulator: SimulatorProcess
) -> None:
    order = record_order(polled)
    submission.submit_order(order.pk)
    assert (reload_order(order).status, reload_order(order).filled) == ("new", Decimal(0))
    simulator.control.post("fill", clientOrderId=order.client_order_id, quantity="0.004")
    run_sweep(force=True)
    partly = reload_order(order)
    assert (partly.status, partly.filled) == ("partially_filled", Decimal("0.004"))
    assert [fill.quantity for fill in partly.fills.all()] == [Decimal("0.004")]
    submission.cancel_at_venue(order.pk)
    assert (reload_order(order).status, reload_order(order).filled) == (
        "canceled",
        Decimal("0.004"),
    )


def test_an_order_that_landed_without_an_answer_is_found_in_the_lists(
    polled: ExchangeKey, simulator: SimulatorProcess, settings: Settings
) -> None:
    settings.VENUE_TIMEOUT_SECONDS = 1.0
    match = {"path": "/api/v3/order", "method": "POST"}
    simulator.control.post("faults", kind="hang_after_accept", match=match, times=1)
    order = record_order(polled)
    with pytest.raises(submission.StillUnknown):
        submission.submit_order(order.pk)
    assert reload_order(order).status == "unknown"
    assert submission.look_up_order(order.pk).status == "new"


def test_an_order_that_never_landed_stays_unknown(
    polled: ExchangeKey, simulator: SimulatorProcess
) -> None:
    """No list can prove that it is not there; nor does that mean that the venue is down."""
    match = {"path": "/api/v3/order", "method": "POST"}
    simulator.control.post("faults", kind="ambiguous", match=match, times=1)
    order = record_order(polled)
    with pytest.raises(submission.StillUnknown):
        submission.submit_order(order.pk)
    for _ in range(max(reconciler.MISSES_TO_END, circuit_breaker.FAILURES_TO_OPEN) + 1):
        run_sweep(force=True)
    assert reload_order(order).status == "unknown"
    assert circuit_breaker.get_retry_at(polled) is None


def test_what_the_installation_does_not_offer_is_never_asked(
    polled: ExchangeKey, settings: Settings
) -> None:
    settings.OTHER_VENUES = []
    with pytest.raises(RequestNotSent, match="binanceus spot is not served"):
        pool.call(polled, lambda venue: venue.fetch_balances())
