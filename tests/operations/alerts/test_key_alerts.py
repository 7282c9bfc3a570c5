"""A refused key is an alert to its owner, from the next look until it works again."""

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from exchanges.keys import actions
from exchanges.keys.permissions import KeyVerdict
from exchanges.models import ExchangeKey
from operations.alerts import key_alerts
from operations.alerts import record as alerts
from operations.models import Alert
from realtime.models import Event
from tests.orders.reports import NOON
from users.models import User

WORKS = KeyVerdict(ok=True, message="works", permissions=("read",))
REFUSED = KeyVerdict(ok=False, message="Invalid API-key.", permissions=(), stop=True)


@pytest.fixture
def attached(user: User) -> ExchangeKey:
    return actions.attach(
        user=user, label="Main", venue="binance", market="spot", api_key="k" * 16, secret="s"
    )


def hear(key: ExchangeKey, verdict: KeyVerdict) -> list[Any]:
    """The venue says so, and somebody looks; all that its owner was told of it so far."""
    actions.record(key.pk, verdict, now=NOON)
    key_alerts.update_key_alerts(now=NOON)
    key_alerts.update_key_alerts(now=NOON)
    return told(key.user)


def told(user: User) -> list[Any]:
    return [event.data for event in Event.objects.filter(user=user, type="alert").order_by("seq")]


def test_a_refused_key_is_told_once_and_ends_when_it_works(
    attached: ExchangeKey, other_user: User
) -> None:
    assert hear(attached, WORKS) == []
    (begun,) = hear(attached, REFUSED)
    assert begun["level"] == "critical"
    assert begun["title"] == "The key “Main” at Binance is switched off"
    assert begun["message"].startswith("Invalid API-key. Its orders are not checked")
    actions.activate(attached.pk)
    key_alerts.update_key_alerts(now=NOON)
    assert [data["ended_at"] is not None for data in told(attached.user)] == [False, True]
    assert not told(other_user)


def test_another_reason_is_the_same_alert_with_new_words(attached: ExchangeKey) -> None:
    hear(attached, REFUSED)
    first, second = hear(attached, KeyVerdict(ok=False, message="Gone.", permissions=(), stop=True))
    assert (first["id"], second["message"][:5]) == (second["id"], "Gone.")


def test_the_alert_goes_with_its_key(attached: ExchangeKey) -> None:
    hear(attached, REFUSED)
    actions.detach(attached.pk)
    key_alerts.update_key_alerts(now=NOON)
    assert not alerts.open_alerts(attached.user.pk).exists()


def test_alerts_of_others_are_left_alone(attached: ExchangeKey) -> None:
    alerts.begin_alert(user_id=attached.user.pk, name="operator:key:1", title="Mine", now=NOON)
    key_alerts.update_key_alerts(now=NOON)
    assert Alert.objects.get().ended_at is None


def test_nothing_new_costs_two_queries(
    attached: ExchangeKey, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    hear(attached, REFUSED)
    with django_assert_num_queries(2):
        key_alerts.update_key_alerts(now=NOON)
