"""A key is offered to a user, accepted by him, and ended by either side."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from exchanges.keys.actions import detach
from exchanges.models import ExchangeKey
from exchanges.sharing import actions
from orders.sharing.accept import accept_key
from realtime.models import Event
from tests.conftest import sign_in
from tests.pages.bots.bot_records import create_key
from users.models import KeyGrant, User

SHARED = "/api/v1/shared-keys/"


@pytest.fixture
def key(user: User) -> ExchangeKey:
    return create_key(user, "Desk")


@pytest.fixture
def browser(user: User) -> Client:
    client = Client()
    sign_in(client, user)
    return client


@pytest.fixture
def member(other_user: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(other_user)
    return client


def offer(key: ExchangeKey, member: str = "bob", role: str = "viewer") -> KeyGrant:
    return actions.offer_key(key, member=member, role=role, now=timezone.now())


def post_offer(browser: Client, key: ExchangeKey, member: str, role: str = "viewer") -> Any:
    body = {"member": member, "role": role}
    path = f"/api/v1/keys/{key.pk}/grants/"
    return browser.post(path, body, content_type="application/json")


def list_types(user: User) -> list[str]:
    return list(Event.objects.filter(user=user).order_by("seq").values_list("type", flat=True))


def test_the_answer_does_not_say_who_exists(
    browser: Client, key: ExchangeKey, other_user: User
) -> None:
    User.objects.create_user("carol", is_active=False)
    answers = [post_offer(browser, key, name) for name in ("bob", "nobody", "carol")]
    assert [answer.status_code for answer in answers] == [201, 201, 201]
    seen = [answer.json() for answer in answers]
    for each in seen:
        del each["id"], each["created_at"], each["member"]
    assert seen == [{"role": "viewer", "accepted_at": None, "last_used_at": None}] * 3
    again = [post_offer(browser, key, name).json() for name in ("bob", "nobody", "carol")]
    assert again[0] == again[1] == again[2]
    listed = browser.get(f"/api/v1/keys/{key.pk}/grants/").json()
    assert [grant["member"] for grant in listed] == ["bob", "nobody", "carol"]
    assert list_types(other_user) == []


def test_a_name_that_is_taken_later_gets_nothing(key: ExchangeKey) -> None:
    offer(key, "nobody")
    late = APIClient()
    late.force_authenticate(User.objects.create_user("nobody"))
    assert late.get(SHARED).json() == []


def test_an_offer_takes_a_recent_password(user: User, key: ExchangeKey) -> None:
    late = Client()
    late.force_login(user, "django.contrib.auth.backends.ModelBackend")
    answer = post_offer(late, key, "bob")
    assert (answer.status_code, answer.json()["code"]) == (403, "password_needed")
    assert late.get(f"/api/v1/keys/{key.pk}/grants/").json() == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"member": "ada", "role": "viewer"}, "member"),
        ({"member": "bob", "role": "owner"}, "role"),
        ({"member": "", "role": "viewer"}, "member"),
        ({"member": "bob", "role": "viewer", "key": 1}, "key"),
    ],
)
def test_what_is_no_offer(
    browser: Client, key: ExchangeKey, body: dict[str, Any], field: str
) -> None:
    path = f"/api/v1/keys/{key.pk}/grants/"
    answer = browser.post(path, body, content_type="application/json")
    assert (answer.status_code, list(answer.json())) == (400, [field])
    assert not KeyGrant.objects.exists()


def test_nothing_is_shared_before_it_is_accepted(
    key: ExchangeKey, member: APIClient, other_user: User
) -> None:
    offer(key)
    (offered,) = member.get(SHARED).json()
    assert (offered["id"], offered["owner"], offered["accepted_at"]) == (key.pk, "ada", None)
    assert not ExchangeKey.objects.visible_to(other_user.pk).exists()
    answer = member.post(f"{SHARED}{key.pk}/accept/")
    assert (answer.status_code, answer.json()["role"]) == (200, "viewer")
    assert member.post(f"{SHARED}{key.pk}/accept/").status_code == 200  # twice
    assert ExchangeKey.objects.visible_to(other_user.pk).get() == key
    assert not ExchangeKey.objects.tradable_by(other_user.pk).exists()
    assert list_types(other_user) == ["key_shared"]


def test_nobody_accepts_for_another(key: ExchangeKey) -> None:
    offer(key)
    stranger = APIClient()
    stranger.force_authenticate(User.objects.create_user("eve"))
    assert stranger.post(f"{SHARED}{key.pk}/accept/").status_code == 404
    assert stranger.delete(f"{SHARED}{key.pk}/").status_code == 404
    assert KeyGrant.objects.get().accepted_at is None


def test_either_side_ends_it(
    browser: Client, key: ExchangeKey, member: APIClient, other_user: User
) -> None:
    path = f"/api/v1/keys/{key.pk}/grants/"
    grant = accept_key(offer(key).pk, now=timezone.now())
    assert member.delete(f"{path}{grant.pk}/").status_code == 404
    assert browser.delete(f"{path}{grant.pk}/").status_code == 204
    assert browser.delete(f"{path}{grant.pk}/").status_code == 404
    accept_key(offer(key).pk, now=timezone.now())
    assert member.delete(f"{SHARED}{key.pk}/").status_code == 204
    assert list_types(other_user) == ["key_shared", "key_unshared"] * 2
    assert not ExchangeKey.objects.visible_to(other_user.pk).exists()
    offer(key)
    assert member.delete(f"{SHARED}{key.pk}/").status_code == 204  # declined
    assert list_types(other_user)[4:] == []


def test_an_owner_ends_only_grants_of_the_key_in_the_path(
    browser: Client, user: User, key: ExchangeKey
) -> None:
    grant = offer(key)
    other = create_key(user, "Other")
    assert browser.delete(f"/api/v1/keys/{other.pk}/grants/{grant.pk}/").status_code == 404
    assert KeyGrant.objects.exists()


def test_the_owner_sees_when_a_member_last_looked(
    browser: Client, key: ExchangeKey, member: APIClient
) -> None:
    accept_key(offer(key).pk, now=timezone.now())
    assert KeyGrant.objects.get().last_used_at is None
    member.get("/api/v1/orders/")
    (listed,) = browser.get(f"/api/v1/keys/{key.pk}/grants/").json()
    first = KeyGrant.objects.get().last_used_at
    assert first is not None
    assert listed["last_used_at"] is not None
    member.get("/api/v1/balances/")
    assert KeyGrant.objects.get().last_used_at == first  # once a minute
    KeyGrant.objects.update(last_used_at=first - timedelta(minutes=2))
    member.get("/api/v1/balances/")
    assert KeyGrant.objects.get().last_used_at != first - timedelta(minutes=2)


def test_a_key_that_goes_takes_its_grants_along(key: ExchangeKey, other_user: User) -> None:
    accept_key(offer(key).pk, now=timezone.now())
    offer(key, "nobody")
    detach(key.pk)
    assert not KeyGrant.objects.exists()
    assert list_types(other_user) == ["key_shared", "key_unshared"]
