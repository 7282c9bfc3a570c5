"""A secret goes in and is never seen again; operators see keys and switch them off."""

import logging
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from exchanges.models import ExchangeKey
from tests.exchanges.conftest import API_KEY, SECRET, WANTED, Attach
from tests.realtime.event_log import read_events
from users.models import User

Api = Callable[..., Any]


def told(user: User) -> list[str]:
    return [event.frame for event in read_events(user.pk, 0, 100)]


def test_the_secret_is_nowhere_to_be_seen(
    api: Api, admin_client: Client, user: User, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    made = api("post", body={**WANTED, "passphrase": ""})
    wrong = api("post", body={**WANTED, "label": "", "secret": SECRET})
    pk = made.json()["id"]
    admin = f"/admin/exchanges/exchangekey/{pk}/change/"
    key = ExchangeKey.objects.get()
    seen = [
        made.content.decode(),
        wrong.content.decode(),
        api("get").content.decode(),
        admin_client.get(admin).content.decode(),
        admin_client.get("/admin/exchanges/exchangekey/").content.decode(),
        repr(key),
        repr(vars(key)),
        *told(user),
        caplog.text,
    ]
    assert not [text for text in seen if SECRET in text]
    assert not [text for text in seen[:5] + seen[7:] if API_KEY in text]


def test_nobody_types_a_secret_in_the_admin(admin_client: Client, attach: Attach) -> None:
    assert admin_client.get("/admin/exchanges/exchangekey/add/").status_code == 403
    page = admin_client.get(f"/admin/exchanges/exchangekey/{attach().pk}/change/")
    assert "sealed" not in page.content.decode()


def test_operators_switch_keys_off(admin_client: Client, attach: Attach, user: User) -> None:
    key = attach()
    admin_client.post(
        "/admin/exchanges/exchangekey/", {"action": "switch_off", "_selected_action": [key.pk]}
    )
    key.refresh_from_db()
    assert not key.is_active
    assert len(told(user)) == 2
