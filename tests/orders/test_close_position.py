"""Closing the position of a symbol: at once, as a whole, once, and never the other side."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from bots.models import Bot
from exchanges.holdings import fetch
from exchanges.models import ExchangeKey, Position
from orders import submission
from orders.models import Order
from tests.simulator import SimulatorProcess
from tests.trading import record_order, reload_order
from users.models import User

SYMBOL = "BTC/USDT:USDT"
FUTURES = ["binance", "okx", "bybit"]
Attach = Callable[[str, str], ExchangeKey]


@pytest.fixture
def key(key_at: Attach) -> ExchangeKey:
    return key_at("binance", "futures")


@pytest.fixture
def api(user: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


def hold(key: ExchangeKey, quantity: str = "0.3", side: str = "net") -> Position:
    now, amount = timezone.now(), Decimal(quantity)
    return Position.objects.create(
        key=key, symbol=SYMBOL, side=side, quantity=amount, known_at=now, changed_at=now
    )


def close(api: APIClient, key: ExchangeKey, **more: Any) -> Any:
    headers = more.pop("headers", {})
    body = {"key": key.pk, "symbol": SYMBOL, **more}
    return api.post("/api/v1/positions/close/", body, headers=headers)


@pytest.mark.parametrize("side", ["buy", "sell"])
@pytest.mark.parametrize("venue", FUTURES)
def test_a_position_is_closed_at_its_venue(
    venue: str, side: str, key_at: Attach, api: APIClient, simulator: SimulatorProcess
) -> None:
    key = key_at(venue, "futures")
    opening = record_order(
        key, symbol=SYMBOL, side=side, type="market", price=None, quantity=Decimal("0.03")
    )
    submission.submit_order(opening.pk)
    fetch.refresh_key(key.pk)
    answer = close(api, key)
    assert answer.status_code == 201, answer.json()
    submission.submit_order(answer.json()["id"])
    closing = reload_order(Order.objects.get(pk=answer.json()["id"]))
    assert (closing.status, closing.filled, closing.reduce_only) == (
        "filled",
        Decimal("0.03"),
        True,
    )
    fetch.refresh_key(key.pk)
    assert not Position.objects.filter(key=key).exclude(quantity=0).exists()
    assert close(api, key).status_code == 404


@pytest.mark.parametrize(("quantity", "side"), [("0.3", "sell"), ("-0.3", "buy")])
def test_all_of_it_goes_the_other_way(
    key: ExchangeKey, api: APIClient, quantity: str, side: str
) -> None:
    hold(key, quantity)
    order = close(api, key, symbol=SYMBOL.lower()).json()
    found = [order[name] for name in ("side", "type", "quantity", "reduce_only", "symbol", "bot")]
    assert found == [side, "market", "0.3", True, SYMBOL, None]


def test_twice_is_once(key: ExchangeKey, api: APIClient) -> None:
    hold(key)
    first = close(api, key)
    again = close(api, key)
    assert (again.status_code, f"Order {first.json()['id']}" in again.json()["detail"]) == (
        409,
        True,
    )
    assert Order.objects.count() == 1


def test_two_at_one_moment_are_one(key: ExchangeKey, user: User) -> None:
    hold(key)

    def close_alone() -> int:
        client = APIClient()
        client.force_authenticate(user)
        try:
            return int(close(client, key).status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        answers = [one.result() for one in [threads.submit(close_alone) for _ in range(4)]]
    assert sorted(answers) == [201, 409, 409, 409]
    assert Order.objects.count() == 1


def test_a_repeated_request_gets_the_same_order(key: ExchangeKey, api: APIClient) -> None:
    position = hold(key)
    first = close(api, key, headers={"Idempotency-Key": "a"})
    Position.objects.filter(pk=position.pk).update(quantity=0)
    again = close(api, key, headers={"Idempotency-Key": "a"})
    assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])
    other = close(api, key, symbol="ETH/USDT:USDT", headers={"Idempotency-Key": "a"})
    assert other.status_code == 409


def test_the_name_of_a_request_is_of_one_side(key: ExchangeKey, api: APIClient) -> None:
    """With the order of the long position its owner would believe the short one closed."""
    hold(key, side="long")
    hold(key, "-0.05", side="short")
    first = close(api, key, side="long", headers={"Idempotency-Key": "a"})
    assert first.status_code == 201, first.json()
    assert close(api, key, side="short", headers={"Idempotency-Key": "a"}).status_code == 409
    again = close(api, key, side="long", headers={"Idempotency-Key": "a"})
    assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])


def test_every_digit_of_a_large_position_is_closed(key: ExchangeKey, api: APIClient) -> None:
    hold(key, "12345678901.000000000000000001")
    assert close(api, key).json()["quantity"] == "12345678901.000000000000000001"


def test_its_open_orders_are_cancelled_if_wanted(key: ExchangeKey, api: APIClient) -> None:
    here = record_order(key, symbol=SYMBOL)
    elsewhere = record_order(key, symbol="ETH/USDT:USDT")
    hold(key)
    close(api, key, cancel_orders=True)
    assert reload_order(here).cancel_requested_at
    assert not reload_order(elsewhere).cancel_requested_at
    closing = Order.objects.get(reduce_only=True)
    assert closing.cancel_requested_at is None


def test_they_stay_unless_it_is_said(key: ExchangeKey, api: APIClient) -> None:
    here = record_order(key, symbol=SYMBOL)
    hold(key)
    close(api, key)
    assert reload_order(here).cancel_requested_at is None


def test_nothing_is_held(key: ExchangeKey, api: APIClient) -> None:
    hold(key, "0")
    for symbol in (SYMBOL, "ETH/USDT:USDT", "nonsense"):
        assert close(api, key, symbol=symbol).status_code == 404
    assert not Order.objects.exists()


def test_of_two_sides_one_must_be_named(key: ExchangeKey, api: APIClient) -> None:
    hold(key, "1", "long")
    hold(key, "-1", "short")
    assert "long, short" in close(api, key).json()["side"][0]
    assert not Order.objects.exists()
    ordered = close(api, key, side="short").json()
    assert (ordered["side"], ordered["position_side"], ordered["quantity"]) == ("buy", "short", "1")
    assert close(api, key, side="short").status_code == 409
    assert close(api, key, side="long").status_code == 201
    assert sorted(Order.objects.values_list("side", flat=True)) == ["buy", "sell"]


def test_a_switched_off_key_closes_nothing(key: ExchangeKey, api: APIClient) -> None:
    hold(key)
    ExchangeKey.objects.filter(pk=key.pk).update(is_active=False)
    assert list(close(api, key).json()) == ["key"]


def test_the_positions_of_others_are_not_there(
    key: ExchangeKey, other_user: User, client: Client
) -> None:
    hold(key)
    stranger = APIClient()
    stranger.force_authenticate(other_user)
    assert close(stranger, key).json() == {"key": ["There is no such key."]}
    client.force_login(other_user, "django.contrib.auth.backends.ModelBackend")
    wanted = {"key": str(key.pk), "symbol": SYMBOL}
    assert client.get("/positions/close/", wanted).status_code == 404
    assert client.post("/positions/close/", wanted).status_code == 404
    assert not Order.objects.exists()


def test_the_page_asks_first_and_names_the_bots(
    key: ExchangeKey, user: User, client: Client
) -> None:
    hold(key, "-0.3")
    Bot.objects.create(user=user, key=key, name="grid-1", symbol=SYMBOL, mode="running")
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    listed = client.get("/holdings/").content.decode()
    address = f"/positions/close/?key={key.pk}&amp;symbol=BTC%2FUSDT%3AUSDT&amp;side=net"
    assert address in listed
    wanted_address = address.replace("&amp;", "&")
    asked = client.get(wanted_address).content.decode()
    assert "buys <strong>0.3</strong>" in asked
    assert "grid-1" in asked
    assert "cancel_orders" not in asked
    waits = record_order(key, symbol=SYMBOL)
    assert "Cancel 1 open order of this symbol too" in client.get(wanted_address).content.decode()
    wanted = {"key": str(key.pk), "symbol": SYMBOL, "side": "net", "cancel_orders": "on"}
    done = client.post("/positions/close/", wanted)
    order = Order.objects.get(reduce_only=True)
    assert reload_order(waits).cancel_requested_at
    assert done.headers["Location"] == f"/orders/?order={order.pk}"
    assert (order.side, order.quantity, order.reduce_only) == ("buy", Decimal("0.3"), True)
    again = client.post("/positions/close/", wanted, follow=True)
    assert "is closing this position already" in again.content.decode()
    assert Order.objects.filter(reduce_only=True).count() == 1
    for wrong in ({}, {"key": "x"}, {"key": "9" * 30}):
        assert client.get("/positions/close/", wrong).status_code == 404
