"""A signal is told when it comes and once more when it is settled, which happens once."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from bots.models import Signal
from bots.signals import record
from exchanges.models import ExchangeKey
from realtime.models import Event
from tests.orders.reports import NOON
from tests.trading import record_order
from users.models import User

EXECUTED, FAILED = Signal.Status.EXECUTED, Signal.Status.FAILED


def receive_signal(user: User, **changes: Any) -> Signal:
    wish: dict[str, Any] = {"source": "alarm", "symbol": "BTC/USDT", "side": Signal.Side.LONG}
    return record.create_signal(user_id=user.pk, **(wish | {"now": NOON} | changes))


def list_events(user: User) -> list[Any]:
    return [event.data for event in Event.objects.filter(user=user, type="signal").order_by("seq")]


def test_a_new_signal_is_published(user: User) -> None:
    signal = receive_signal(user, price=Decimal("50000.50"), message="breakout")
    assert list_events(user) == [
        {
            "id": signal.pk,
            "source": "alarm",
            "symbol": "BTC/USDT",
            "side": "long",
            "price": "50000.5",
            "message": "breakout",
            "status": "pending",
            "words": "",
            "order": None,
            "received_at": "2026-03-01T12:00:00.000000Z",
            "settled_at": None,
        }
    ]


def test_a_settled_signal_names_its_order_and_waits_no_more(key: ExchangeKey, user: User) -> None:
    signal, order = receive_signal(user), record_order(key)
    record.settle_signal(signal.pk, outcome=EXECUTED, order_id=order.pk, reason="bought", now=NOON)
    last = list_events(user)[-1]
    assert (last["status"], last["order"], last["words"]) == ("executed", order.pk, "bought")
    assert not record.list_pending(user.pk).exists()


def test_a_signal_is_settled_once(user: User) -> None:
    signal = receive_signal(user)
    record.settle_signal(signal.pk, outcome=FAILED, reason="no money", now=NOON)
    with pytest.raises(record.AlreadySettled):
        record.settle_signal(signal.pk, outcome=EXECUTED, now=NOON)
    assert [data["status"] for data in list_events(user)] == ["pending", "failed"]


def test_of_many_settlements_at_once_one_counts(transactional_db: None, user: User) -> None:
    signal = receive_signal(user)

    def try_to_settle(_: int) -> bool:
        try:
            record.settle_signal(signal.pk, outcome=EXECUTED, now=NOON)
        except record.AlreadySettled:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(5) as pool:
        assert sorted(pool.map(try_to_settle, range(5))) == [False] * 4 + [True]
    assert len(list_events(user)) == 2
