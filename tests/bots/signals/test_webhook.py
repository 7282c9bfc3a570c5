"""Signals from outside: who knows the secret is heard, once; anybody else hears nothing of use."""

import json
import threading
import time
from datetime import timedelta
from typing import Any

import pytest
import redis
from django.db import connection
from django.test import Client
from django.utils import timezone
from redis.backoff import NoBackoff
from redis.retry import Retry
from rest_framework.test import APIClient

from bots.models import Signal
from bots.signals import hooks, rate_limit, webhook_auth
from exchanges.models import ExchangeKey
from realtime import redis as realtime_connection
from tests.bots.desk import Desk
from tests.bots.signals.webhook_requests import SIGNAL, post, secret_of, send, signed
from tests.conftest import sign_in
from users.models import User


@pytest.fixture
def api(user: User) -> APIClient:
    client = APIClient()
    sign_in(client, user)
    return client


def at_once(number: int, do: Any) -> list[Any]:
    """The answers of so many threads that do it at the same moment."""
    answers: list[Any] = []
    together = threading.Barrier(number)

    def one() -> None:
        try:
            together.wait()
            answers.append(do())
        finally:
            connection.close()

    threads = [threading.Thread(target=one) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_a_request_creates_a_signal(desk: Desk) -> None:
    answer = send(desk.key.user)
    assert answer.status_code == 201
    signal = Signal.objects.get()
    assert (signal.side, signal.symbol, signal.status) == ("buy", "BTC/USDT", "pending")


@pytest.mark.parametrize(
    "body",
    [
        "{secret} buy BTCUSDT",
        "buy BTCUSDT secret={secret}",
        'secret: "{secret}"\nbuy BINANCE:BTCUSDT',
        '{{"side": "buy", "symbol": "BTCUSDT", "passphrase": "{secret}"}}',
        '{{"side": "buy", "symbol": "BTCUSDT", "message": "by {secret}", "id": "{secret}"}}',
        '{{"side": "buy", "symbol": "BTCUSDT", "secret": "{escaped}"}}',
    ],
)
def test_the_secret_is_stored_nowhere(user: User, body: str) -> None:
    secret = secret_of(user)
    escaped = "".join(f"\\u00{ord(letter):x}" for letter in secret)
    assert send(user, body.format(secret=secret, escaped=escaped)).status_code == 201
    kept = Signal.objects.values().get()
    assert kept["symbol"] == "BINANCE:BTCUSDT"[-len(kept["symbol"]) :]
    assert not [name for name, value in kept.items() if secret in str(value)]
    assert escaped not in kept["raw"]


def test_the_secret_is_not_logged(user: User, caplog: pytest.LogCaptureFixture) -> None:
    send(user)
    send(user, "{ " + secret_of(user))
    assert caplog.records
    assert secret_of(user) not in caplog.text


# Signed


def test_a_signature_instead_of_the_secret(user: User) -> None:
    body = json.dumps(SIGNAL)
    good = signed(user, body)
    assert send(user, body, **good).status_code == 201
    assert send(user, body + " ", **good).status_code == 404
    assert send(user, body, **good | {"X_Timestamp": str(int(time.time()) + 1)}).status_code == 404


def test_a_signature_is_valid_for_a_minute(user: User) -> None:
    body, hour = json.dumps(SIGNAL), 3600
    for late in (-hour, -webhook_auth.SKEW.seconds - 5, webhook_auth.SKEW.seconds + 5):
        answer = send(user, body, **signed(user, body, at=time.time() + late))
        assert (answer.status_code, answer.json()["detail"][:13]) == (400, "It was signed")
    bare = {"X_Signature": signed(user, body)["X_Signature"]}
    assert send(user, body, **bare).json() == post("nobody", body, **bare).json()
    assert not Signal.objects.exists()


def test_a_valid_signature_repeated_is_the_same_signal(user: User) -> None:
    body = json.dumps(SIGNAL)
    good = signed(user, body, at=time.time() + 50)
    first = send(user, body, **good)
    Signal.objects.update(received_at=timezone.now() - timedelta(seconds=110))
    again = send(user, body, **good)
    assert (again.status_code, again.json()) == (200, first.json())


def test_a_wrong_signature_is_refused_even_with_the_secret(user: User) -> None:
    body = json.dumps(SIGNAL | {"secret": secret_of(user)})
    headers = {"X_Signature": "sha256=" + "0" * 64, "X_Timestamp": str(int(time.time()))}
    assert send(user, body, **headers).status_code == 404


# Strangers


STRANGE: list[Any] = [
    "",
    "{",
    "buy BTCUSDT",
    "\0",
    b"\xff\xfe",
    '{"side":"up","secret":"' + "0" * 40 + '"}',
    "[" * 5000,
    '{"secret":' * 900 + "1" + "}" * 900,
    '{"secret": {"a": 1}}',
    "x" * 8000,
]


@pytest.mark.parametrize("body", STRANGE)
@pytest.mark.parametrize("headers", [{}, {"X_Signature": "0" * 64, "X_Timestamp": "1"}])
def test_an_unknown_hook_and_a_wrong_secret_answer_the_same(
    user: User, body: Any, headers: dict[str, str]
) -> None:
    wrong, nowhere = send(user, body, **headers), post("0" * 32, body, **headers)
    assert (wrong.status_code, wrong.content) == (nowhere.status_code, nowhere.content)
    assert wrong.status_code == 404
    assert wrong.headers.pop("X-Request-ID") != nowhere.headers.pop("X-Request-ID")
    assert wrong.headers.items() == nowhere.headers.items()
    assert not Signal.objects.exists()


def test_an_inactive_user_has_no_hook(user: User) -> None:
    hooks.for_user(user.pk)
    user.is_active = False
    user.save()
    assert send(user).status_code == 404


def test_only_senders_without_the_secret_are_limited_by_address(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bots.signals.webhook.STRANGERS_A_MINUTE", 2)
    codes = [post("0" * 32, "buy BTCUSDT").status_code for _ in range(5)]
    assert set(codes[:2]) == {404}
    assert codes[-1] == 429  # a minute that ends meanwhile begins anew, once
    assert send(user).status_code == 201


# Too much


def test_a_hook_limits_signals_per_minute(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hooks, "MOST_A_MINUTE", 2)
    answers = [send(user, {"price": str(n + 1)}) for n in range(5)]
    assert answers[-1].status_code == 429
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 60
    assert Signal.objects.count() == [answer.status_code for answer in answers].count(201)


@pytest.mark.usefixtures("empty_redis")
def test_without_redis_each_process_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = redis.Redis(host="127.0.0.1", port=1, retry=Retry(NoBackoff(), 0))
    monkeypatch.setattr(realtime_connection, "redis_client", lambda: nowhere)
    now = timezone.now()
    waits = [rate_limit.count_request("one", most=2, now=now) for _ in range(3)]
    assert waits[:2] == [0, 0]
    assert 0 < waits[2] <= 60
    assert rate_limit.count_request("other", most=2, now=now) == 0
    assert rate_limit.count_request("one", most=2, now=now + timedelta(minutes=1)) == 0


# The same again


def test_a_repeated_body_is_one_signal(user: User) -> None:
    first, again = send(user), send(user)
    assert (again.status_code, again.json()) == (200, first.json())
    assert send(user, {"price": "50600"}).status_code == 201
    Signal.objects.update(received_at=timezone.now() - hooks.DUPLICATE_WINDOW)
    assert send(user).status_code == 201


def test_a_repeated_id_is_one_signal_for_ever(user: User) -> None:
    assert send(user, {"id": "a1"}).status_code == 201
    Signal.objects.update(received_at=timezone.now() - timedelta(days=9))
    assert send(user, {"id": "a1", "price": "1"}).status_code == 200
    assert send(user, {"id": "a" * 100 + "1"}).status_code == 201
    assert send(user, {"id": "a" * 100 + "2"}).status_code == 201


def test_equal_requests_at_once_are_one_signal(transactional_db: None, user: User) -> None:
    hooks.for_user(user.pk)
    codes = at_once(8, lambda: send(user).status_code)
    assert sorted(codes) == [200] * 7 + [201]


def test_the_same_body_of_another_user_is_another_signal(user: User, other_user: User) -> None:
    assert send(user, {"id": "7"}).json() != send(other_user, {"id": "7"}).json()
    assert Signal.objects.count() == 2


# Nonsense of who knows the secret


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("{secret} \0 buy BTCUSDT", 400),
        ("{{ {secret}", 400),
        ('{{"side":"up","symbol":"BTCUSDT","secret":"{secret}"}}', 400),
        ('{{"side":"buy","symbol":"BTC\\u0000","secret":"{secret}"}}', 400),
        ('{{"side":"buy","symbol":"BTCUSDT","message":"\\ud800","secret":"{secret}"}}', 400),
        ('{{"side":"buy","symbol":"BTCUSDT","id":"\\u0000","secret":"{secret}"}}', 400),
        ('{{"side":"buy","symbol":"BTCUSDT","price":1e999999999999999999999,"x":"{secret}"}}', 400),
        ('{{"side":"buy","symbol":"BTCUSDT","source":' + "9" * 6000 + ',"x":"{secret}"}}', 201),
    ],
)
def test_an_unreadable_request_is_not_stored(user: User, body: str, status: int) -> None:
    answer = send(user, body.format(secret=secret_of(user)))
    assert answer.status_code == status
    assert Signal.objects.count() == (status == 201)


