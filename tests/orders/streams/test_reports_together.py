"""Reports that waited together are written together; one that cannot be written stops no other."""

from dataclasses import replace
from decimal import Decimal

import pytest
from django.db import transaction
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from exchanges.models import ExchangeKey
from orders import task_queue
from orders.models import Fill, Order, OrderChange
from orders.streams import threads
from realtime.models import Event
from tests.orders.reports import fill, report
from tests.trading import record_order, reload_order


def test_many_fills_are_told_one_by_one_and_written_as_one_step(key: ExchangeKey) -> None:
    order = record_order(key, quantity=Decimal(10))
    reports = [
        report(
            "partially_filled",
            str(number),
            client_order_id=order.client_order_id,
            fills=(fill(f"t{number}", "1"),),
        )
        for number in range(1, 10)
    ]
    assert threads.apply_reports(key.pk, reports) == 0
    assert reload_order(order).filled == 9
    assert [(c.filled, c.source) for c in OrderChange.objects.filter(order=order)] == [
        (0, "user"),
        (9, "stream"),
    ]
    events = Event.objects.filter(user=key.user, type="trade").order_by("seq")
    assert [event.data["trade_id"] for event in events] == [f"t{n}" for n in range(1, 10)]


def test_a_report_that_cannot_be_written_stops_no_other(key: ExchangeKey) -> None:
    now = timezone.now()
    broken = report("partially_filled", "1", fills=(fill("t1", "0"),), reported_at=now)
    good = report("partially_filled", "4", fills=(fill("t2", "4"),), reported_at=now)
    good = replace(good, exchange_order_id="78", client_order_id="fw2")
    assert threads.apply_reports(key.pk, [broken, good]) == 1
    assert Order.objects.get().exchange_order_id == "78"
    assert Fill.objects.get().trade_id == "t2"
    assert Event.objects.filter(user=key.user, type="trade").count() == 1


@pytest.mark.django_db
def test_a_transaction_queues_the_same_task_once(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks() as queued, transaction.atomic():
        for key_id in (1, 2, 1):
            task_queue.request_fill_count(key_id)
    assert len(queued) == 2
