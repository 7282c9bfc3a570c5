"""Sharing on pages: offered, accepted, seen and traded with, ended."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from exchanges.models import Balance, ExchangeKey, Position
from orders.models import Order
from tests.conftest import sign_in
from tests.orders.sharing.conftest import Share
from tests.pages.bots.bot_records import create_key, create_open_order, create_running_bot
from tests.trading import record_order
from users.models import KeyGrant, User

SEEN = {"known_at": timezone.now(), "changed_at": timezone.now()}


@pytest.fixture
def key(user: User) -> ExchangeKey:
    return create_key(user, "Desk")


def open_browser(user: User) -> Client:
    client = Client()
    sign_in(client, user)
    return client


def read(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer)
    return answer.content.decode()


def test_a_key_is_shared_and_left_on_the_keys_page(
    user: User, other_user: User, key: ExchangeKey
) -> None:
    owner, member = open_browser(user), open_browser(other_user)
    offer = {"member": "bob", "role": "trader"}
    assert "Desk" not in read(member, "/keys/")
    page = owner.post(f"/keys/{key.pk}/share/", offer, follow=True).content.decode()
    assert "“Desk” is offered to bob" in page
    assert "offered, not accepted yet" in page
    page = member.post(f"/shared-keys/{key.pk}/accept/", follow=True).content.decode()
    assert "may trade with it" in page
    assert "of ada" in page
    read(member, "/orders/")
    assert "last used" in read(owner, "/keys/")
    grant = KeyGrant.objects.get()
    assert member.post(f"/keys/{key.pk}/grants/{grant.pk}/end/").status_code == 404
    assert owner.post(f"/shared-keys/{key.pk}/leave/").status_code == 404
    assert member.post(f"/shared-keys/{key.pk}/leave/").status_code == 302
    assert not KeyGrant.objects.exists()
    owner.post(f"/keys/{key.pk}/share/", offer)
    owner.post(f"/keys/{key.pk}/grants/{KeyGrant.objects.get().pk}/end/")
    assert not KeyGrant.objects.exists()


def test_the_page_does_not_say_who_exists(user: User, other_user: User, key: ExchangeKey) -> None:
    owner = open_browser(user)
    for name in ("bob", "nobody"):
        offer = {"member": name, "role": "viewer"}
        page = owner.post(f"/keys/{key.pk}/share/", offer, follow=True).content.decode()
        assert f"It is shared once {name} accepts." in page


def test_an_offer_asks_for_the_password_again(user: User, key: ExchangeKey) -> None:
    late = Client()
    late.force_login(user, "django.contrib.auth.backends.ModelBackend")
    answer = late.post(f"/keys/{key.pk}/share/", {"member": "bob", "role": "viewer"})
    assert "/confirm/password/" in answer["Location"]
    assert not KeyGrant.objects.exists()
    assert "Confirm that it is you" in read(late, "/keys/")


@pytest.mark.parametrize("role", ["viewer", "trader"])
def test_the_pages_of_a_member(
    user: User, other_user: User, key: ExchangeKey, share: Share, role: str
) -> None:
    order = record_order(key)
    of_bot = create_open_order(create_running_bot(key, "Grid"))
    Balance.objects.create(key=key, currency="XMR", free=7, held=0, **SEEN)
    Position.objects.create(key=key, symbol="XMR/USDT:USDT", side="net", quantity=7, **SEEN)
    create_key(other_user, "Mine")
    member = open_browser(other_user)
    for path in ("/orders/", "/holdings/", "/orders/new/"):
        assert "Desk" not in read(member, path)
    share(key, role)
    page, is_trader = read(member, "/orders/"), role == "trader"
    assert page.count(">ada</span>") == 2
    assert f'<option value="{key.pk}">' in page
    holdings = read(member, "/holdings/")
    assert "XMR/USDT:USDT" in holdings
    assert ("/positions/close/?" in holdings) == is_trader
    assert ("key of ada" in read(member, "/orders/new/")) == is_trader
    button = 'data-act="cancel"'
    assert (button in read(member, f"/orders/{order.pk}/")) == is_trader
    assert button not in read(member, f"/orders/{of_bot.pk}/")
    assert member.post(f"/orders/{of_bot.pk}/cancel/").status_code == 403
    answer = member.post(f"/orders/{order.pk}/cancel/")
    assert answer.status_code == (302 if is_trader else 403)
    closing = {"key": key.pk, "symbol": "XMR/USDT:USDT"}
    assert member.post("/positions/close/", closing).status_code == (302 if is_trader else 404)
    assert "bob" in read(open_browser(user), f"/orders/{order.pk}/") or not is_trader


def test_an_order_is_placed_on_the_page_with_the_key_of_another(
    user: User, other_user: User, key: ExchangeKey, share: Share
) -> None:
    share(key, "trader")
    fields: dict[str, Any] = {
        **{"key": key.pk, "side": "buy", "symbol": "BTC/USDT", "type": "limit"},
        **{"quantity": "0.01", "price": "50000", "time_in_force": "GTC"},
    }
    assert open_browser(other_user).post("/orders/new/", fields).status_code == 302
    order = Order.objects.get()
    assert (order.user, order.placed_by) == (user, "bob")


def test_all_orders_of_the_key_of_another_are_cancelled_if_it_is_named(
    other_user: User, key: ExchangeKey, share: Share
) -> None:
    share(key, "trader")
    order = record_order(key)
    member = open_browser(other_user)
    member.post("/orders/cancel-all/", {})
    order.refresh_from_db()
    assert order.cancel_requested_at is None
    assert "BTC" in read(member, f"/orders/cancel-all/?key={key.pk}")
    member.post("/orders/cancel-all/", {"key": key.pk})
    order.refresh_from_db()
    assert order.cancel_requested_by == "member"


def test_a_token_is_made_for_the_key_of_another(
    other_user: User, key: ExchangeKey, share: Share
) -> None:
    member, fields = open_browser(other_user), {"name": "desk", "scopes": ["read"], "days": "30"}
    assert "Desk" not in read(member, "/api-tokens/")
    share(key)
    assert "Desk · ada" in read(member, "/api-tokens/")
    member.post("/api-tokens/", {**fields, "keys": [key.pk]})
    assert other_user.api_tokens.get().key_ids == [key.pk]
    assert read(member, "/api-tokens/").count("Desk · ada") == 2
