"""A member trades with a key that is shared: the orders are the owner's and name the member."""

import threading
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone
from rest_framework.test import APIClient

from exchanges.models import ExchangeKey
from exchanges.sharing.actions import end_grant
from orders.groups import actions
from orders.lifecycle.exits import Exits, ExitTerms
from orders.models import Order, OrderGroup
from tests.orders.sharing.conftest import Share
from tests.pages.bots.bot_records import create_key
from tests.services import wait_until
from tests.trading import record_order
from tests.users.api_tokens.conftest import Call, call
from users.api_tokens import actions as tokens
from users.models import User

__all__ = ["call"]
ORDERS = "/api/v1/orders/"
WANTED = {
    "symbol": "BTC/USDT",
    "side": "buy",
    "type": "limit",
    "quantity": "0.01",
    "price": "50000",
}


@pytest.fixture
def key(user: User) -> ExchangeKey:
    return create_key(user, "Desk")


def client_of(user: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


def post_order(user: User, key: ExchangeKey, name: str = "", **changes: Any) -> Any:
    headers: dict[str, Any] = {"HTTP_IDEMPOTENCY_KEY": name} if name else {}
    body = {**WANTED, "key": key.pk, **changes}
    return client_of(user).post(ORDERS, body, "json", **headers)


def test_an_order_of_a_member(key: ExchangeKey, share: Share, user: User, other_user: User) -> None:
    share(key, "trader")
    answer = post_order(other_user, key)
    assert (answer.status_code, answer.json()["placed_by"]) == (201, "bob")
    order = Order.objects.get()
    assert order.user == user
    member, history = client_of(other_user), f"{ORDERS}{order.pk}/history/"
    assert member.post(f"{ORDERS}{order.pk}/cancel/").status_code == 202
    told = [(step["actor"], step["words"]) for step in member.get(history).json()]
    assert told == [
        ("member", "asked for by bob"),
        ("member", "cancel asked for by bob"),
    ]
    assert post_order(user, key).json()["placed_by"] is None


def test_a_repeated_name_is_of_one_person(
    key: ExchangeKey, share: Share, user: User, other_user: User
) -> None:
    """The same Idempotency-Key of two people is of two orders, and shows neither the other's."""
    share(key, "trader")
    ids = [post_order(person, key, "one").json()["id"] for person in (user, other_user)]
    again = [post_order(person, key, "one") for person in (user, other_user)]
    assert [answer.status_code for answer in again] == [200, 200]
    assert [answer.json()["id"] for answer in again] == ids
    assert len(set(ids)) == 2
    hidden = create_key(user, "Hidden")
    post_order(user, hidden, "two")
    assert post_order(other_user, key, "two").status_code == 201


def test_after_the_end_not_even_a_repeat_is_answered(
    key: ExchangeKey, share: Share, other_user: User
) -> None:
    grant = share(key, "trader")
    assert post_order(other_user, key, "one").status_code == 201
    end_grant(grant.pk)
    answer = post_order(other_user, key, "one")
    assert (answer.status_code, answer.json()) == (400, {"key": ["There is no such key."]})


def place_group(key: ExchangeKey) -> OrderGroup:
    exits = Exits(
        take_profit=ExitTerms(trigger_price=Decimal(70000)),
        stop_loss=ExitTerms(trigger_price=Decimal(45000)),
    )
    request = actions.OcoRequest(
        key=key, symbol="BTC/USDT", side="sell", quantity=Decimal("0.01"), exits=exits
    )
    return actions.place_oco(user=key.user, request=request, now=timezone.now())


OCO: dict[str, Any] = {
    **{"symbol": "BTC/USDT", "side": "sell", "quantity": "0.01"},
    **{"take_profit": {"trigger_price": "70000"}, "stop_loss": {"trigger_price": "45000"}},
}
LATE: dict[str, tuple[str, dict[str, Any], int]] = {
    "place": ("", WANTED, 400),
    "place two exits": ("oco/", OCO, 400),
    "cancel": ("{order}/cancel/", {}, 403),
    "change": ("{order}/amend/", {"price": "51000"}, 403),
    "cancel a group": ("groups/{group}/cancel/", {}, 403),
    "cancel all": ("cancel-all/", {}, 403),
}


@pytest.mark.parametrize("request_name", LATE)
def test_a_request_waits_for_the_end_of_its_grant_and_is_refused(
    request_name: str, key: ExchangeKey, share: Share, other_user: User, transactional_db: None
) -> None:
    """It was allowed when it was read; the owner ends the grant before it is saved."""
    grant, order, group = share(key, "trader"), record_order(key), place_group(key)
    Order.objects.filter(pk=order.pk).update(status="new", exchange_order_id="7")
    path, body, code = LATE[request_name]
    address = ORDERS + path.format(order=order.pk, group=group.pk)
    body = body | {"key": key.pk} if code == 400 or path.startswith("cancel-all") else body
    before = list(Order.objects.order_by("pk").values_list("pk", "version"))
    statuses: list[int] = []

    def post() -> None:
        statuses.append(client_of(other_user).post(address, body, "json").status_code)
        connection.close()

    with transaction.atomic():
        end_grant(grant.pk)
        poster = threading.Thread(target=post)
        poster.start()
        wait_until(is_somebody_waiting, what="the request waits for the grant")
    poster.join()
    assert statuses == [code]
    assert list(Order.objects.order_by("pk").values_list("pk", "version")) == before
    assert not Order.objects.exclude(cancel_requested_at=None).exists()


def is_somebody_waiting() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
        return bool(cursor.fetchone()[0])


def test_nobody_trades_for_an_account_that_is_switched_off(
    key: ExchangeKey, share: Share, user: User, other_user: User
) -> None:
    share(key, "trader")
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert post_order(other_user, key).json() == {"key": ["There is no such key."]}


def test_orders_of_one_owner(key: ExchangeKey, share: Share, other_user: User) -> None:
    share(key)
    theirs = record_order(key)
    mine = record_order(create_key(other_user, "Mine"))
    for name, order in (("ada", theirs), ("bob", mine)):
        (row,) = client_of(other_user).get(f"{ORDERS}?owner={name}").json()["results"]
        assert row["id"] == order.pk


def test_cancel_all_spares_the_keys_of_others_unless_named(
    key: ExchangeKey, share: Share, other_user: User
) -> None:
    share(key, "trader")
    record_order(key)
    record_order(create_key(other_user, "Mine"))
    member = client_of(other_user)
    assert member.post(f"{ORDERS}cancel-all/", {}, "json").json()["requested"] == 1
    named = {"key": key.pk}
    assert member.post(f"{ORDERS}cancel-all/", named, "json").json()["requested"] == 1


def test_no_bot_trades_with_a_key_of_others(
    key: ExchangeKey, share: Share, other_user: User
) -> None:
    share(key, "trader")
    body = {"key": key.pk, "name": "x", "symbol": "BTC/USDT", "strategy": "scalper", "settings": {}}
    answer = client_of(other_user).post("/api/v1/bots/", body, "json")
    assert answer.json()["key"] == ["There is no such key."]


@pytest.mark.parametrize(
    ("role", "scope", "named", "code"),
    [
        ("trader", "trade", "both", 201),
        ("trader", "trade", "all", 201),
        ("trader", "trade", "own", 400),
        ("trader", "read", "all", 403),
        ("viewer", "trade", "all", 400),
    ],
)
def test_of_token_and_grant_the_smaller_counts(
    key: ExchangeKey,
    share: Share,
    other_user: User,
    call: Call,
    role: str,
    scope: str,
    named: str,
    code: int,
) -> None:
    share(key, role)
    own = create_key(other_user, "Mine")
    key_ids = {"both": [own.pk, key.pk], "own": [own.pk], "all": None}[named]
    wanted = tokens.NewToken(name="x", scopes=[scope], days=1, key_ids=key_ids)
    text = tokens.create_token(other_user, wanted, now=timezone.now())[1]
    record_order(key)
    body = {**WANTED, "key": key.pk}
    answer = call(text, "post", ORDERS, data=body, content_type="application/json")
    assert answer.status_code == code
    seen = call(text, path=ORDERS).json()["results"]
    assert bool(seen) == (named != "own")


def test_a_token_cannot_name_a_key_that_is_not_shared(key: ExchangeKey, other_user: User) -> None:
    wanted = tokens.NewToken(name="x", scopes=["read"], days=1, key_ids=[key.pk])
    with pytest.raises(tokens.TokenRefused):
        tokens.create_token(other_user, wanted, now=timezone.now())
