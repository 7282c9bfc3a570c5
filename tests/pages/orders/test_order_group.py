"""Take profit and stop loss on the form and on an order's page, without JavaScript."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from exchanges.models import ExchangeKey
from orders.groups import evaluation
from orders.models import Order, OrderGroup
from tests.pages.orders.test_order_pages import NEW, ada, fill_order, key
from users.models import User

__all__ = ["ada", "key"]
EXITS = {"take_profit": "60000", "stop_loss": "45000", "stop_loss_price": "44900"}


def place(ada: Client, key: ExchangeKey, **changes: Any) -> Any:
    return ada.post("/orders/new/", {**NEW, **EXITS, "key": key.pk, **changes}, follow=True)


def test_an_order_is_placed_with_both_exits(ada: Client, key: ExchangeKey) -> None:
    page = place(ada, key).content.decode()
    order, group = Order.objects.get(), OrderGroup.objects.get()
    assert (order.role, order.order_group, group.kind) == ("entry", group, "bracket")
    assert (group.take_profit_trigger, group.take_profit_price) == (Decimal(60000), None)
    assert (group.stop_loss_trigger, group.stop_loss_price) == (Decimal(45000), Decimal(44900))
    assert "Waits for its entry" in page
    assert "Cancel the whole group" in page


def test_the_page_shows_all_orders_of_the_group(ada: Client, key: ExchangeKey) -> None:
    place(ada, key)
    entry = Order.objects.get()
    fill_order(entry, "0.01")
    evaluation.evaluate_group(OrderGroup.objects.get().pk, now=timezone.now())
    page = ada.get(f"/orders/{entry.pk}/").content.decode()
    for order in Order.objects.exclude(pk=entry.pk):
        assert f'href="/orders/{order.pk}/"' in page
    assert "from 60,000.00" in page
    assert "at 44,900.00" in page
    assert Order.objects.count() == 3


def test_a_group_is_cancelled_by_its_page_once(ada: Client, key: ExchangeKey) -> None:
    place(ada, key)
    address = f"/orders/{Order.objects.get().pk}/group/cancel/"
    page = ada.post(address, follow=True).content.decode()
    assert "Asked to cancel the whole group" in page
    assert Order.objects.get().status == "canceled"  # it was not sent yet
    evaluation.evaluate_group(OrderGroup.objects.get().pk, now=timezone.now())
    assert "This group has ended." in ada.post(address, follow=True).content.decode()


def test_a_stranger_cancels_no_group(
    client: Client, ada: Client, key: ExchangeKey, other_user: User
) -> None:
    place(ada, key)
    client.force_login(other_user, "django.contrib.auth.backends.ModelBackend")
    answer = client.post(f"/orders/{Order.objects.get().pk}/group/cancel/")
    assert answer.status_code == 404
    assert Order.objects.get().cancel_requested_at is None


def test_an_order_without_a_group_has_none_to_cancel(ada: Client, key: ExchangeKey) -> None:
    ada.post("/orders/new/", NEW | {"key": key.pk})
    answer = ada.post(f"/orders/{Order.objects.get().pk}/group/cancel/", follow=True)
    assert "belongs to no group" in answer.content.decode()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"take_profit": "40000"}, "It takes profit only above the order&#x27;s price."),
        ({"stop_loss": "50000"}, "It stops a loss only below the order&#x27;s price."),
        ({"stop_loss": ""}, "A limit needs the price from which on it counts."),
        ({"take_profit": "-1"}, "It must be more than 0."),
        ({"type": "market", "take_profit": "45000"}, "The take profit must be above the stop loss"),
    ],
)
def test_exits_that_cannot_be_are_refused_beside_their_field(
    ada: Client, key: ExchangeKey, change: dict[str, str], words: str
) -> None:
    answer = place(ada, key, **change)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert '<details class="exits" open>' in answer.content.decode()
    assert not Order.objects.exists()


def test_a_repeated_form_with_other_exits_places_nothing(ada: Client, key: ExchangeKey) -> None:
    place(ada, key, idempotency_key="once")
    again = place(ada, key, idempotency_key="once", take_profit="61000")
    assert "sent before with other values" in again.content.decode()
    assert Order.objects.count() == OrderGroup.objects.count() == 1