NASTY: list[Any] = [
    *(None, True, [], {}, {"a": 1}, "", " ", "\0", "\ud800", "\u202e", "\uff10", "x" * 5000),
    *(0, -0.0, 10**400, 1e308, 1e-308, "NaN", "-inf", "1e400", "0x10", "1_0", "' OR 1=1", "<b>"),
]


@pytest.mark.parametrize("name", ["side", "symbol", "price", "message", "id"])
def test_any_values_are_accepted_or_refused(
    user: User, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hooks, "MOST_A_MINUTE", len(NASTY))
    for value in NASTY:
        answer = send(user, {name: value, "x": len(str(value))})
        assert answer.status_code in (200, 201, 400), value
    kept = Signal.objects.values_list("side", "status").distinct()
    assert set(kept) <= {("buy", "pending")}


def test_the_content_type_does_not_matter(user: User) -> None:
    name = hooks.for_user(user.pk).name
    kinds = ["application/json", "text/plain; charset=utf-8", "application/x-www-form-urlencoded"]
    for number, kind in enumerate(kinds, start=1):
        body = json.dumps(SIGNAL | {"secret": secret_of(user), "price": number})
        assert post(name, body, kind).status_code == 201
        assert post(name, ("\ufeff" + body).encode(), kind).status_code == 200


