"""Another price or amount for an open order: saved first, then asked for, true when confirmed."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import F
from django.utils import timezone

from exchanges import pool, symbols
from exchanges.models import ExchangeKey
from orders import external_orders, order_state, placement, reconciler, submission
from orders.changes import amend
from orders.checks import sweep
from orders.models import Order
from orders.order_state import WantedTerms, build_order_name
from tests.orders.test_conditional import GROUNDS
from tests.services import wait_until
from tests.simulator import SimulatorProcess
from tests.trading import Trader, place, record_order, reload_order, wait_for_status

Attach = Callable[[str, str], ExchangeKey]
WANTED = (Decimal(51000), Decimal("0.02"))
everywhere = pytest.mark.parametrize("ground", GROUNDS, ids="-".join)


@pytest.fixture
def order(key_at: Attach, ground: tuple[str, str]) -> Order:
    key = key_at(*ground)
    symbol = "BTC/USDT" if key.market == "spot" else "BTC/USDT:USDT"
    order = record_order(key, symbol=symbol)
    submission.submit_order(order.pk)
    return reload_order(order)


def request_change(order: Order, **changes: Any) -> Order:
    price, quantity = WANTED
    wanted = {"price": price, "quantity": quantity} | changes
    return amend.amend_order(order, **wanted, by="ada", now=timezone.now())


def terms(order: Order) -> tuple[Decimal | None, Decimal]:
    order = reload_order(order)
    return order.price, order.quantity


def open_at_venue(simulator: SimulatorProcess, order: Order) -> list[dict[str, Any]]:
    rows = simulator.control.get("orders", account=order.key.api_key)["orders"]
    return [row for row in rows if row["status"] in ("NEW", "PARTIALLY_FILLED")]


@everywhere
def test_it_is_changed_when_its_venue_says_so(order: Order, simulator: SimulatorProcess) -> None:
    request_change(order)
    asked = reload_order(order)
    assert (asked.price, asked.amend_price, asked.amend_quantity) == (Decimal(50000), *WANTED)
    submission.amend_at_venue(order.pk)
    sweep.run_sweep(force=True)  # for venues that only say that they have heard
    changed = reload_order(order)
    assert terms(order) == WANTED
    assert (changed.status, changed.amend_requested_at) == ("new", None)
    assert changed.changes.get(reason__startswith="changed at the venue").actor == "user"
    (row,) = open_at_venue(simulator, order)
    assert (Decimal(row["origQty"]), Decimal(row["price"])) == (WANTED[1], WANTED[0])


def hear(order: Order, *, exchange_order_id: str | None) -> Order:
    """What its venue says of this id reaches us by the stream."""
    name = replace(build_order_name(order), exchange_order_id=exchange_order_id)
    report = pool.call(order.key, lambda venue: venue.fetch_order(name))
    external_orders.merge_report(order.key_id, report, source="stream", now=timezone.now())
    return reload_order(order)


@pytest.mark.parametrize("ground", [("binance", "spot")])
class TestReplacedByItsVenue:
    def test_the_end_of_its_former_id_is_not_its_end(self, order: Order) -> None:
        wanted = order_state.build_amendment(request_change(order))
        pool.call(order.key, lambda venue: venue.amend_order(build_order_name(order), wanted))
        heard = hear(order, exchange_order_id=order.exchange_order_id)
        assert (heard.status, heard.amend_requested_at is None) == ("new", False)
        changed = hear(order, exchange_order_id=None)
        assert (changed.status, terms(order), changed.amend_requested_at) == ("new", WANTED, None)
        assert changed.changes.latest("version").actor == "user"

    def test_cancelled_by_hand_meanwhile_it_has_ended(
        self, order: Order, simulator: SimulatorProcess
    ) -> None:
        request_change(order)
        simulator.control.post("cancel", clientOrderId=order.client_order_id)
        hear(order, exchange_order_id=order.exchange_order_id)
        submission.amend_at_venue(order.pk)
        ended = reload_order(order)
        assert (ended.status, ended.ended_by) == ("canceled", "hand")
        assert ended.amend_requested_at is None


@pytest.mark.parametrize("ground", [("binance", "futures")])
class TestRefusals:
    def test_what_the_venue_refuses_is_told_and_over(
        self, order: Order, simulator: SimulatorProcess
    ) -> None:
        reconciler.request_amend(
            order.pk,
            wanted=WantedTerms(price=Decimal("51000.001"), quantity=order.quantity),
            by="ada",
            now=order.created_at,
            actor="user",
        )
        Order.objects.update(amend_requested_at=F("submitted_at"))
        submission.amend_at_venue(order.pk)
        kept = reload_order(order)
        assert (kept.status, kept.amend_requested_at) == ("new", None)
        assert kept.changes.filter(reason__startswith="not changed: ").exists()

    def test_a_change_of_long_ago_is_not_what_is_wanted_now(self, order: Order) -> None:
        request_change(order)
        Order.objects.update(amend_requested_at=F("created_at") - timedelta(minutes=2))
        submission.amend_at_venue(order.pk)
        assert terms(order) == (Decimal(50000), Decimal("0.01"))
        assert "60 s" in reload_order(order).changes.latest("version").reason

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"price": Decimal("51000.001")}, "price"),
            ({"quantity": Decimal("0.00001")}, "quantity"),
            ({"price": None, "quantity": None}, "price"),
        ],
    )
    def test_what_could_not_be_is_refused_by_field(
        self, order: Order, changes: dict[str, Any], field: str
    ) -> None:
        symbols.read_market(order.key)
        with pytest.raises(placement.OrderDenied) as refusal:
            request_change(order, **changes)
        assert refusal.value.field == field

    def test_a_cancel_requested_later_comes_first(
        self, order: Order, simulator: SimulatorProcess
    ) -> None:
        request_change(order)
        placement.cancel_order(order, by="ada", now=timezone.now())
        submission.amend_at_venue(order.pk)
        (row,) = open_at_venue(simulator, order)
        assert (Decimal(row["origQty"]), Decimal(row["price"])) == (order.quantity, order.price)
        ended = submission.cancel_at_venue(order.pk)
        assert (ended.status, ended.amend_requested_at) == ("canceled", None)

    def test_too_late_it_is_refused_and_not_ignored(self, order: Order) -> None:
        placement.cancel_order(order, by="ada", now=timezone.now())
        assert order.cancel_requested_at is None  # as it was read before
        with pytest.raises(amend.CannotAmend):
            request_change(order)

    def test_no_less_than_what_is_filled(self, order: Order, simulator: SimulatorProcess) -> None:
        simulator.control.post("fill", clientOrderId=order.client_order_id, quantity="0.004")
        sweep.run_sweep(force=True)
        with pytest.raises(placement.OrderDenied, match="filled already"):
            request_change(reload_order(order), quantity=Decimal("0.004"))

    def test_a_limit_order_gets_no_trigger(self, order: Order) -> None:
        with pytest.raises(placement.OrderDenied, match="waits for no price"):
            request_change(order, trigger_price=Decimal(40000))


@pytest.mark.usefixtures("worker")
def test_by_the_api_of_its_owner_alone(
    trader: Trader, other_trader: Trader, key: ExchangeKey
) -> None:
    order = wait_for_status(place(key), "new")
    path, body = f"orders/{order.pk}/amend/", {"price": "51000", "quantity": "0.02"}
    assert other_trader.ask("POST", path, body)[0] == 404
    status, told = trader.ask("POST", path, body)
    assert (status, told["price"], told["amend_price"]) == (202, "50000", "51000")
    wait_until(lambda: terms(order) == WANTED, what="the change")
    status, told = trader.ask("GET", f"orders/{order.pk}/")
    assert (told["price"], told["amend_price"], told["amend_quantity"]) == ("51000", None, None)
    assert trader.ask("POST", path, {})[0] == 400
    assert trader.ask("POST", path, {"prise": "1", "price": "52000"})[0] == 400
    assert trader.ask("POST", path, body)[0] == 400  # it is so already


@pytest.mark.usefixtures("worker")
def test_a_change_whose_task_was_lost_is_sent_by_the_sweep(key: ExchangeKey) -> None:
    order = wait_for_status(place(key), "new")
    price, quantity = WANTED
    wanted = WantedTerms(price=price, quantity=quantity)
    reconciler.request_amend(order.pk, wanted=wanted, by="ada", now=timezone.now(), actor="user")
    sweep.run_sweep(force=True)
    wait_until(lambda: terms(order) == WANTED, what="the change")
    assert reload_order(order).amend_requested_at is None
