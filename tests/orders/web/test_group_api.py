"""Take profit, stop loss and OCO by API: what is accepted, what is refused, and who sees it."""

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from exchanges.models import ExchangeKey
from orders.models import Order, OrderGroup
from tests.orders.web.test_api import WISH, api, foreign_key, symbols
from users.models import User

__all__ = ["api", "foreign_key", "symbols"]
PROFIT: dict[str, Any] = {"trigger_price": "70000"}
LOSS: dict[str, Any] = {"trigger_price": "45000", "price": "44900"}
ENTRY = {**WISH, "take_profit": PROFIT, "stop_loss": LOSS}
OCO = {
    **{"symbol": "BTC/USDT", "side": "sell", "quantity": "0.01"},
    **{"take_profit": PROFIT, "stop_loss": LOSS},
}
ADDRESS = "/api/v1/orders/oco/"


def test_an_entry_shows_its_group(api: APIClient, key: ExchangeKey) -> None:
    answer = api.post("/api/v1/orders/", ENTRY | {"key": key.pk})
    assert answer.status_code == 201, answer.json()
    group = OrderGroup.objects.get()
    shown = {"id": group.pk, "venue_id": None, "kind": "bracket", "role": "entry"}
    assert answer.json()["group"] == {**shown, "state": "waiting", "note": ""}
    assert api.get("/api/v1/orders/").json()["results"][0]["group"]["id"] == group.pk


def test_two_exits_are_placed_once(api: APIClient, key: ExchangeKey) -> None:
    placed = api.post(ADDRESS, OCO | {"key": key.pk}, HTTP_IDEMPOTENCY_KEY="once")
    again = api.post(ADDRESS, OCO | {"key": key.pk}, HTTP_IDEMPOTENCY_KEY="once")
    assert (placed.status_code, again.status_code) == (201, 200)
    assert placed.json()["state"] == "active"
    orders = placed.json()["orders"]
    assert [order["group"]["role"] for order in orders] == ["take_profit", "stop_loss"]
    assert [(order["trigger_price"], order["price"]) for order in orders] == [
        ("70000", None),
        ("45000", "44900"),
    ]
    assert again.json()["orders"] == orders
    assert Order.objects.count() == 2
    other = OCO | {"key": key.pk, "quantity": "0.02"}
    assert api.post(ADDRESS, other, HTTP_IDEMPOTENCY_KEY="once").status_code == 409


def test_an_entry_with_other_exits_is_another_request(api: APIClient, key: ExchangeKey) -> None:
    name: dict[str, Any] = {"HTTP_IDEMPOTENCY_KEY": "once"}
    assert api.post("/api/v1/orders/", ENTRY | {"key": key.pk}, **name).status_code == 201
    assert api.post("/api/v1/orders/", ENTRY | {"key": key.pk}, **name).status_code == 200
    for change in ({"take_profit": {"trigger_price": "71000"}}, {"stop_loss": None}):
        answer = api.post("/api/v1/orders/", ENTRY | {"key": key.pk} | change, **name)
        assert answer.status_code == 409
    assert OrderGroup.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"take_profit": {"trigger_price": "40000"}}, "take_profit"),
        ({"stop_loss": {"trigger_price": "50000"}}, "stop_loss"),
        ({"stop_loss": {"trigger_price": "45000.001"}}, "stop_loss"),
        ({"stop_loss": {"price": "45000"}}, "stop_loss"),
        ({"stop_loss": {"trigger_price": 45000.5}}, "stop_loss"),
        ({"stop_loss": {"trigger_price": "45000", "trigger": "1"}}, "stop_loss"),
        ({"take_profit": "70000"}, "take_profit"),
        ({"take_profits": PROFIT}, "take_profits"),
        ({"exits": {}}, "exits"),
        ({"quantity": "0.00011"}, "stop_loss"),  # the entry is large enough, its exit is not
    ],
)
def test_wrong_exits_are_refused(
    api: APIClient, key: ExchangeKey, symbols: None, change: dict[str, Any], field: str
) -> None:
    answer = api.post("/api/v1/orders/", ENTRY | {"key": key.pk, "price": "46000"} | change)
    assert (answer.status_code, field in answer.json()) == (400, True), answer.json()
    assert not Order.objects.exists()
    assert not OrderGroup.objects.exists()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"side": "buy"}, "take_profit"),  # to buy, profit is below
        ({"stop_loss": None}, "stop_loss"),
        ({"symbol": "NO/SUCH"}, "symbol"),
        ({"quantity": "0"}, "quantity"),
        ({"position_side": "long"}, "position_side"),  # on spot
        ({"type": "limit"}, "type"),
    ],
)
def test_wrong_pairs_are_refused(
    api: APIClient, key: ExchangeKey, symbols: None, change: dict[str, Any], field: str
) -> None:
    answer = api.post(ADDRESS, OCO | {"key": key.pk} | change)
    assert (answer.status_code, list(answer.json())) == (400, [field])
    assert not OrderGroup.objects.exists()


def test_a_bot_has_exits_of_its_own(
    api: APIClient, key: ExchangeKey, make_bot: Callable[[], Any]
) -> None:
    answer = api.post("/api/v1/orders/", ENTRY | {"key": key.pk, "bot": make_bot().pk})
    assert (answer.status_code, list(answer.json())) == (400, ["take_profit"])


@pytest.fixture
def make_bot(key: ExchangeKey) -> Callable[[], Any]:
    from bots.models import Bot

    return lambda: Bot.objects.create(user=key.user, key=key, name="b", symbol="BTC/USDT")


def test_the_groups_of_others_do_not_exist(
    api: APIClient, foreign_key: ExchangeKey, other_user: User, key: ExchangeKey
) -> None:
    stranger = APIClient()
    stranger.force_authenticate(other_user)
    group = stranger.post(ADDRESS, OCO | {"key": foreign_key.pk}).json()["id"]
    assert api.get(f"/api/v1/orders/groups/{group}/").status_code == 404
    assert api.post(f"/api/v1/orders/groups/{group}/cancel/").status_code == 404
    assert api.post(ADDRESS, OCO | {"key": foreign_key.pk}).status_code == 400
    assert stranger.get(f"/api/v1/orders/groups/{group}/").json()["state"] == "active"


def test_a_group_is_cancelled_as_one(api: APIClient, key: ExchangeKey) -> None:
    group = api.post(ADDRESS, OCO | {"key": key.pk}).json()["id"]
    answer = api.post(f"/api/v1/orders/groups/{group}/cancel/")
    assert answer.status_code == 202
    assert {order["status"] for order in answer.json()["orders"]} == {"canceled"}  # never sent
