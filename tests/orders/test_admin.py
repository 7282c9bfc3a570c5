"""Operators see where orders come from and who ended them, and may only ask for an end."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from exchanges.models import ExchangeKey
from orders import reconciler
from orders.models import Order
from tests.orders.reports import report
from tests.trading import record_order, reload_order
from users.models import User


@pytest.fixture
def olga(client: Client, staff_user: User) -> Client:
    client.force_login(staff_user, "django.contrib.auth.backends.ModelBackend")
    return client


def get_page(client: Client, address: str = "", **more: Any) -> str:
    answer = client.get(f"/admin/orders/order/{address}", more)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_origin_and_end_are_shown_and_filtered(olga: Client, key: ExchangeKey) -> None:
    mine, other = record_order(key), record_order(key, origin="external", client_order_id="web77")
    ended = report("canceled", quantity=mine.quantity, price=mine.price)
    reconciler.apply_report(mine.pk, ended, source="stream", now=timezone.now())
    assert "web77" in get_page(olga, f"{other.pk}/change/")
    history = get_page(olga, f"{mine.pk}/change/")
    assert "By hand at the exchange" in history
    assert f"/{other.pk}/change/" in get_page(olga, origin="external")
    assert f"/{mine.pk}/change/" not in get_page(olga, origin="external")
    assert f"/{mine.pk}/change/" in get_page(olga, ended_by="hand")


def test_an_operators_cancel_says_so_and_leaves_external_orders_alone(
    olga: Client, key: ExchangeKey
) -> None:
    mine, other = record_order(key), record_order(key, origin="external", client_order_id="web77")
    chosen = {"action": "cancel", "_selected_action": [mine.pk, other.pk]}
    olga.post("/admin/orders/order/", chosen)
    assert (reload_order(mine).status, reload_order(mine).ended_by) == ("canceled", "operator")
    assert (
        reload_order(mine).changes.latest("version").reason == "cancel asked for by operator olga"
    )
    assert reload_order(other).cancel_requested_at is None


def test_nobody_edits_an_order(olga: Client, key: ExchangeKey) -> None:
    order = record_order(key)
    answer = olga.post(f"/admin/orders/order/{order.pk}/change/", {"status": "filled"})
    assert (answer.status_code, Order.objects.get().status) == (403, "pending")
