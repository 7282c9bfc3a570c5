"""An alert is written in the language of each person who gets it, and tried in that of the page."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language

from exchanges.keys import actions
from exchanges.keys.permissions import KeyVerdict
from exchanges.models import Symbol
from operations.alerts import key_alerts
from operations.models import Alert
from tests.operations.alerts.conftest import BTC, evaluate_at, make_rule, publish_price
from tests.orders.reports import NOON
from users.models import User

ABOVE = {"instrument": BTC, "value": "100", "clear": "99"}
REFUSED = KeyVerdict(ok=False, message="Invalid API-key.", permissions=(), stop=True)
Texts = Callable[[User], list[str]]


@pytest.fixture
def german(user: User) -> User:
    user.language = "de"
    user.save(update_fields=["language"])
    return user


@pytest.fixture
def market(db: None) -> None:
    steps = dict.fromkeys(("price_step", "quantity_step", "min_quantity"), "0.01")
    more = steps | {"base": "BTC", "quote": "USDT", "min_cost": "5", "read_at": NOON}
    place = {"venue": "binance", "market": "spot", "is_paper": True, "name": "BTC/USDT"}
    Symbol.objects.get_or_create(**place, defaults=more)


def list_texts(user: User) -> list[str]:
    alerts = Alert.objects.filter(user=user)
    return [text for row in alerts.values_list("title", "message") for text in row]


def test_one_price_two_languages(german: User, other_user: User, market: None) -> None:
    for user in (german, other_user):
        make_rule(user, "price_above", ABOVE, name="limit")
    publish_price("101", at=NOON)
    evaluate_at(0)
    assert list_texts(german) == [f"{BTC} ist über 100", "Er steht bei 101. „limit“ endet bei 99."]
    assert list_texts(other_user) == [f"{BTC} is above 100", "It is at 101. “limit” ends at 99."]
    assert get_language() == "en"


def test_a_refused_key(german: User, other_user: User) -> None:
    for user in (german, other_user):
        key = actions.attach(
            user=user, label="Main", venue="binance", market="spot", api_key="k" * 16, secret="s"
        )
        actions.record(key.pk, REFUSED, now=NOON)
    for _ in range(2):  # the second look finds the texts that it would write
        key_alerts.update_key_alerts(now=NOON)
    assert list_texts(german)[0] == "Der Schlüssel „Main“ an Binance ist abgeschaltet"
    assert list_texts(other_user)[0] == "The key “Main” at Binance is switched off"
    assert Alert.objects.count() == 2


def test_a_trial_is_in_the_language_of_the_page(client: Client, german: User, market: None) -> None:
    rule = make_rule(german, "price_above", ABOVE)
    publish_price("100", at=timezone.now())
    client.force_login(german, "django.contrib.auth.backends.ModelBackend")
    page = client.post(reverse("alert-rule-test", args=[rule.pk]), follow=True).content.decode()
    assert f"{BTC} steht bei 100; die Regel wartet auf über 100." in page
