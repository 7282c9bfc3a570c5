"""Signals from outside: whoever knows the secret wishes once, and gets one order or words."""

import hmac
import json
import threading
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from bots import executing, hooks, signalling
from bots.models import AutoTrade, Bot, Line, Signal
from tests.bots.desk import Desk
from users.models import User

WISH = {"side": "buy", "symbol": "BTCUSDT", "price": "50500"}


@pytest.fixture
def api(desk: Desk) -> APIClient:
    client = APIClient()
    client.force_authenticate(desk.key.user)
    return client


@pytest.fixture
def manual(desk: Desk) -> Bot:
    """A manual bot that runs, where the price is known."""
    desk.say_price("50500")
    return desk.start(desk.make("manual", settings={"amount": "100"}, is_default=True))


def send(user: User, body: Any = None, *, secret: str | None = None, **headers: Any) -> Any:
    hook = hooks.of(user.pk)
    text = body
    if not isinstance(body, str):
        said = {"secret": hooks.secret_of(hook) if secret is None else secret}
        text = json.dumps(WISH | said | (body or {}))
    return Client().post(
        f"/hooks/{hook.name}/", text, content_type="text/plain", headers=headers or None
    )


def test_a_signal_comes(desk: Desk) -> None:
    answer = send(desk.key.user)
    assert answer.status_code == 201
    signal = Signal.objects.get()
    assert (signal.side, signal.symbol, signal.status) == ("buy", "BTC/USDT", "pending")
    assert hooks.secret_of(hooks.of(desk.key.user.pk)) not in signal.raw


def test_a_signature_instead_of_the_secret(desk: Desk) -> None:
    hook, body = hooks.of(desk.key.user.pk), json.dumps(WISH)
    good = hmac.new(hooks.secret_of(hook).encode(), body.encode(), sha256).hexdigest()
    assert send(desk.key.user, body, **{"X-Signature": f"sha256={good}"}).status_code == 201
    assert send(desk.key.user, body + " ", **{"X-Signature": f"sha256={good}"}).status_code == 404


def nowhere() -> Any:
    return Client().post("/hooks/nobody/", "buy BTCUSDT", content_type="text/plain")


@pytest.mark.parametrize("secret", ["", "x", "0" * 40])
def test_a_wrong_secret(desk: Desk, secret: str) -> None:
    answer = send(desk.key.user, secret=secret)
    assert answer.status_code == 404
    assert nowhere().json() == answer.json()
    assert not Signal.objects.exists()


def test_the_same_again_is_the_same(desk: Desk) -> None:
    first, again = send(desk.key.user), send(desk.key.user)
    assert (again.status_code, again.json()) == (200, first.json())
    assert send(desk.key.user, {"price": "50600"}).status_code == 201
    Signal.objects.update(received_at=timezone.now() - hooks.AGAIN)
    assert send(desk.key.user).status_code == 201


def test_a_named_one_is_the_same_for_ever(desk: Desk) -> None:
    assert send(desk.key.user, {"id": "a1"}).status_code == 201
    Signal.objects.update(received_at=timezone.now() - timedelta(days=9))
    assert send(desk.key.user, {"id": "a1", "price": "1"}).status_code == 200


def test_equal_ones_at_the_same_moment(desk: Desk) -> None:
    hooks.of(desk.key.user.pk)
    codes = []

    def one() -> None:
        try:
            codes.append(send(desk.key.user).status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=one) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == [200] * 4 + [201]


@pytest.mark.parametrize(
    ("body", "status"),
    [("x" * 9000, 413), ("\0", 400), ("{", 400), ('{"side":"up","symbol":"BTCUSDT"}', 400)],
)
def test_what_makes_no_sense_is_stored_nowhere(desk: Desk, body: str, status: int) -> None:
    assert send(desk.key.user, body).status_code == status
    assert not Signal.objects.exists()


def test_a_new_secret(desk: Desk, api: APIClient) -> None:
    old = api.get("/api/v1/hook/").json()["secret"]
    new = api.post("/api/v1/hook/rotate/").json()["secret"]
    assert new != old
    assert send(desk.key.user, secret=new).status_code == 201
    assert send(desk.key.user, {"price": "1"}, secret=old).status_code == 201
    hook = hooks.of(desk.key.user.pk)
    hook.former_until = timezone.now()
    hook.save()
    assert send(desk.key.user, {"price": "2"}, secret=old).status_code == 404


