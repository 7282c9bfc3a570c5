"""Three ways to sign in on a socket, each with what is good, bad, old, foreign or switched off."""

import time
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client
from websockets.exceptions import InvalidStatus

from realtime.socket import authentication
from realtime.socket.authentication import OfferedToken
from tests.realtime.conftest import Connect
from tests.realtime.socket.wire import Wire, bearer, token, write
from users.models import User

HERE = "http://127.0.0.1:8000"  # FILLWATCH_URL of the tests


def cookie(user: User) -> dict[str, str]:
    """The header that a signed-in browser sends."""
    client = Client()
    client.force_login(user)
    key = client.cookies[settings.SESSION_COOKIE_NAME].value
    return {"Cookie": f"{settings.SESSION_COOKIE_NAME}={key}"}


def by_first_frame(open_socket: Connect, user: User, secret: str) -> Wire:
    wire = open_socket()
    assert wire.next("hello")["data"]["authenticated"] == "no"
    wire.say("auth", token=secret)
    return wire


def by_subprotocol(open_socket: Connect, user: User, secret: str) -> Wire:
    return open_socket(subprotocols=bearer(secret))


BY_TOKEN = pytest.mark.parametrize("way", [by_first_frame, by_subprotocol])


@BY_TOKEN
def test_a_good_token(way: Any, open_socket: Connect, user: User) -> None:
    write(user, 1, 2)
    ready = way(open_socket, user, token(user)).next("ready")["data"]
    assert (ready["user"], ready["seq"]) == (user.pk, 2)
    assert 800 < ready["expires_in"] <= 900


@BY_TOKEN
@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"exp": 1}, 4100),
        ({"user_id": 10**9}, 4500),
        ({"token_type": "refresh"}, 4500),
    ],
)
def test_a_bad_token(
    way: Any, open_socket: Connect, user: User, claims: dict[str, Any], code: int
) -> None:
    assert way(open_socket, user, token(user, **claims)).farewell()["code"] == code


@BY_TOKEN
@pytest.mark.parametrize("secret", ["garbage", "a.b.c", "ü"])
def test_a_token_that_is_none(way: Any, open_socket: Connect, user: User, secret: str) -> None:
    assert way(open_socket, user, secret).farewell()["code"] == 4500


@BY_TOKEN
def test_a_token_signed_by_somebody_else(way: Any, open_socket: Connect, user: User) -> None:
    head, body, signature = token(user).split(".")
    forged = f"{head}.{body}.{signature[::-1]}"
    assert way(open_socket, user, forged).farewell()["code"] == 4500


@BY_TOKEN
def test_a_token_of_a_deactivated_user(way: Any, open_socket: Connect, user: User) -> None:
    secret = token(user)
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert way(open_socket, user, secret).farewell()["code"] == 4503


@BY_TOKEN
def test_a_token_older_than_the_password(way: Any, open_socket: Connect, user: User) -> None:
    secret = token(user)
    user.set_password("another")
    user.save()
    assert way(open_socket, user, secret).farewell()["code"] == 4101


def test_only_the_protocol_is_echoed(open_socket: Connect, user: User) -> None:
    assert open_socket(user).socket.subprotocol == "fillwatch.v1"


def test_bad_base64_is_a_bad_token(open_socket: Connect, user: User) -> None:
    wire = open_socket(subprotocols=["fillwatch.v1", "bearer.!!"])
    assert wire.farewell()["code"] == 4500


def test_another_version_is_told_so(open_socket: Connect) -> None:
    assert open_socket(subprotocols=["fillwatch.v2"]).farewell()["code"] == 4502


def test_a_session_of_our_own_page(open_socket: Connect, user: User) -> None:
    wire = open_socket(additional_headers=cookie(user), origin=HERE)
    assert wire.next()["data"]["authenticated"] == "session"
    ready = wire.next("ready")["data"]
    assert (ready["user"], ready["expires_in"]) == (user.pk, None)


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://[", None])
def test_a_session_used_by_a_foreign_page(open_socket: Connect, user: User, origin: Any) -> None:
    with pytest.raises(InvalidStatus) as refused:
        open_socket(additional_headers=cookie(user), origin=origin)
    assert refused.value.response.status_code == 403


