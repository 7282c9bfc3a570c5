"""Keys by API: attach, list, rename, switch, detach; and a secret never comes back."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import Settings
from rest_framework.exceptions import ValidationError

from exchanges.keys import actions
from exchanges.keys.permissions import KeyVerdict
from exchanges.keys.serializers import NewKey
from exchanges.models import ExchangeKey
from exchanges.secrets import sealing
from tests.exchanges.conftest import SECRET, WANTED, Attach, place
from tests.exchanges.keys.private_keys import make_ed25519, write_private
from tests.realtime.event_log import read_events
from users.models import User

Api = Callable[..., Any]
WITHDRAWS = KeyVerdict(
    ok=False, stop=True, message="may withdraw", permissions=("read", "withdraw")
)

ACCEPTED = KeyVerdict(ok=True, message="works", permissions=("read", "trade"))
REFUSED = KeyVerdict(ok=False, stop=True, message="wrong signature")


def told(user: User) -> list[str]:
    return [event.frame for event in read_events(user.pk, 0, 100)]


def test_a_key_is_attached_and_shown_without_its_secret(api: Api) -> None:
    answer = api("post", body=WANTED)
    assert answer.status_code == 201
    shown = answer.json()
    assert shown.pop("id")
    assert shown.pop("created_at")
    assert shown == {
        "label": "Main",
        "venue": "binance",
        "market": "spot",
        "simulated": False,
        "api_key": "…WXYZ",
        "is_active": True,
        "permissions": [],
        "position_mode": "",
        "last_error": "",
        "last_checked_at": None,
        "holdings_at": None,
        "stream": None,
        "waits_until": None,
    }


def test_the_secret_arrives_sealed_as_it_was_typed(api: Api, seals: None, user: User) -> None:
    assert api("post", body={**WANTED, "label": "  Main  ", "secret": f" {SECRET}\n"})
    key = ExchangeKey.objects.get()
    assert (key.label, key.user) == ("Main", user)
    assert SECRET.encode() not in bytes(key.sealed_secret)


def test_what_was_sealed_by_the_web_opens_in_a_worker(attach: Attach) -> None:
    key = attach(secret=SECRET, passphrase="also secret")
    key.refresh_from_db()
    assert sealing.open_sealed(key.sealed_secret) == SECRET
    assert sealing.open_sealed(key.sealed_passphrase) == "also secret"


def test_a_secret_of_many_lines_keeps_them(api: Api) -> None:
    pem = write_private(make_ed25519())
    assert pem.count("\n") > 1
    assert api("post", body={**WANTED, "secret": pem}).status_code == 201


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"venue": "mtgox"}, "venue", "Unknown venue; known: "),
        ({"market": "options"}, "market", "Unknown market; known: spot, futures."),
        ({"passphrase": "x"}, "passphrase", "Binance has no passphrases: leave it out."),
        ({"label": "   "}, "label", "This field may not be blank."),
        ({"label": "x" * 61}, "label", "Ensure this field has no more than 60 characters."),
        ({"api_key": "two words"}, "api_key", "An API key has no spaces in it."),
        ({"api_key": "x" * 201}, "api_key", "Ensure this field has no more than 200 characters."),
        ({"api_key": "ключ"}, "api_key", "An API key has no spaces in it."),
        ({"secret": ""}, "secret", "This field may not be blank."),
        ({"secret": "x" * 8193}, "secret", "Ensure this field has no more than 8192 characters."),
        ({"secret": None}, "secret", "This field may not be null."),
        ({"secret": "a\x00b"}, "secret", "Null characters are not allowed."),
        ({"is_paper": True}, "is_paper", "There is no such field."),
        ({"id": 7}, "id", "There is no such field."),
    ],
)
def test_a_wrong_wish_is_refused_by_field_in_words(
    api: Api, change: dict[str, Any], field: str, words: str
) -> None:
    answer = api("post", body=WANTED | change)
    assert (answer.status_code, list(answer.json())) == (400, [field])
    assert [said.startswith(words) for said in answer.json()[field]] == [True]
    assert not ExchangeKey.objects.exists()


def test_a_venue_that_is_only_polled_has_no_futures(settings: Settings) -> None:
    settings.OTHER_VENUES = ["kraken"]
    with pytest.raises(ValidationError, match="kraken futures is not served yet"):
        NewKey().validate(WANTED | {"venue": "kraken", "market": "futures"})


@pytest.mark.parametrize("body", [[], "x", 7, [WANTED]])
def test_only_an_object_is_a_wish(api: Api, body: object) -> None:
    assert api("post", body=body).status_code == 400


def test_simulated_keys_need_paper_trading(api: Api, settings: Settings) -> None:
    settings.SIMULATOR_ENDPOINT = ""
    answer = api("post", body={**WANTED, "simulated": True})
    assert answer.json() == {"simulated": ["Paper trading is switched off on this installation."]}
    settings.SIMULATOR_ENDPOINT = "/somewhere/endpoint.json"
    assert api("post", body={**WANTED, "simulated": True}).json()["simulated"] is True


def test_two_keys_of_one_user_have_two_names(api: Api) -> None:
    api("post", body=WANTED)
    answer = api("post", body={**WANTED, "label": "MAIN", "api_key": "another-key"})
    assert (answer.status_code, answer.json()) == (
        400,
        {"label": ["You already have a key of this name."]},
    )


def test_a_user_attaches_an_api_key_once(api: Api) -> None:
    api("post", body=WANTED)
    answer = api("post", body={**WANTED, "label": "Again"})
    words = "You have attached this API key already."
    assert (answer.status_code, answer.json()) == (400, {"api_key": [words]})


def test_nobody_learns_what_others_have_attached(
    api: Api, attach: Attach, other_user: User
) -> None:
    hers = attach(user=other_user)
    actions.record(hers.pk, ACCEPTED, now=timezone.now())
    answer = api("post", body=WANTED)
    assert (answer.status_code, answer.json()["last_error"]) == (201, "")
    actions.record(answer.json()["id"], REFUSED, now=timezone.now())
    hers.refresh_from_db()
    assert (hers.is_active, hers.last_error) == (True, "")


def test_a_stranger_who_was_first_blocks_nobody(
    attach: Attach, user: User, other_user: User
) -> None:
    strangers = attach(user=other_user, secret="a guess")
    mine = attach(user=user)
    actions.record(mine.pk, ACCEPTED, now=timezone.now())
    actions.record(strangers.pk, REFUSED, now=timezone.now())
    mine.refresh_from_db()
    strangers.refresh_from_db()
    assert (mine.is_active, strangers.is_active) == (True, False)
    assert "Another account" not in strangers.last_error  # it would be an answer to a guess


def test_the_venues_word_decides_whose_a_key_is(
    attach: Attach, user: User, other_user: User
) -> None:
    hers, mine = attach(user=other_user), attach(user=user)
    actions.record(hers.pk, ACCEPTED, now=timezone.now())
    actions.record(mine.pk, ACCEPTED, now=timezone.now())
    hers.refresh_from_db()
    mine.refresh_from_db()
    assert (hers.is_active, mine.is_active) == (False, True)
    assert hers.last_error.startswith("Another account here has attached this key")
    assert user.username not in hers.last_error
    assert [json.loads(frame)["data"]["is_active"] for frame in told(other_user)] == [
        *(True, True),
        False,
    ]


def test_a_test_of_a_key_that_is_off_takes_it_from_nobody(
    attach: Attach, user: User, other_user: User
) -> None:
    hers, mine = attach(user=other_user), attach(user=user)
    for key in (hers, mine):
        actions.record(key.pk, ACCEPTED, now=timezone.now())
    actions.record(hers.pk, ACCEPTED, now=timezone.now())
    mine.refresh_from_db()
    assert mine.is_active
    actions.activate(hers.pk)
    actions.record(hers.pk, ACCEPTED, now=timezone.now())
    mine.refresh_from_db()
    assert not mine.is_active


@pytest.mark.django_db(transaction=True)
def test_of_two_proofs_at_once_one_is_the_last(
    attach: Attach, user: User, other_user: User
) -> None:
    keys = [attach(user=user), attach(user=other_user)]
    start = threading.Barrier(2)

    def prove(key: ExchangeKey) -> None:
        start.wait()
        for _ in range(10):
            actions.activate(key.pk)
            actions.record(key.pk, ACCEPTED, now=timezone.now())
        connection.close()

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(prove, keys))
    proven = ExchangeKey.objects.filter(proven_at__isnull=False)
    assert proven.count() == 1
    assert proven.get().is_active


def test_others_may_use_the_same_name(api: Api, attach: Attach, other_user: User) -> None:
    attach(user=other_user, label="Main", api_key="another-key")
    assert api("post", body=WANTED).status_code == 201


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_is_attached(attach: Attach) -> None:
    start, outcomes = threading.Barrier(2), list[str]()

    def run(label: str) -> None:
        start.wait()
        try:
            attach(label=label)
            outcomes.append("attached")
        except actions.DuplicateKey:
            outcomes.append("refused")
        connection.close()

    threads = [threading.Thread(target=run, args=(label,)) for label in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["attached", "refused"]


def test_without_a_public_key_nothing_is_attached(api: Api, settings: Settings) -> None:
    settings.SEAL_PUBLIC_KEY = ""
    answer = api("post", body=WANTED)
    assert answer.status_code == 503
    assert "SEAL_PUBLIC_KEY is not set" in answer.json()["detail"]


def test_one_sees_ones_own_keys(api: Api, attach: Attach, other_user: User) -> None:
    mine = attach()
    attach(user=other_user, api_key="another-key")
    assert [key["id"] for key in api("get").json()] == [mine.pk]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("get", "", None),
        ("patch", "", {"label": "Mine now"}),
        ("delete", "", None),
        ("post", "test/", {}),
    ],
)
def test_somebody_elses_key_is_not_there(
    api: Api, attach: Attach, other_user: User, method: str, path: str, body: Any
) -> None:
    hers = attach(user=other_user)
    assert api(method, f"{hers.pk}/{path}", body).status_code == 404
    assert ExchangeKey.objects.get().label == "Main"


@pytest.mark.parametrize("pk", ["0", "abc", "9" * 18, "9" * 40, "-1"])
def test_no_such_key_is_not_there(api: Api, pk: str) -> None:
    assert api("get", f"{pk}/").status_code == 404


def test_strangers_see_nothing(client: Client, db: None) -> None:
    assert client.get("/api/v1/keys/").status_code == 401


def test_a_key_is_renamed(api: Api, attach: Attach) -> None:
    answer = api("patch", f"{attach().pk}/", {"label": " Savings "})
    assert (answer.status_code, answer.json()["label"]) == (200, "Savings")


def test_a_name_that_is_taken_is_refused(api: Api, attach: Attach) -> None:
    attach(label="Savings", api_key="another-key")
    answer = api("patch", f"{attach().pk}/", {"label": "savings"})
    assert answer.json() == {"label": ["You already have a key of this name."]}


@pytest.mark.parametrize("field", ["api_key", "secret", "venue", "simulated", "permissions"])
def test_nothing_else_of_a_key_changes(api: Api, attach: Attach, field: str) -> None:
    answer = api("patch", f"{attach().pk}/", {field: "x"})
    words = "This cannot be changed; attach a new key instead."
    assert (answer.status_code, answer.json()) == (400, {field: [words]})
    assert api("put", f"{ExchangeKey.objects.get().pk}/", WANTED).status_code == 405


def test_a_key_is_switched_off_and_on(api: Api, attach: Attach) -> None:
    key = attach()
    assert api("patch", f"{key.pk}/", {"is_active": False}).json()["is_active"] is False
    assert api("patch", f"{key.pk}/", {"is_active": True}).json()["is_active"] is True


def test_a_key_that_may_withdraw_is_not_switched_on(api: Api, attach: Attach) -> None:
    key = attach()
    actions.record(key.pk, WITHDRAWS, now=timezone.now())
    answer = api("patch", f"{key.pk}/", {"is_active": True})
    assert answer.status_code == 400
    assert "may withdraw" in answer.json()["is_active"][0]
    assert api("get", f"{key.pk}/").json()["is_active"] is False


def test_a_key_is_forgotten(api: Api, attach: Attach) -> None:
    assert api("delete", f"{attach().pk}/").status_code == 204
    assert not ExchangeKey.objects.exists()


def test_a_key_that_orders_were_placed_with_stays(api: Api, attach: Attach) -> None:
    key = attach()
    place(key)
    answer = api("delete", f"{key.pk}/")
    assert answer.status_code == 409
    assert "Deactivate it instead" in answer.json()["detail"]
    assert ExchangeKey.objects.exists()


def test_every_change_is_told_to_the_owner(attach: Attach, user: User) -> None:
    key = attach()
    actions.rename(key.pk, "Savings")
    actions.record(key.pk, WITHDRAWS, now=timezone.now())
    events = [json.loads(frame) for frame in told(user)]
    assert [event["type"] for event in events] == ["key_update"] * 3
    assert events[1]["data"]["label"] == "Savings"
    assert events[2]["data"]["is_active"] is False


def test_what_could_not_be_asked_changes_nothing(attach: Attach, user: User) -> None:
    key = attach()
    actions.record(key.pk, KeyVerdict(ok=False, heard=False, message="away"), now=timezone.now())
    key.refresh_from_db()
    assert (key.last_error, key.last_checked_at, key.is_active) == ("", None, True)
    assert len(told(user)) == 1


def test_the_addresses_of_the_web_bring_no_ccxt() -> None:
    """It costs 100 MB and a second: only workers load it."""
    program = (
        "import os, sys, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'config.settings';"
        "django.setup(); import config.urls; sys.exit('ccxt' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
