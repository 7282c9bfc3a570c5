"""A round of questions that is broken off concludes nothing from its first half."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from django.db import connections

from exchanges.models import ExchangeKey
from orders.checks import pending, sweep
from orders.models import Order
from orders.streams import threads
from orders.streams.connect_queue import ConnectQueue
from orders.streams.key_stream import KeyStream
from tests.orders.reports import report
from tests.orders.test_external_orders import place_resting_order
from tests.simulator import SimulatorProcess
from tests.trading import reload_order
from users.models import User


def test_37_replaced_by_hand_it_has_not_ended_when_the_next_question_is_refused(
    key: ExchangeKey, simulator: SimulatorProcess
) -> None:
    order = place_resting_order(key)
    name = order.client_order_id
    simulator.control.post("replace", clientOrderId=name, price="48000", quantity="0.006")
    match = {"path": "/api/v3/order", "method": "GET", "key": key.api_key, "order": name}
    simulator.control.post("faults", kind="ban", seconds=1, match=match, times=1)
    outcome = sweep.run_sweep(force=True)
    assert outcome.errors == 1
    assert (reload_order(order).status, reload_order(order).ended_at) == ("new", None)
    assert Order.objects.count() == 1


def test_40_what_was_heard_and_not_written_is_looked_for_in_whole_lists(key: ExchangeKey) -> None:
    """It may have been placed by hand: then nothing but a list shows it."""
    asked_whole = []

    async def hear() -> None:
        stream = KeyStream(key, ConnectQueue())
        stream._needs_full_listing = False  # it opened a while ago, and all was asked for
        stream._reports.put_nowait(replace(report("new"), symbol="X" * 41))  # finds no room
        writing = asyncio.create_task(stream._write_loop())
        await asyncio.wait_for(stream._reconcile_requested.wait(), 10)
        asked_whole.append(stream._needs_full_listing)
        writing.cancel()
        await threads.writing.run(connections.close_all)

    asyncio.run(hear())
    assert asked_whole == [True]


def test_52_a_refused_keys_order_that_is_gone_keeps_nobody_waiting(
    key: ExchangeKey, other_user: User, open_key: Callable[[User], ExchangeKey]
) -> None:
    gone, mine = place_resting_order(open_key(other_user)), place_resting_order(key)
    ExchangeKey.objects.filter(pk=gone.key_id).update(is_active=False, last_error="Invalid")
    orders = pending.load_orders(None, None)
    Order.objects.filter(pk=gone.pk).delete()  # in the moment after it was read
    outcome = sweep._check_orders(orders, force=True, dry=False, exclusive=True)
    assert (outcome.errors, outcome.checked) == (1, 1)
    assert reload_order(mine).checked_at