def test_a_get_request_explains_the_usage(user: User) -> None:
    answer = Client().get(f"/hooks/{hooks.for_user(user.pk).name}/")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert answer.json() == Client().get("/hooks/nobody/").json()
    assert "by POST" in answer.json()["detail"]


def test_the_final_slash_is_optional(user: User) -> None:
    address = f"/hooks/{hooks.for_user(user.pk).name}"
    body = f"{secret_of(user)} buy BTCUSDT"
    assert Client().post(address, body, content_type="text/plain").status_code == 201


# Other secrets, other addresses


def test_a_new_secret(user: User, api: APIClient) -> None:
    old = api.get("/api/v1/hook/").json()["secret"]
    new = api.post("/api/v1/hook/rotate/").json()["secret"]
    assert new != old
    assert send(user, secret=new).status_code == 201
    assert send(user, {"price": "1"}, secret=old).status_code == 201
    hook = hooks.for_user(user.pk)
    hook.former_until = timezone.now()
    hook.save()
    assert send(user, {"price": "2"}, secret=old).status_code == 404


def test_a_new_address(user: User, api: APIClient) -> None:
    old, secret = hooks.for_user(user.pk).name, secret_of(user)
    moved = api.post("/api/v1/hook/move/").json()
    assert old not in moved["url"]
    assert moved["secret"] != secret
    body = f"{secret} buy BTCUSDT"
    assert post(old, body).json() == send(user, body).json() == post("0" * 32, body).json()
    assert send(user).status_code == 201


def test_a_hook_of_ones_own(user: User, other_user: User, api: APIClient, key: ExchangeKey) -> None:
    stranger = APIClient()
    sign_in(stranger, other_user)
    mine, theirs = api.get("/api/v1/hook/").json(), stranger.get("/api/v1/hook/").json()
    assert mine["url"] != theirs["url"]
    assert mine["secret"] != theirs["secret"]
    assert api.get("/api/v1/hook/").headers["Cache-Control"] == "no-store"
    assert send(user, secret=theirs["secret"]).status_code == 404
