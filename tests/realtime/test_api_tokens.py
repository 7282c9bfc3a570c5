"""API tokens at the socket: who may connect, what a token for some keys hears, and its end."""

import ipaddress
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from exchanges.models import ExchangeKey
from realtime import publish, streams
from realtime.shapes.events import KeyGoneData
from realtime.shapes.notes import LeverageSetData, OrdersCheckedData
from realtime.socket import authentication
from realtime.socket.authentication import OfferedToken
from tests.realtime.conftest import Connect
from tests.realtime.socket.test_authentication import BY_TOKEN
from tests.realtime.socket.wire import Wire, bearer, key, token, write
from users.api_tokens import actions
from users.models import ApiToken, User


def attach_key(user: User, label: str) -> ExchangeKey:
    return ExchangeKey.objects.create(user=user, label=label, venue="binance", api_key=label)


def make_token(user: User, *scopes: str, **more: Any) -> str:
    name = f"program {user.api_tokens.count()}"
    wanted = {"name": name, "scopes": scopes or ["read"], "days": 30} | more
    return actions.create_token(user, actions.NewToken(**wanted), now=timezone.now())[1]


def revoke_tokens(user: User) -> None:
    for row in ApiToken.objects.filter(user=user):
        actions.revoke_token(user.pk, row.pk, now=timezone.now())


@BY_TOKEN
def test_a_good_token(way: Any, open_socket: Connect, user: User) -> None:
    write(user, 1, 2)
    wire = way(open_socket, user, make_token(user))
    ready = wire.next("ready")["data"]
    assert (ready["user"], ready["seq"]) == (user.pk, 2)
    assert 29 * 86_400 < ready["expires_in"] <= 30 * 86_400
    assert wire.subscribe()["type"] == "live"
    write(user, 3)
    assert wire.next("key_update")["seq"] == 3
    used = ApiToken.objects.get()
    assert used.last_used_at is not None
    assert used.last_address is not None


@BY_TOKEN
@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"expires_at": timezone.now()}, 4100),
        ({"revoked_at": timezone.now()}, 4500),
        ({"networks": ["203.0.113.7/32"]}, 4503),
    ],
)
def test_a_token_that_is_good_no_more(
    way: Any, open_socket: Connect, user: User, change: dict[str, Any], code: int
) -> None:
    text = make_token(user)
    ApiToken.objects.update(**change)
    assert way(open_socket, user, text).farewell()["code"] == code


@BY_TOKEN
@pytest.mark.parametrize("text", ["fwt_", "fwt_" + "x" * 43, "fwt_\ud800"])
def test_a_made_up_token(way: Any, open_socket: Connect, user: User, text: str) -> None:
    if way is not BY_TOKEN.args[1][0]:
        text = text.encode(errors="replace").decode()
    assert way(open_socket, user, text).farewell()["code"] in (4500, 4501)


def test_a_token_from_its_own_address(open_socket: Connect, user: User) -> None:
    text = make_token(user, networks=["127.0.0.0/8"])
    wire = open_socket(subprotocols=bearer(text))
    assert wire.next("ready")["data"]["user"] == user.pk
    (address,) = ApiToken.objects.values_list("last_address", flat=True)
    assert ipaddress.ip_address(str(address)).is_loopback


def test_a_token_of_a_deactivated_user(open_socket: Connect, user: User) -> None:
    text = make_token(user)
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert open_socket(subprotocols=bearer(text)).farewell()["code"] == 4503


def test_revoking_closes_the_sockets_of_that_token_alone(
    open_socket: Connect, user: User, other_user: User
) -> None:
    wires = [
        open_socket(subprotocols=bearer(text))
        for text in (make_token(user), token(user), make_token(other_user))
    ]
    for wire in wires:
        wire.subscribe()
    revoke_tokens(user)
    assert wires[0].farewell()["code"] == 4101
    write(user, 1)
    write(other_user, 1)
    assert [wire.next("key_update")["seq"] for wire in wires[1:]] == [1, 1]


def test_a_new_password_closes_no_socket_of_a_token(open_socket: Connect, user: User) -> None:
    wire = open_socket(subprotocols=bearer(make_token(user)))
    by_password = open_socket(user)
    wire.subscribe()
    by_password.subscribe()
    user.set_password("another correct horse 7")
    user.save()
    assert by_password.farewell()["code"] == 4101  # so the sweep has looked
    write(user, 1)
    assert wire.next("key_update")["seq"] == 1


def test_a_socket_ends_with_its_token(open_socket: Connect, user: User, times: Any) -> None:
    times(EXPIRY_GRACE_SECONDS=0.2)
    text = make_token(user)
    ApiToken.objects.update(expires_at=timezone.now() + timedelta(seconds=2))
    wire = open_socket(subprotocols=bearer(text))
    assert wire.next("auth_expiring")["data"]["expires_in"] <= 2
    assert wire.farewell()["code"] == 4100