def test_two_clicks_are_one_order(desk: Desk, api: APIClient, manual: Bot) -> None:
    number = send(desk.key.user).json()["signal"]
    first = api.post(f"/api/v1/signals/{number}/execute/", {})
    assert (first.status_code, first.json()["status"]) == (200, "executed")
    assert first.json()["order"] == manual.orders.get().pk
    assert api.post(f"/api/v1/signals/{number}/execute/", {}).status_code == 409
    assert manual.orders.count() == 1


def test_what_cannot_be_done_is_told(desk: Desk, api: APIClient) -> None:
    number = send(desk.key.user).json()["signal"]
    answer = api.post(f"/api/v1/signals/{number}/execute/", {}).json()
    assert (answer["status"], answer["words"]) == ("failed", "No manual bot runs with BTC/USDT.")


def test_close_closes(desk: Desk, api: APIClient, manual: Bot) -> None:
    number = send(desk.key.user).json()["signal"]
    api.post(f"/api/v1/signals/{number}/execute/", {})
    desk.settle(manual)
    desk.check()
    close = send(desk.key.user, {"side": "CLOSE"}).json()["signal"]
    assert api.post(f"/api/v1/signals/{close}/execute/", {}).json()["status"] == "executed"
    desk.settle(manual)
    assert [order.side for order in manual.orders.order_by("pk")] == ["buy", "sell"]


def test_ignored_is_ignored(desk: Desk, api: APIClient, manual: Bot) -> None:
    number = send(desk.key.user).json()["signal"]
    assert api.post(f"/api/v1/signals/{number}/ignore/").json()["status"] == "ignored"
    assert api.post(f"/api/v1/signals/{number}/execute/", {}).status_code == 409
    assert not manual.orders.exists()


def test_late_ones_expire(desk: Desk) -> None:
    send(desk.key.user)
    executing.expire(now=timezone.now())
    assert Signal.objects.get().status == "pending"
    executing.expire(now=timezone.now() + executing.EXPIRES * 2)
    assert Signal.objects.get().status == "expired"


# By itself


def auto(user: User, **settings: Any) -> None:
    AutoTrade.objects.create(user=user, **({"is_enabled": True, "is_test": False} | settings))


def test_by_itself(desk: Desk, manual: Bot) -> None:
    auto(desk.key.user)
    send(desk.key.user)
    assert Signal.objects.get().status == "executed"
    assert manual.orders.count() == 1


def test_a_test_trades_nothing(desk: Desk, manual: Bot) -> None:
    auto(desk.key.user, is_test=True)
    send(desk.key.user)
    assert Signal.objects.get().status == "pending"
    assert not manual.orders.exists()
    words = "Test: would buy BTC/USDT with the bot manual bot."
    assert Line.objects.filter(message=words).exists()


@pytest.mark.parametrize("limit", [{"symbols": ["ETH/USDT"]}, {"per_day": 0}])
def test_beyond_the_limits_it_is_left_to_a_person(
    desk: Desk, manual: Bot, limit: dict[str, Any]
) -> None:
    auto(desk.key.user, **limit)
    send(desk.key.user)
    assert Signal.objects.get().status == "pending"
    assert not manual.orders.exists()
    assert Line.objects.filter(message__startswith="Left to you: ").exists()


def test_nobody_elses(desk: Desk, other_user: User, manual: Bot) -> None:
    number = send(desk.key.user).json()["signal"]
    stranger = APIClient()
    stranger.force_authenticate(other_user)
    assert stranger.post(f"/api/v1/signals/{number}/execute/", {}).status_code == 404
    assert stranger.patch("/api/v1/auto-trade/", {"bot": manual.pk}).status_code == 400
    assert stranger.get("/api/v1/hook/").json()["url"] not in hooks.of(desk.key.user.pk).name
    assert signalling.pending_of(desk.key.user.pk).count() == 1
