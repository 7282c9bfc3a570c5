"""API tokens by API: made and shown once, used within their limits, revoked at once."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from exchanges.models import ExchangeKey
from tests.users.api_tokens.conftest import Call, MakeToken
from users.api_tokens import actions, verification
from users.models import ApiToken, User
from users.tasks import prune_expired

PATH = "/api/v1/api-tokens/"
WANTED: dict[str, Any] = {"name": "desk", "scopes": ["trade"], "days": 30}


def post(browser: Client, **changes: Any) -> Any:
    return browser.post(PATH, WANTED | changes, content_type="application/json")


def test_a_token_is_made_and_shown_once(
    browser: Client, call: Call, keys: list[ExchangeKey], user: User
) -> None:
    answer = post(browser, keys=[keys[1].pk], networks=["203.0.113.7", "127.0.0.1/8"])
    assert (answer.status_code, answer["Cache-Control"]) == (201, "no-store")
    made = answer.json()
    text = made.pop("token")
    assert text.startswith(made["hint"])
    assert made["scopes"] == ["read", "trade"]
    assert (made["keys"], made["networks"]) == ([keys[1].pk], ["203.0.113.7/32", "127.0.0.0/8"])
    assert browser.get(PATH).json() == [made]
    assert call(text).json()["username"] == user.username
    current = call(text, path=f"{PATH}current/").json()
    assert (current["id"], current["name"]) == (made["id"], "desk")


def test_a_token_takes_a_recent_password(user: User) -> None:
    late = Client()
    late.force_login(user, "django.contrib.auth.backends.ModelBackend")
    refused(post(late), 403, "password_needed")
    assert late.get(PATH).json() == []


def test_the_database_has_a_digest_and_no_token(make_token: MakeToken) -> None:
    text = make_token()
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(token)::text FROM users_apitoken AS token")
        (row,) = cursor.fetchone()
    assert text not in row
    assert text[actions.HINT_LENGTH :] not in row
    assert actions.hash_token(text) in row


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 61}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["admin"]}, "scopes"),
        ({"scopes": ["operate"]}, "scopes"),  # by somebody who is no operator
        ({"days": 0}, "days"),
        ({"days": 367}, "days"),
        ({"days": "30"}, "days"),
        ({"days": None}, "days"),
        ({"keys": []}, "keys"),
        ({"keys": [10**6]}, "keys"),
        ({"keys": ["1"]}, "keys"),
        ({"networks": ["example.org"]}, "networks"),
        ({"networks": ["10.0.0.0/33"]}, "networks"),
        ({"networks": ["10.0.0.1"] * 21}, "networks"),
        ({"scope": "read"}, "scope"),
        ({"user": 1}, "user"),
    ],
)
def test_what_makes_no_sense_makes_no_token(
    browser: Client, changes: dict[str, Any], field: str
) -> None:
    answer = post(browser, **changes)
    assert (answer.status_code, list(answer.json())) == (400, [field])
    assert not ApiToken.objects.exists()


def test_no_token_is_for_keys_of_somebody_else(
    browser: Client, keys: list[ExchangeKey], other_user: User
) -> None:
    foreign = ExchangeKey.objects.create(user=other_user, label="x", venue="okx", api_key="x")
    assert list(post(browser, keys=[keys[0].pk, foreign.pk]).json()) == ["keys"]


def test_a_name_is_free_again_after_its_token_was_revoked(browser: Client) -> None:
    made = post(browser).json()
    assert list(post(browser).json()) == ["name"]
    assert browser.delete(f"{PATH}{made['id']}/").status_code == 204
    assert browser.delete(f"{PATH}{made['id']}/").status_code == 404
    assert post(browser).status_code == 201


def test_nobody_revokes_the_tokens_of_somebody_else(
    make_token: MakeToken, call: Call, other_user: User
) -> None:
    text, stranger = make_token(), Client()
    stranger.force_login(other_user, "django.contrib.auth.backends.ModelBackend")
    token = ApiToken.objects.get()
    assert stranger.delete(f"{PATH}{token.pk}/").status_code == 404
    assert stranger.post(f"/api-tokens/{token.pk}/revoke/").status_code == 302
    assert stranger.get(PATH).json() == []
    assert call(text).status_code == 200


def test_there_is_a_limit_to_the_number(browser: Client, user: User) -> None:
    now = timezone.now()
    for number in range(actions.MOST_TOKENS):
        request = actions.NewToken(name=f"{number}", scopes=["read"], days=1)
        actions.create_token(user, request, now=now)
    assert list(post(browser).json()) == ["name"]


@pytest.mark.django_db(transaction=True)
def test_of_two_with_one_name_at_once_one_is_made(user: User) -> None:
    def make(_: int) -> bool:
        request = actions.NewToken(name="desk", scopes=["read"], days=1)
        try:
            return bool(actions.create_token(user, request, now=timezone.now()))
        except actions.TokenRefused:
            return False
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(make, range(4))) == [False, False, False, True]


def test_a_revoked_token_is_refused_at_once(make_token: MakeToken, call: Call) -> None:
    text = make_token()
    assert call(text).status_code == 200
    actions.revoke_token(ApiToken.objects.get().user_id, ApiToken.objects.get().pk,
                         now=timezone.now())  # fmt: skip
    refused(call(text), 401, "bad_token")


def refused(answer: Any, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_an_expired_token_is_refused(make_token: MakeToken, call: Call) -> None:
    text = make_token()
    ApiToken.objects.update(expires_at=timezone.now())
    refused(call(text), 401, "token_expired")


def test_a_token_of_a_deactivated_user_is_refused(
    make_token: MakeToken, call: Call, user: User
) -> None:
    text = make_token()
    User.objects.filter(pk=user.pk).update(is_active=False)
    refused(call(text), 401, "user_inactive")


def test_a_token_outlives_a_password(make_token: MakeToken, call: Call, user: User) -> None:
    text = make_token()
    user.set_password("another correct horse 7")
    user.save()
    assert call(text).status_code == 200


@pytest.mark.parametrize("text", ["fwt_", "fwt_x", "fwt_" + "x" * 43, "fwt_ü", "fwt_a b"])
def test_a_made_up_token_is_refused(text: str, call: Call, make_token: MakeToken) -> None:
    make_token()
    answer = call(text.encode().decode("latin-1"))
    refused(answer, 401, "bad_token")
    assert answer["WWW-Authenticate"] == 'Bearer realm="api"'


@pytest.mark.parametrize(
    ("networks", "address", "accepted"),
    [
        ([], "198.51.100.9", True),
        (["203.0.113.0/24"], "203.0.113.250", True),
        (["203.0.113.0/24"], "203.0.114.1", False),
        (["203.0.113.7"], "::ffff:203.0.113.7", True),
        (["2001:db8::/48"], "2001:db8::1", True),
        (["2001:db8::/48"], "203.0.113.7", False),
        (["203.0.113.7"], "not an address", False),
    ],
)
def test_a_token_is_used_from_its_addresses_alone(
    make_token: MakeToken, call: Call, networks: list[str], address: str, accepted: bool
) -> None:
    answer = call(make_token(networks=networks), REMOTE_ADDR=address)
    if accepted:
        assert answer.status_code == 200
    else:
        refused(answer, 403, "wrong_address")
        assert ApiToken.objects.get().last_used_at is None


def test_a_forwarded_address_without_a_proxy_is_not_believed(
    make_token: MakeToken, call: Call
) -> None:
    text = make_token(networks=["203.0.113.7"])
    answer = call(text, REMOTE_ADDR="198.51.100.1", HTTP_X_FORWARDED_FOR="203.0.113.7")
    refused(answer, 403, "wrong_address")


def test_the_last_use_is_noted_once_a_minute(
    make_token: MakeToken, call: Call, django_assert_num_queries: Any
) -> None:
    text = make_token()
    call(text, REMOTE_ADDR="198.51.100.9")
    first = ApiToken.objects.get()
    assert first.last_used_at is not None
    assert first.last_address == "198.51.100.9"
    with django_assert_num_queries(1):
        call(text, REMOTE_ADDR="198.51.100.9")
    earlier = first.last_used_at - timedelta(seconds=verification.USE_SECONDS + 1)
    ApiToken.objects.update(last_used_at=earlier)
    call(text, REMOTE_ADDR="198.51.100.10")
    assert ApiToken.objects.get().last_address == "198.51.100.10"


def test_a_token_whose_only_key_is_gone_sees_nothing(
    make_token: MakeToken, call: Call, keys: list[ExchangeKey]
) -> None:
    text = make_token(key_ids=[keys[0].pk])
    assert [row["label"] for row in call(text, path="/api/v1/keys/").json()] == ["main"]
    keys[0].delete()
    assert call(text, path="/api/v1/keys/").json() == []


def test_a_token_makes_no_tokens(make_token: MakeToken, call: Call) -> None:
    text = make_token("trade")
    body = json.dumps(WANTED)
    refused(call(text, "post", PATH, data=body, content_type="application/json"),
            403, "no_api_token")  # fmt: skip
    refused(call(text, "delete", f"{PATH}{ApiToken.objects.get().pk}/"), 403, "no_api_token")


def test_a_token_opens_no_page(make_token: MakeToken, call: Call) -> None:
    assert call(make_token("trade"), path="/orders/").status_code == 302


def test_operators_lose_what_their_tokens_did(call: Call, staff_user: User) -> None:
    request = actions.NewToken(name="desk", scopes=["operate"], days=1)
    _, text = actions.create_token(staff_user, request, now=timezone.now())
    assert call(text, path="/api/v1/realtime/stats/").status_code == 200
    User.objects.filter(pk=staff_user.pk).update(is_staff=False)
    assert call(text, path="/api/v1/realtime/stats/").status_code == 403


def test_the_token_is_in_no_log(
    call: Call, browser: Client, caplog: pytest.LogCaptureFixture
) -> None:
    text = post(browser).json()["token"]
    call(text)
    call(text[:-1])
    written = str([record.msg for record in caplog.records])
    assert "'api_token': " in written
    assert text[actions.HINT_LENGTH : -1] not in written


def test_what_ended_long_ago_is_forgotten(make_token: MakeToken) -> None:
    make_token()
    make_token()
    make_token()
    revoked, expired, _ = ApiToken.objects.order_by("pk")
    before = timezone.now() - timedelta(days=actions.KEPT_DAYS + 1)
    ApiToken.objects.filter(pk=revoked.pk).update(revoked_at=before)
    ApiToken.objects.filter(pk=expired.pk).update(expires_at=before)
    prune_expired()
    assert ApiToken.objects.count() == 1
