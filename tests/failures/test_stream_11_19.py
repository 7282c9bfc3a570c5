"""FAILURES 11 to 19: a venue's own stream that is early, silent, confused or gone."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from decimal import Decimal

import pytest
from django.db import connection
from django.db.models import Q
from pytest_django.fixtures import Settings

from orders import submission
from orders.models import Fill, Order, OrderChange
from orders.submission import StillUnknown
from realtime.models import Event
from tests.failures.harness.markets import ONE_OF_EACH_PROTOCOL
from tests.failures.harness.scene import Scene
from tests.trading import reload_order

everywhere = pytest.mark.parametrize("market", ONE_OF_EACH_PROTOCOL, indirect=True)
ABOUT_ORDERS = Q(type="trade") | Q(type__startswith="order")
PARTS = ("0.003", "0.003", "0.004")


@contextmanager
def being_sent(order: Order) -> Iterator[Future[None]]:
    """In another thread, as by a worker; the block ends when that has ended."""

    def send() -> None:
        try:
            with suppress(StillUnknown):
                submission.submit_order(order.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as worker:
        yield worker.submit(send)


def replay(scene: Scene, count: int, *, backwards: bool = False) -> None:
    """The venue tells its last events once more."""
    scene.simulator.control.post("replay", key=scene.key.api_key, count=count, backwards=backwards)


def settled(scene: Scene, mark: str) -> None:
    """All that was told so far is written down: an order told after it is."""
    later = scene.place(price=Decimal(40000), idempotency_key=mark)
    scene.fill(later)
    scene.wait(later, "filled")


def told(scene: Scene, order: Order) -> list[tuple[str, str]]:
    """Status and filled, as the socket heard them, one after another."""
    frames = scene.heard("order_update", id=order.pk)
    return [(frame["data"]["status"], frame["data"]["filled"]) for frame in frames]


@everywhere
def test_11_a_fill_that_is_told_before_the_answer_to_the_submit(
    scene: Scene, settings: Settings
) -> None:
    settings.VENUE_TIMEOUT_SECONDS = 20.0
    with scene.streaming():
        scene.fault("hang_after_accept", scene.market.order, "POST")
        order = scene.intend()
        with being_sent(order) as sent:
            scene.wait(order, "new")
            scene.fill(order)
            scene.wait_for_frame("order_filled", id=order.pk)
            assert not sent.done()
            scene.mend()
    assert (reload_order(order).status, order.fills.count()) == ("filled", 1)
    assert told(scene, order) == [("pending", "0"), ("new", "0"), ("filled", "0.01")]


def test_11_an_answer_that_is_older_than_what_the_stream_told(scene: Scene) -> None:
    order = scene.intend()
    with scene.streaming():
        late = scene.fault("latency_after_accept", scene.market.order, "POST", latency_ms=400)
        with being_sent(order):
            scene.wait(order, "new")
            scene.fill(order)
        scene.mend(late)
        scene.wait_for_frame("order_filled", id=order.pk)
    assert reload_order(order).status == "filled"
    assert told(scene, order)[-1] == ("filled", "0.01")


@everywhere
@pytest.mark.parametrize("end", ["drop_sockets", "end_streams"])
def test_12_what_happened_while_the_stream_was_gone_is_asked_for(scene: Scene, end: str) -> None:
    filled, cancelled = scene.place(), scene.place()
    with scene.streaming():
        with scene.broken_stream():
            mute = scene.fault("mute_sockets")  # nothing of it was heard before the break
            scene.fill(filled)
            scene.fill(cancelled, "0.004")
            scene.cancel_by_hand(cancelled)
            scene.fault(end)
            scene.mend(mute)
        scene.wait_for_frame("order_filled", id=filled.pk)
        scene.wait_for_frame("order_update", id=cancelled.pk, status="canceled", filled="0.004")
    assert Fill.objects.count() == 2


@everywhere
def test_13_a_zombie_is_caught_by_the_next_sweep(scene: Scene) -> None:
    order = scene.place()
    with scene.streaming():
        scene.fault("mute_sockets")
        scene.fill(order)
        scene.sweep()
        scene.wait_for_frame("order_filled", id=order.pk)
        assert scene.is_live()
    assert OrderChange.objects.get(order=order, status="filled").source == "poll"


def test_13_a_zombie_is_found_out_and_replaced(scene: Scene, settings: Settings) -> None:
    settings.STREAM_QUIET_SECONDS = 0.5
    order = scene.place()
    with scene.streaming(), scene.broken_stream():
        mute = scene.fault("mute_sockets")
        scene.fill(order)
        scene.wait_for_frame("order_filled", id=order.pk)
        scene.mend(mute)
    assert order.fills.count() == 1


@everywhere
def test_14_a_stream_that_its_venue_ends_is_opened_anew(scene: Scene) -> None:
    order = scene.place()
    with scene.streaming():
        with scene.broken_stream():
            scene.fault("end_streams")
        scene.fill(order)
        scene.wait_for_frame("order_filled", id=order.pk)
    assert OrderChange.objects.get(order=order, status="filled").source == "stream"


@everywhere
def test_14_an_error_that_answers_nothing_ends_the_stream_in_time(scene: Scene) -> None:
    order = scene.place()
    with scene.streaming():
        with scene.broken_stream():
            scene.fault("error_frame")
        scene.fill(order)
        scene.wait_for_frame("order_filled", id=order.pk)
    assert OrderChange.objects.get(order=order, status="filled").source == "stream"


@everywhere
@pytest.mark.parametrize("way", ["stream", "sweep"])
def test_14_an_instrument_that_no_list_has_hides_no_order(scene: Scene, way: str) -> None:
    orders = [scene.place() for _ in range(3)]
    if way == "stream":
        with scene.streaming():
            scene.fault("unlisted")
            scene.fill(orders[0])
            scene.wait_for_frame("order_filled", id=orders[0].pk)
    else:
        scene.fault("unlisted")
        scene.fill(orders[0], "0.004")
        scene.look_over()
        scene.sweep()
        scene.wait_for_frame("order_update", id=orders[0].pk, filled="0.004")
    assert not {reload_order(order).status for order in orders} - {
        "new",
        "partially_filled",
        "filled",
    }


def test_15_two_symbols_share_an_order_id(scene: Scene) -> None:
    bitcoin = scene.place()
    ether = scene.place(
        symbol=scene.market.other_symbol, price=Decimal(2000), quantity=Decimal("0.1")
    )
    assert bitcoin.exchange_order_id == ether.exchange_order_id
    with scene.streaming():
        scene.fill(ether, "0.04")
        scene.wait_for_frame("order_update", id=ether.pk, filled="0.04")
        scene.fill(bitcoin)
        scene.wait_for_frame("order_filled", id=bitcoin.pk)
    scene.fill(ether)
    scene.sweep()
    scene.wait_for_frame("order_filled", id=ether.pk, filled="0.1")
    assert {fill.symbol for fill in ether.fills.all()} == {scene.market.other_symbol}
    assert (ether.fills.count(), bitcoin.fills.count()) == (2, 1)


@everywhere
def test_16_messages_told_again_after_a_reconnect_count_once(scene: Scene) -> None:
    order = scene.place()
    with scene.streaming():
        for part in PARTS[:2]:
            scene.fill(order, part)
        scene.wait_for_frame("order_update", id=order.pk, filled="0.006")
        with scene.broken_stream():
            scene.fault("drop_sockets")
        events = Event.objects.filter(ABOUT_ORDERS).count()
        replay(scene, 6)
        scene.fill(order)
        scene.wait_for_frame("order_filled", id=order.pk, filled="0.01")
    # A trade, a change, an end: of the last fill alone.
    assert Event.objects.filter(ABOUT_ORDERS).count() == events + 3
    assert order.fills.count() == len(PARTS)
    assert sum(fill.quantity for fill in order.fills.all()) == Decimal("0.01")


def test_16_each_message_told_twice_counts_once(scene: Scene) -> None:
    order = scene.place()
    with scene.streaming():
        scene.fault("repeat_events")
        for part in PARTS:
            scene.fill(order, part)
        scene.wait_for_frame("order_filled", id=order.pk, filled="0.01")
        settled(scene, "twice")
    assert [frame["data"]["quantity"] for frame in scene.heard("trade", order=order.pk)] == list(
        PARTS
    )


def test_17_parts_that_are_told_in_reverse(scene: Scene) -> None:
    order = scene.place()
    with scene.streaming():
        scene.fault("reorder_events", count=3, times=1)
        for part in PARTS:
            scene.fill(order, part)
        scene.wait_for_frame("order_filled", id=order.pk, filled="0.01")
        settled(scene, "reverse")
    assert order.fills.count() == len(PARTS)
    filled = [Decimal(filled) for _, filled in told(scene, order)]
    assert filled == sorted(filled)


@everywhere
@pytest.mark.parametrize("end", ["filled", "canceled"])
def test_17_older_words_after_the_end_change_nothing(scene: Scene, end: str) -> None:
    with scene.streaming():
        order = scene.place()
        scene.fill(order, "0.004")
        if end == "filled":
            scene.fill(order)
        else:
            scene.cancel_by_hand(order)
        scene.wait(order, end)
        version = reload_order(order).version
        replay(scene, 6, backwards=True)  # down to NEW, with nothing filled
        settled(scene, "older")
    assert (reload_order(order).status, reload_order(order).version) == (end, version)
    assert reload_order(order).filled == (Decimal("0.01") if end == "filled" else Decimal("0.004"))


def test_18_a_market_order_of_which_the_stream_only_tells_that_it_is_open(scene: Scene) -> None:
    with scene.streaming():
        order = scene.intend(type="market", price=None)
        scene.fault("mute_sockets", skip=1, order=order.client_order_id)
        scene.fault("close_after_accept", scene.market.order, "POST")
        with suppress(StillUnknown):
            submission.submit_order(order.pk)
        scene.wait(order, "new")
        scene.sweep()
        scene.wait_for_frame("order_filled", id=order.pk, filled="0.01")
    assert reload_order(order).fills_quantity == Decimal("0.01")
    assert OrderChange.objects.get(order=order, status="filled").source == "poll"


def test_19_an_order_is_followed_however_many_others_there_were(scene: Scene) -> None:
    """ccxt forgets orders beyond the 1,000 it keeps; we never ask it what it keeps."""
    with scene.streaming():
        order = scene.place()
        others = [_ended_elsewhere(scene, number) for number in range(1_050)]
        scene.simulator.control.post("say", key=scene.key.api_key, events=others)
        scene.fill(order)
        scene.wait_for_frame("order_filled", id=order.pk)
    assert OrderChange.objects.get(order=order, status="filled").source == "stream"


def _ended_elsewhere(scene: Scene, number: int) -> dict[str, object]:
    """An executionReport of an order that is not ours."""
    zero = dict.fromkeys(("z", "Z", "l", "L", "Y"), "0")
    return zero | {
        **{"e": "executionReport", "E": 1, "T": 1, "O": 1, "s": scene.market.name, "S": "BUY"},
        **{"i": 9_000_000 + number, "c": f"web_{number}", "C": "", "t": -1, "o": "LIMIT"},
        **{"f": "GTC", "x": "CANCELED", "X": "CANCELED", "q": "1", "p": "1"},
    }