def test_a_foreign_page_may_bring_a_token(open_socket: Connect, user: User) -> None:
    wire = open_socket(user, additional_headers=cookie(user), origin="https://desk.example")
    assert wire.next("ready")["data"]["user"] == user.pk


def test_a_session_that_has_ended_is_nobody(open_socket: Connect, user: User) -> None:
    headers = cookie(user)
    SessionStore(headers["Cookie"].partition("=")[2]).delete()
    wire = open_socket(additional_headers=headers, origin=HERE)
    assert wire.next()["data"]["authenticated"] == "no"
    wire.say("auth", token=token(user))
    assert wire.next("ready")["data"]["user"] == user.pk


def test_a_session_from_before_the_password(open_socket: Connect, user: User) -> None:
    headers = cookie(user)
    session = SessionStore(headers["Cookie"].partition("=")[2])
    session[HASH_SESSION_KEY] = "of another password"
    session.save()
    wire = open_socket(additional_headers=headers, origin=HERE)
    assert wire.next()["data"]["authenticated"] == "no"


def test_a_session_of_a_deactivated_user(open_socket: Connect, user: User) -> None:
    headers = cookie(user)
    User.objects.filter(pk=user.pk).update(is_active=False)
    wire = open_socket(additional_headers=headers, origin=HERE)
    assert wire.next()["data"]["authenticated"] == "no"


def test_a_token_in_the_address_is_nothing(
    open_socket: Connect, user: User, socket_url: str
) -> None:
    wire = open_socket(at=f"{socket_url}?token={token(user)}")
    assert wire.next()["data"]["authenticated"] == "no"


def test_nobody_may_listen_before_auth(open_socket: Connect) -> None:
    wire = open_socket()
    wire.say("subscribe")
    assert wire.next("error")["data"]["code"] == "not_authenticated"
    assert wire.farewell()["code"] == 4501


def test_nobody_may_stay_unknown(open_socket: Connect, times: Any) -> None:
    times(AUTH_SECONDS=0.1)
    assert open_socket().farewell()["code"] == 4102


def test_a_socket_lives_as_long_as_its_token(open_socket: Connect, user: User, times: Any) -> None:
    times(EXPIRY_GRACE_SECONDS=0.2)
    wire = open_socket(subprotocols=bearer(token(user, exp=int(time.time()) + 2)))
    assert wire.next("auth_expiring")["data"]["expires_in"] <= 2
    assert wire.farewell()["code"] == 4100


def test_a_renewed_token_keeps_the_subscription(
    open_socket: Connect, user: User, times: Any
) -> None:
    times(EXPIRY_GRACE_SECONDS=0.2)
    wire = open_socket(subprotocols=bearer(token(user, exp=int(time.time()) + 2)))
    wire.next("auth_expiring")
    wire.subscribe()
    wire.say("auth", token=token(user))
    assert wire.next("ready")["data"]["expires_in"] > 800
    write(user, 1)
    assert wire.next()["seq"] == 1


def test_a_socket_does_not_change_hands(open_socket: Connect, user: User, other_user: User) -> None:
    wire = open_socket(user)
    wire.next("ready")
    wire.say("auth", token=token(other_user))
    assert wire.farewell()["code"] == 4503


def test_elsewhere_there_is_no_endpoint(open_socket: Connect, socket_url: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        open_socket(at=f"{socket_url}nowhere/")
    assert refused.value.response.status_code == 403


def test_a_forged_signature_costs_no_query(db: None, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        (refused,) = authentication.authenticate_tokens([OfferedToken("a.b.c", None)])
    assert isinstance(refused, authentication.CredentialsRefused)


def test_tokens_are_looked_into_together(user: User, other_user: User) -> None:
    odd = token(user, user_id="x")
    texts = [token(user), "a.b.c", odd, token(other_user)]
    own, nobodys, odds, theirs = authentication.authenticate_tokens(
        [OfferedToken(text, None) for text in texts]
    )
    assert isinstance(nobodys, authentication.CredentialsRefused)
    assert isinstance(odds, authentication.CredentialsRefused)
    assert isinstance(own, tuple)
    assert isinstance(theirs, tuple)
    assert (own[0].user_id, theirs[0].user_id) == (user.pk, other_user.pk)
