"""Two exits at once from their own page, without JavaScript."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from exchanges.models import ExchangeKey, PositionMode
from orders.models import Order, OrderGroup
from tests.pages.orders.test_order_pages import ada, attach, key
from users.models import User

__all__ = ["ada", "key"]
OCO = {
    **{"side": "sell", "symbol": "btc/usdt", "quantity": "0.01"},
    **{"take_profit": "70000", "stop_loss": "45000", "stop_loss_price": "44900"},
}


def place(ada: Client, key: ExchangeKey, **changes: Any) -> Any:
    return ada.post("/orders/oco/new/", {**OCO, "key": key.pk, **changes}, follow=True)


def test_both_exits_are_placed_once_and_shown_as_a_group(ada: Client, key: ExchangeKey) -> None:
    page = ada.get("/orders/oco/new/").content.decode()
    assert 'action="/orders/oco/new/"' in page
    page = place(ada, key, idempotency_key="once").content.decode()
    group = OrderGroup.objects.get()
    assert (group.kind, group.exit_side, group.quantity) == ("oco", "sell", Decimal("0.01"))
    roles = list(Order.objects.order_by("pk").values_list("role", "trigger_price", "price"))
    assert roles == [
        ("take_profit", Decimal(70000), None),
        ("stop_loss", Decimal(45000), Decimal(44900)),
    ]
    assert page.count(f">OCO {group.pk}<") == 2, "each row names its group"
    assert "Cancel the whole group" in page
    place(ada, key, idempotency_key="once")
    assert OrderGroup.objects.count() == 1
    again = place(ada, key, idempotency_key="once", quantity="0.02")
    assert "sent before with other values" in again.content.decode()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"stop_loss": ""}, "This field is required."),
        ({"take_profit": "40000"}, "The take profit must be above the stop loss."),
        ({"side": "buy"}, "The take profit must be below the stop loss."),
        ({"quantity": "much"}, "Write it as a number with a point: 0.01"),
        ({"symbol": "BTC"}, "Write both sides, as in BTC/USDT."),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(
    ada: Client, key: ExchangeKey, change: dict[str, str], words: str
) -> None:
    answer = place(ada, key, **change)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not OrderGroup.objects.exists()


def test_nobody_places_exits_with_the_key_of_another(ada: Client, other_user: User) -> None:
    answer = place(ada, attach(other_user))
    assert answer.status_code == 422
    assert not OrderGroup.objects.exists()


def test_the_form_knows_what_each_key_lacks(ada: Client, user: User) -> None:
    spot, futures = attach(user), attach(user, "Contracts", market="futures")
    ExchangeKey.objects.filter(pk=futures.pk).update(position_mode=PositionMode.ONE_WAY)
    page = " ".join(ada.get("/orders/new/").content.decode().split())
    for one, lacks in ((spot, ""), (futures, "quote_amount position_side")):
        option = f'<option value="{one.pk}" data-market="{one.market}" data-lacks="{lacks}"'
        assert option in page
