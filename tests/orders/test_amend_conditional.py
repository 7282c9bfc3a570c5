"""Another trigger price or amount for a stop that waits: at each venue, and in its group."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from exchanges import pool, symbols
from exchanges.base import Adapter, OrderReport
from exchanges.models import ExchangeKey
from orders import placement, submission
from orders.changes import amend
from orders.checks import sweep
from orders.groups import actions, evaluation
from orders.lifecycle.exits import Exits, ExitTerms
from orders.models import Order, OrderGroup
from tests.orders.test_conditional import GROUNDS, move_market
from tests.simulator import SimulatorProcess
from tests.trading import record_order, reload_order

Attach = Callable[[str, str], ExchangeKey]
everywhere = pytest.mark.parametrize("ground", GROUNDS, ids="-".join)
FIRST, SECOND = Decimal(45000), Decimal(44000)


def place_stop(key: ExchangeKey, **changes: Any) -> Order:
    symbol = "BTC/USDT" if key.market == "spot" else "BTC/USDT:USDT"
    terms = {"side": "sell", "type": "stop_loss", "trigger_price": FIRST, "price": None}
    order = record_order(key, symbol=symbol, **(terms | changes))
    submission.submit_order(order.pk)
    return reload_order(order)


def request_change(order: Order, **wanted: Any) -> Order:
    kept = {"price": None, "quantity": None, "trigger_price": None}
    return amend.amend_order(order, **(kept | wanted), by="ada", now=timezone.now())


def waiting_at_venue(order: Order) -> list[tuple[Decimal | None, Decimal | None]]:
    """List quantity and trigger price of each order that waits there."""

    async def list_open(venue: Adapter) -> list[OrderReport]:
        rows = [
            *await venue.fetch_open_orders(order.symbol),
            *await venue.fetch_open_orders(order.symbol, conditional=True),
        ]
        return list({row.exchange_order_id: row for row in rows}.values())

    reports: list[OrderReport] = pool.call(order.key, list_open)
    return [(report.quantity, report.trigger_price) for report in reports]


@pytest.fixture
def key(key_at: Attach, ground: tuple[str, str], simulator: SimulatorProcess) -> ExchangeKey:
    move_market(simulator, "65000")
    return key_at(*ground)


@everywhere
@pytest.mark.parametrize("limit", [None, Decimal(43900)], ids=["at market", "with a limit"])
def test_it_waits_for_another_price_when_its_venue_says_so(
    key: ExchangeKey, simulator: SimulatorProcess, limit: Decimal | None
) -> None:
    stop = place_stop(key, price=limit)
    assert stop.status == "new"
    asked = request_change(stop, trigger_price=SECOND, quantity=Decimal("0.02"))
    assert (asked.trigger_price, asked.amend_trigger_price) == (FIRST, SECOND)
    submission.amend_at_venue(stop.pk)
    sweep.run_sweep(force=True)  # for venues that only say that they have heard
    changed = reload_order(stop)
    assert (changed.status, changed.trigger_price, changed.quantity, changed.price) == (
        "new",
        SECOND,
        Decimal("0.02"),
        limit,
    )
    assert (changed.amend_requested_at, changed.amend_trigger_price) == (None, None)
    step = changed.changes.get(reason__startswith="changed at the venue")
    assert "trigger 45000 to 44000" in step.reason
    assert step.actor == "user"
    assert waiting_at_venue(stop) == [(Decimal("0.02"), SECOND)]
    move_market(simulator, "44500")
    sweep.run_sweep(force=True)
    assert reload_order(stop).status == "new", "the former trigger price means nothing any more"


@everywhere
def test_changed_twice_the_last_one_counts(key: ExchangeKey) -> None:
    stop = place_stop(key)
    for trigger in (SECOND, Decimal(46000)):
        request_change(reload_order(stop), trigger_price=trigger)
        submission.amend_at_venue(stop.pk)
        submission.amend_at_venue(stop.pk)  # the task came again
    sweep.run_sweep(force=True)
    assert reload_order(stop).trigger_price == Decimal(46000)
    assert waiting_at_venue(stop) == [(Decimal("0.01"), Decimal(46000))]


@everywhere
def test_a_stop_that_was_reached_meanwhile_is_not_changed(
    key: ExchangeKey, simulator: SimulatorProcess
) -> None:
    stop = place_stop(key, reduce_only=False)
    request_change(stop, trigger_price=SECOND)
    move_market(simulator, "44900")
    submission.amend_at_venue(stop.pk)
    sweep.run_sweep(force=True)
    ended = reload_order(stop)
    assert (ended.status, ended.trigger_price) == ("filled", FIRST)
    assert ended.amend_requested_at is None


REFUSED = Decimal(70000)  # a stop above the price
placed_anew = pytest.mark.parametrize("ground", [("binance", "futures"), ("binance", "spot")])


@placed_anew
def test_what_is_refused_where_it_is_placed_anew_stands_again(key: ExchangeKey) -> None:
    """Binance futures changes no order that waits: it is cancelled first."""
    stop = place_stop(key)
    request_change(stop, trigger_price=REFUSED)
    submission.amend_at_venue(stop.pk)
    sweep.run_sweep(force=True)
    kept = reload_order(stop)
    assert kept.status == "new"
    assert (kept.amend_requested_at, kept.trigger_price) == (None, FIRST)
    assert kept.changes.filter(reason__startswith="not changed: ").exists()
    assert waiting_at_venue(stop) == [(Decimal("0.01"), FIRST)]


@pytest.mark.parametrize("ground", [("binance", "futures")])
def test_what_goes_with_neither_terms_has_ended_and_says_why(
    key: ExchangeKey, simulator: SimulatorProcess
) -> None:
    stop = place_stop(key)
    request_change(stop, trigger_price=REFUSED)
    match = {"path": "/fapi/v1/algoOrder", "method": "POST"}
    refusal = {"status": 400, "code": -4028, "message": "Too far away."}
    simulator.control.post("faults", kind="status", match=match, times=2, **refusal)
    submission.amend_at_venue(stop.pk)
    ended = reload_order(stop)
    assert (ended.status, ended.ended_by) == ("canceled", "change")
    assert "Too far away" in ended.ended_reason
    assert ended.amend_requested_at is None


@pytest.mark.parametrize("ground", [("binance", "futures")])
@pytest.mark.parametrize("kind", ["close", "close_after_accept"])
def test_without_an_answer_to_the_second_step_it_is_placed_once(
    key: ExchangeKey, simulator: SimulatorProcess, kind: str
) -> None:
    stop = place_stop(key)
    request_change(stop, trigger_price=SECOND)
    match = {"path": "/fapi/v1/algoOrder", "method": "POST"}
    simulator.control.post("faults", kind=kind, match=match, times=1)
    submission.amend_at_venue(stop.pk)
    sweep.run_sweep(force=True)
    assert reload_order(stop).status == "new", "a check does not end what we have yet to place"
    submission.amend_at_venue(stop.pk)
    assert reload_order(stop).trigger_price == SECOND
    assert waiting_at_venue(stop) == [(Decimal("0.01"), SECOND)]


@placed_anew
def test_what_was_cancelled_by_hand_before_its_change_is_not_placed_anew(
    key: ExchangeKey, simulator: SimulatorProcess
) -> None:
    stop = place_stop(key)
    request_change(stop, trigger_price=SECOND)
    simulator.control.post("cancel", clientOrderId=stop.client_order_id, account=key.api_key)
    submission.amend_at_venue(stop.pk)
    sweep.run_sweep(force=True)
    ended = reload_order(stop)
    assert (ended.status, ended.ended_by) == ("canceled", "hand")
    assert waiting_at_venue(stop) == []


@pytest.mark.parametrize("ground", [("bybit", "futures")])
class TestRefusals:
    @pytest.mark.parametrize(
        ("wanted", "field"),
        [
            ({"trigger_price": Decimal("44000.001")}, "trigger_price"),
            ({"trigger_price": FIRST}, "trigger_price"),
            ({"price": Decimal(44000)}, "price"),
            ({"quantity": Decimal("0.00001")}, "quantity"),
        ],
    )
    def test_what_could_not_be_is_refused_by_field(
        self, key: ExchangeKey, wanted: dict[str, Decimal], field: str
    ) -> None:
        stop = place_stop(key)
        symbols.read_market(key)
        with pytest.raises(placement.OrderDenied) as refusal:
            request_change(stop, **wanted)
        assert refusal.value.field == field

    def test_a_trailing_stop_is_not_changed(self, key: ExchangeKey) -> None:
        kind = {"type": "trailing_stop", "trailing_percent": Decimal(1), "price": None}
        stop = record_order(key, symbol="BTC/USDT:USDT", side="sell", **kind)
        with pytest.raises(amend.CannotAmend):
            request_change(stop, quantity=Decimal("0.02"))


EXITS = Exits(
    take_profit=ExitTerms(trigger_price=Decimal(70000)), stop_loss=ExitTerms(trigger_price=FIRST)
)


def place_exits(key: ExchangeKey) -> tuple[OrderGroup, Order]:
    """Place two exits; return their group and the stop."""
    symbol = "BTC/USDT" if key.market == "spot" else "BTC/USDT:USDT"
    request = actions.OcoRequest(
        key=key, symbol=symbol, side="sell", quantity=Decimal("0.01"), exits=EXITS
    )
    group = actions.place_oco(user=key.user, request=request, now=timezone.now())
    for order in Order.objects.filter(order_group=group):
        submission.submit_order(order.pk)
    return group, Order.objects.get(order_group=group, role="stop_loss")


@pytest.mark.parametrize("ground", [("okx", "spot"), ("bybit", "spot")])
def test_an_exit_of_a_group_gets_another_price_and_no_other_amount(key: ExchangeKey) -> None:
    group, stop = place_exits(key)
    with pytest.raises(placement.OrderDenied, match="Its group decides"):
        request_change(stop, quantity=Decimal("0.02"))
    request_change(stop, trigger_price=SECOND)
    submission.amend_at_venue(stop.pk)
    sweep.run_sweep(force=True)
    changed = reload_order(stop)
    assert (changed.trigger_price, changed.status) == (SECOND, "new")
    legs = list(Order.objects.filter(order_group=group).order_by("pk"))
    terms = evaluation._find_terms(OrderGroup.objects.get(), "stop_loss", legs)
    assert terms.trigger_price == SECOND, "placed anew, it has the price that it was given last"


@pytest.mark.parametrize("ground", [("binance", "spot")])
def test_what_a_venue_holds_as_one_is_not_changed_in_part(key: ExchangeKey) -> None:
    _, stop = place_exits(key)
    with pytest.raises(amend.CannotAmend, match="holds both exits as one"):
        request_change(stop, trigger_price=SECOND)
