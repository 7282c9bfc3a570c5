"""Accepting a key waits for the events of this key alone, and loses none of them."""

import threading

import pytest
from django.db import connection, transaction
from django.utils import timezone
from rest_framework.test import APIClient

from exchanges.keys.actions import detach
from exchanges.models import ExchangeKey
from exchanges.sharing.actions import end_grant, offer_key
from realtime.models import Event
from tests.orders.sharing.test_trading import is_somebody_waiting
from tests.pages.bots.bot_records import create_key
from tests.services import wait_until
from tests.trading import record_order
from users.models import KeyGrant, User

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def key(user: User, other_user: User) -> ExchangeKey:
    """A key that is offered to Bob."""
    desk = create_key(user, "Desk")
    offer_key(desk, member=other_user.get_username(), role="viewer", now=timezone.now())
    return desk


def accept_in_thread(key: ExchangeKey, member: User) -> tuple[threading.Thread, list[int]]:
    """Have the member accept the key by API at the same time as what follows."""
    statuses: list[int] = []

    def accept() -> None:
        client = APIClient()
        client.force_authenticate(member)
        statuses.append(client.post(f"/api/v1/shared-keys/{key.pk}/accept/").status_code)
        connection.close()

    thread = threading.Thread(target=accept)
    thread.start()
    return thread, statuses


def list_orders_told(member: User) -> list[int]:
    events = Event.objects.filter(user=member, type="order_update").order_by("seq")
    return [event.data["id"] for event in events]


def test_writers_of_other_keys_do_not_hold_it_up(
    key: ExchangeKey, user: User, other_user: User
) -> None:
    other_key, order = create_key(user, "Other"), record_order(key)
    with transaction.atomic():
        record_order(other_key)
        thread, statuses = accept_in_thread(key, other_user)
        wait_until(lambda: statuses == [200], what="the key is accepted")
    thread.join()
    assert list_orders_told(other_user) == [order.pk]


def test_an_order_on_its_way_is_told(key: ExchangeKey, other_user: User) -> None:
    with transaction.atomic():
        order = record_order(key)  # its event is stored already, and not for the member
        thread, statuses = accept_in_thread(key, other_user)
        wait_until(is_somebody_waiting, what="the member waits for the order")
    thread.join()
    assert statuses == [200]
    assert list_orders_told(other_user) == [order.pk]


@pytest.mark.parametrize("is_key_deleted", [True, False])
def test_an_offer_that_ends_meanwhile_is_not_found(
    key: ExchangeKey, other_user: User, is_key_deleted: bool
) -> None:
    with transaction.atomic():
        if is_key_deleted:
            detach(key.pk)
        else:
            end_grant(KeyGrant.objects.get().pk)
        thread, statuses = accept_in_thread(key, other_user)
        wait_until(is_somebody_waiting, what="the member waits for the end of the offer")
    thread.join()
    assert statuses == [404]
