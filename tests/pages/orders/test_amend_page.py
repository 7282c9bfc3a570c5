"""The page and the API that give an open order other terms, without a venue."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from exchanges.models import ExchangeKey
from orders.models import Order
from tests.pages.orders.test_order_pages import ada, key
from tests.trading import record_order
from users.models import User

__all__ = ["ada", "key"]
STOP: dict[str, Any] = {
    **{"side": "sell", "type": "stop_loss", "price": None},
    "trigger_price": Decimal(45000),
}


def open_stop(key: ExchangeKey, **changes: Any) -> Order:
    order = record_order(key, **(STOP | changes))
    Order.objects.filter(pk=order.pk).update(status="new", exchange_order_id=f"{order.pk}")
    return Order.objects.get(pk=order.pk)


def test_a_stop_is_given_another_trigger_price_by_its_page(ada: Client, key: ExchangeKey) -> None:
    stop = open_stop(key)
    address = f"/orders/{stop.pk}/amend/"
    assert address in ada.get(f"/orders/{stop.pk}/").content.decode()
    page = ada.get(address).content.decode()
    assert 'name="trigger_price" value="45000"' in page
    assert 'name="price"' not in page, "it is carried out at market"
    answer = ada.post(address, {"trigger_price": "44000", "quantity": "0.01"}, follow=True)
    assert "Asked to change it: its venue decides." in answer.content.decode()
    stop.refresh_from_db()
    assert (stop.trigger_price, stop.amend_trigger_price) == (45000, 44000)
    assert "change asked" in ada.get("/orders/").content.decode()
    words = stop.changes.latest("version").reason
    assert words == "change to 0.01 from 44000 on asked for by page"


def test_where_a_line_was_dropped_is_proposed_and_not_done(ada: Client, key: ExchangeKey) -> None:
    stop = open_stop(key)
    address = f"/orders/{stop.pk}/amend/"
    page = ada.get(address, {"trigger_price": "44000.5", "price": "1"}).content.decode()
    assert 'name="trigger_price" value="44000.5"' in page
    assert "45,000.00 → 44,000.50" in page
    for strange in ("-1", "1e9", "x" * 50, "", "1\x00"):
        page = ada.get(address, {"trigger_price": strange}).content.decode()
        assert 'name="trigger_price" value="45000"' in page
        assert "Nothing is sent" not in page
    stop.refresh_from_db()
    assert stop.amend_requested_at is None


def test_a_limit_behind_a_trigger_is_changed_too(ada: Client, key: ExchangeKey) -> None:
    stop = open_stop(key, price=Decimal(44900))
    terms = {"trigger_price": "44000", "price": "43900", "quantity": "0.02"}
    ada.post(f"/orders/{stop.pk}/amend/", terms)
    stop.refresh_from_db()
    asked = (stop.amend_trigger_price, stop.amend_price, stop.amend_quantity)
    assert asked == (44000, 43900, Decimal("0.02"))


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        ({"trigger_price": "45000"}, "The order has these terms already."),
        ({"trigger_price": "-1"}, "It must be more than 0."),
        ({"trigger_price": ""}, "This field is required."),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(
    ada: Client, key: ExchangeKey, terms: dict[str, str], words: str
) -> None:
    stop = open_stop(key)
    answer = ada.post(f"/orders/{stop.pk}/amend/", {"quantity": "0.01"} | terms)
    assert answer.status_code == 422
    assert words in answer.content.decode()


def test_by_api(user: User, key: ExchangeKey) -> None:
    api, stop = APIClient(), open_stop(key)
    api.force_authenticate(user)
    address = f"/api/v1/orders/{stop.pk}/amend/"
    told = api.post(address, {"trigger_price": "44000"}, "json")
    assert (told.status_code, told.json()["amend_trigger_price"]) == (202, "44000")
    assert (told.json()["trigger_price"], told.json()["amend_price"]) == ("45000", None)
    refused = api.post(address, {"price": "44000"}, "json")
    assert (refused.status_code, list(refused.json())) == (400, ["price"])
    for body in ({}, {"trigger": "1"}, {"trigger_price": "0"}):
        assert api.post(address, body, "json").status_code == 400, body