def test_operators_need_the_scope_too(
    open_socket: Connect, socket_url: str, staff_user: User
) -> None:
    at = f"{socket_url}admin/"
    for scope, code in (("trade", 4503), ("operate", None)):
        wire = open_socket(subprotocols=bearer(make_token(staff_user, scope)), at=at)
        if code:
            assert wire.farewell()["code"] == code
        else:
            assert wire.next("ready")["data"]["user"] == staff_user.pk


def test_a_token_that_may_not_read_hears_nothing(open_socket: Connect, staff_user: User) -> None:
    wire = open_socket(subprotocols=bearer(make_token(staff_user, "operate")))
    assert wire.farewell()["code"] == 4503


# Tokens for some keys


@pytest.fixture
def keys(user: User) -> list[int]:
    return [attach_key(user, label).pk for label in ("main", "second")]


def write_of_all_kinds(user: User, key_id: int) -> None:
    """One transaction with an event of a key, one of its holdings, and one of no key."""
    with streams.unit() as unit:
        unit.event(user_id=user.pk, type="key_update", data=key(key_id))
        unit.event(user_id=user.pk, type="key_deleted", data=KeyGoneData(id=key_id))
        unit.event(user_id=user.pk, type="pnl_update", data=earned(key_id))
        unit.event(user_id=user.pk, type="system", data=notice())


def earned(key_id: int) -> Any:
    amounts = dict.fromkeys(("gross", "fees", "net", "held", "cost"), "1")
    kind = {"bot": 1, "key": key_id, "simulated": True, "symbol": "BTC/USDT", "currency": "USDT"}
    return {**kind, **amounts, "provisional": False, "as_of": None}


def notice() -> Any:
    return {
        "id": 1,
        "level": "info",
        "title": "t",
        "message": "m",
        "sent_at": "2026-01-01T00:00:00Z",
    }


def narrow(open_socket: Connect, user: User, key_id: int) -> Wire:
    return open_socket(subprotocols=bearer(make_token(user, key_ids=[key_id])))


def test_a_token_for_one_key_hears_of_no_other(
    open_socket: Connect, user: User, keys: list[int]
) -> None:
    own, foreign = keys
    wire = narrow(open_socket, user, own)
    wire.subscribe()
    write_of_all_kinds(user, foreign)
    write_of_all_kinds(user, own)
    heard = wire.events(until=7)
    assert [(frame["seq"], frame["type"]) for frame in heard] == [
        (5, "key_update"),
        (6, "key_deleted"),
        (7, "pnl_update"),
    ]


def test_it_hears_the_same_when_it_resumes(
    open_socket: Connect, user: User, keys: list[int]
) -> None:
    own, foreign = keys
    wire = narrow(open_socket, user, own)
    epoch = wire.next("ready")["data"]["epoch"]
    write_of_all_kinds(user, own)
    write_of_all_kinds(user, foreign)
    wire.say("subscribe", since={"epoch": epoch, "seq": 0})
    assert [wire.next()["seq"] for _ in range(3)] == [1, 2, 3]
    live = wire.next()
    assert (live["type"], live["data"]["seq"]) == ("live", 8)


def test_notes_of_other_keys_are_kept_from_it_too(
    open_socket: Connect, user: User, keys: list[int]
) -> None:
    own, foreign = keys
    wire = narrow(open_socket, user, own)
    wire.subscribe()
    checked = OrdersCheckedData(orders=[1], checked_at="2026-01-01T00:00:00Z")
    publish.notify_user(user_id=user.pk, type="orders_checked", data=checked)
    for key_id in (foreign, own):
        publish.notify_user(
            user_id=user.pk, type="leverage_set", data=leverage_set(key_id), about=str(key_id)
        )
    assert wire.next()["data"]["key"] == own


def leverage_set(key_id: int) -> LeverageSetData:
    return LeverageSetData(
        key=key_id, symbol="BTC/USDT", leverage=2, margin_mode="cross", ok=True, message="m"
    )


def test_a_socket_keeps_its_keys_when_its_token_is_renewed(
    open_socket: Connect, user: User, keys: list[int]
) -> None:
    wire = narrow(open_socket, user, keys[0])
    wire.next("ready")
    wire.say("auth", token=make_token(user, key_ids=[keys[0]]))
    assert wire.next("ready")
    wire.say("auth", token=token(user))
    assert wire.farewell()["code"] == 4503


def test_tokens_of_both_kinds_are_looked_into_together(
    user: User, other_user: User, django_assert_max_num_queries: Any
) -> None:
    texts = [make_token(user), token(user), "fwt_x", "a.b.c", make_token(other_user)]
    texts += texts
    with django_assert_max_num_queries(6):  # two of them note the last uses
        answers = authentication.authenticate_tokens(
            [OfferedToken(text, "198.51.100.1") for text in texts]
        )
    users = [answer[0].user_id if isinstance(answer, tuple) else None for answer in answers]
    assert users == [user.pk, user.pk, None, None, other_user.pk] * 2
