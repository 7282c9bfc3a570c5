"""The keys page: what comes in stays in, and nobody touches another's key."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from exchanges.keys import actions
from exchanges.models import ExchangeKey, StreamLease
from tests.conftest import sign_in
from tests.pages.conftest import Tab
from tests.simulator import SimulatorProcess
from tests.trading import record_order
from users.models import User

SECRET = "never-to-be-seen-again"
NEW = {"label": "Main", "venue": "binance", "market": "spot", "api_key": "A" * 20, "secret": SECRET}


@pytest.fixture
def ada(client: Client, user: User) -> Client:
    sign_in(client, user)
    return client


@pytest.fixture
def attach(user: User) -> Callable[..., ExchangeKey]:
    def attach_one(owner: User = user, label: str = "Main") -> ExchangeKey:
        unique = {"label": label, "api_key": f"{owner} {label}"}
        return actions.attach(user=owner, is_paper=False, **NEW | unique)

    return attach_one


def test_a_secret_only_comes_in(ada: Client) -> None:
    ada.post("/keys/", NEW)
    assert ExchangeKey.objects.get().label == "Main"
    for answer in (ada.get("/keys/"), ada.post("/keys/", NEW | {"market": "futures"})):
        assert SECRET not in answer.content.decode()
        assert NEW["api_key"] not in answer.content.decode().split("<form")[0]


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"label": "main"}, "label", "You already have a key of this name."),
        ({"api_key": "with spaces"}, "api_key", "An API key has no spaces in it."),
        ({"secret": ""}, "secret", "This field is required."),
    ],
)
def test_a_mistake_is_told_beside_its_field(
    ada: Client, changes: dict[str, str], field: str, words: str
) -> None:
    ada.post("/keys/", NEW)
    answer = ada.post("/keys/", NEW | {"label": "Other", "api_key": "B" * 20} | changes)
    assert answer.status_code == 422
    assert answer.context["form"].errors[field] == [words]


def test_a_live_stream_proves_a_key_that_nobody_tested(
    ada: Client, attach: Callable[..., ExchangeKey]
) -> None:
    key = attach()
    assert "Not tested yet" in ada.get("/keys/").content.decode()
    until = timezone.now() + timedelta(minutes=1)
    lease = {"holder": "a process", "expires_at": until, "state": "live"}
    StreamLease.objects.update_or_create(key=key, defaults=lease)
    assert "Not tested yet" not in ada.get("/keys/").content.decode()


def test_switched_off_and_on(ada: Client, attach: Callable[..., ExchangeKey]) -> None:
    key = attach()
    assert "switched off" in post_form(ada, f"/keys/{key.pk}/switch/", to="off")
    key.refresh_from_db()
    assert not key.is_active
    assert "switched on again" in post_form(ada, f"/keys/{key.pk}/switch/", to="on")
    key.refresh_from_db()
    assert key.is_active


def test_removed_unless_orders_speak_of_it(ada: Client, attach: Callable[..., ExchangeKey]) -> None:
    key, used = attach(), attach(label="Used")
    record_order(used)
    assert "are forgotten here" in post_form(ada, f"/keys/{key.pk}/remove/")
    assert "so it stays" in post_form(ada, f"/keys/{used.pk}/remove/")
    assert ExchangeKey.objects.get() == used


@pytest.mark.parametrize("act", ["test", "switch", "remove"])
def test_the_key_of_another_does_not_exist(
    ada: Client, attach: Callable[..., ExchangeKey], other_user: User, act: str
) -> None:
    theirs = attach(other_user)
    assert "Main" not in ada.get("/keys/").content.decode().split("<form")[0]
    assert ada.post(f"/keys/{theirs.pk}/{act}/").status_code == 404
    theirs.refresh_from_db()
    assert theirs.is_active


def post_form(client: Client, address: str, **fields: str) -> str:
    return " ".join(
        str(one) for one in client.post(address, fields, follow=True).context["messages"]
    )


@pytest.mark.browser
@pytest.mark.usefixtures("worker")
def test_the_venue_s_word_appears_by_itself(
    tab: Tab, user: User, simulator: SimulatorProcess
) -> None:
    account = simulator.open_account({"USDT": "1000"})
    page = tab(user, "/keys/")
    page.fill("[name=label]", "Paper")
    page.fill("[name=api_key]", account["key"])
    page.fill("[name=secret]", account["secret"])
    page.check("[name=simulated]")
    page.click("button:has-text('Attach the key')")
    page.wait_for_selector(".ribbon:has-text('SIMULATED')")
    page.wait_for_selector(".key .word[data-kind=good]:has-text('Works')")
    page.click(".key button:has-text('Test')")
    page.wait_for_selector(".toast[data-kind=success]:has-text('accepts this key')")
