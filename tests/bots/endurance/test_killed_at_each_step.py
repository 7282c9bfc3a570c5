"""Two workers, each fill told three times, one of them killed at a step: one next order."""

import os
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.utils import timezone

from bots.models import Bot, BotOrder
from bots.running import lifecycle
from exchanges.models import ExchangeKey
from orders.models import Fill, Order
from tests.bots.desk import Desk
from tests.bots.endurance.dying_worker import STEPS
from tests.bots.endurance.installation import TwoWorkerInstallation, run_installation
from tests.services import wait_until

SHORT = (
    "order written, bot order not",
    "committed, submission not queued",
    "accepted, not recorded",
)
PATIENCE = 90.0
OTHER = {"BUY": "SELL", "SELL": "BUY"}


@pytest.fixture
def place(transactional_db: None, desk: Desk) -> Iterator[TwoWorkerInstallation]:
    with run_installation() as parts:
        match = {"key": desk.key.api_key}
        desk.simulator.control.post("faults", kind="repeat_events", match=match)
        yield parts


def the_one_that_waits(desk: Desk, bot: Bot) -> dict[str, Any]:
    """The venue and we agree that there is one, and what it is called."""

    def agreed() -> list[dict[str, Any]]:
        there, ours = desk.there(), Order.objects.filter(bot=bot, status="new")
        names = list(ours.values_list("client_order_id", flat=True))
        return there if [one["clientOrderId"] for one in there] == names else []

    (waiting,) = wait_until(agreed, timeout=PATIENCE, what="an order that waits")
    return waiting


def fill(desk: Desk, name: str) -> None:
    """Told by the stream, by the stream again, and found by the check of each second."""
    desk.simulator.control.post("fill", clientOrderId=name, account=desk.key.api_key)


def patience_is_over(key: ExchangeKey) -> None:
    """What was sent, or not, by a dead worker may be asked for; its request would have ended."""
    sent = Order.objects.filter(key=key, status="pending", submitted_at__isnull=False)
    sent.update(submitted_at=F("submitted_at") - timedelta(seconds=60))


def steps() -> list[str]:
    return list(STEPS) if "ENDURANCE_FILLS" in os.environ else list(SHORT)


def test_one_next_order_for_each_fill_wherever_a_worker_dies(
    place: TwoWorkerInstallation, desk: Desk
) -> None:
    bot = desk.make()
    lifecycle.start_bot(bot.pk, now=timezone.now())
    fills = 0
    for step in steps():
        waiting = the_one_that_waits(desk, bot)
        place.kill_at(step)
        fill(desk, waiting["clientOrderId"])
        fills += 1
        dead = place.wait_for_death()
        patience_is_over(desk.key)
        after = wait_until(desk.there, timeout=PATIENCE, what=f"an order after {step}")
        assert [one["side"] for one in after] == [OTHER[waiting["side"]]], step
        dead.start()
    the_one_that_waits(desk, bot)
    there = desk.simulator.control.get("orders", account=desk.key.api_key)["orders"]
    assert [row["status"] for row in there] == ["FILLED"] * fills + ["NEW"]
    assert Fill.objects.filter(key=desk.key).count() == fills
    arrived = BotOrder.objects.filter(bot=bot).exclude(slot__startswith="lost")
    assert arrived.count() == len(there)


def test_a_fill_that_no_worker_could_be_told_of_is_acted_on_when_the_queue_is_back(
    place: TwoWorkerInstallation, desk: Desk
) -> None:
    """The stream writes it down; nobody can be told, and afterwards only the beat knows."""
    bot = desk.make()
    lifecycle.start_bot(bot.pk, now=timezone.now())
    waiting = the_one_that_waits(desk, bot)
    place.valkey.kill()
    fill(desk, waiting["clientOrderId"])
    wait_until(
        Fill.objects.filter(key=desk.key).exists, timeout=PATIENCE, what="the fill written down"
    )
    assert BotOrder.objects.filter(bot=bot).count() == 1
    place.valkey.start()
    assert the_one_that_waits(desk, bot)["side"] == OTHER[waiting["side"]]
    there = desk.simulator.control.get("orders", account=desk.key.api_key)["orders"]
    assert [row["status"] for row in there] == ["FILLED", "NEW"]
