"""A price crosses a limit: the socket and a webhook hear of it once, and of its end once."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import standardwebhooks
from django.utils import timezone

from exchanges.models import ExchangeKey
from operations.alerts import evaluate
from operations.notifications.ways import actions
from tests.operations.alerts.conftest import BTC, publish_price
from tests.operations.notifications.conftest import send_at
from tests.operations.notifications.receivers import HttpReceiver, receive_http
from tests.pages.bots.bot_records import create_key
from tests.services import wait_until
from tests.trading import Trader


@pytest.fixture
def receiver(settings: Any) -> Iterator[HttpReceiver]:
    settings.NOTIFICATION_ALLOW_NETWORKS = ["127.0.0.0/8"]
    with receive_http() as started:
        yield started


@pytest.fixture
def own(trader: Trader) -> ExchangeKey:
    """A key, and with it the market that the rule watches."""
    return create_key(trader.user)


def test_a_price_that_crosses_is_told_once_and_ends_once(
    trader: Trader, own: ExchangeKey, receiver: HttpReceiver
) -> None:
    began = timezone.now()
    secret = actions.add_webhook(trader.user, "Desk", f"{receiver.url}/hook", now=began).secret
    body = {
        "kind": "price_above",
        "name": "Moon",
        "clear_seconds": 20,
        "conditions": {"instrument": BTC, "value": "70000", "clear": "69000"},
    }
    status, rule = trader.ask("POST", "alert-rules/", body)
    assert (status, rule["conditions"]["clear"]) == (201, "69000")
    prices = ["69999", "70000", "69500", "70500", "69001", "68999", "68999", "68999"]
    with trader.listen():
        for tick, price in enumerate(prices):
            now = began + timedelta(seconds=10 * tick)
            publish_price(price, at=now)
            evaluate.evaluate_rules(now=now)
            send_at(now)
        wait_until(lambda: len(trader.heard("alert")) == 2, what="the alert begins and ends")
    first, last = [frame["data"] for frame in trader.heard("alert")]
    assert (first["id"], first["rule"], first["ended_at"]) == (last["id"], rule["id"], None)
    assert first["title"] == f"{BTC} is above 70000"
    assert last["ended_at"] is not None
    verified = [
        standardwebhooks.Webhook(secret).verify(one.body, one.headers) for one in receiver.received
    ]
    titles = [one["data"]["title"] for one in verified]
    assert titles == [first["title"], f"Over: {first['title']}"]
