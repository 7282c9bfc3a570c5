"""The page of notification settings, without JavaScript: each form does what its button says."""

import re
from datetime import time

import pytest
from django.test import Client
from django.utils import timezone

from operations.models import NotificationPreferences, NotificationWay, OutboxMessage
from operations.notifications.ways import actions
from tests.conftest import sign_in
from users.models import User

PAGE = "/notifications/settings/"


@pytest.fixture
def ada(client: Client, user: User) -> Client:
    sign_in(client, user)
    return client


def post(client: Client, path: str, **fields: object) -> str:
    answer = client.post(PAGE + path, fields, follow=True)
    return str(answer.content.decode())


def test_a_webhook_from_its_form_to_its_end(ada: Client, user: User) -> None:
    assert "You have no ways yet" in ada.get(PAGE).content.decode()
    page = post(ada, "add/", name="Desk", address="https://hooks.example.org/s3cret")
    assert re.search(r'id="new-secret" value="whsec_[^"]+"', page)
    way = NotificationWay.objects.get()
    listed = ada.get(PAGE).content.decode()
    assert "hooks.example.org" in listed
    assert "s3cret" not in page + listed
    assert "whsec_" not in listed
    assert "Saved." in post(ada, f"{way.pk}/", categories=["fills", "bots"], collect="daily")
    assert 'value="fills" id="way-' in (page := ada.get(PAGE).content.decode())
    assert 'value="daily" selected' in page
    assert "A test is on its way" in post(ada, f"{way.pk}/test/")
    assert OutboxMessage.objects.get().title == "Test by Fillwatch"
    assert 'value="whsec_' in post(ada, f"{way.pk}/rotate/")
    post(ada, f"{way.pk}/", switch="off")
    page = post(ada, f"{way.pk}/test/")
    assert "The way is switched off. Switch it on first." in page
    assert "Given up" in page  # what waited when it was switched off
    post(ada, f"{way.pk}/", switch="on")
    ada.post(f"/notifications/outbox/{OutboxMessage.objects.get().pk}/resend/")
    assert OutboxMessage.objects.get().status == "waiting"
    assert "Removed." in post(ada, f"{way.pk}/remove/")
    assert not NotificationWay.objects.exists()


def test_what_is_wrong_is_said_at_its_field(ada: Client) -> None:
    answer = ada.post(f"{PAGE}add/", {"name": "Desk", "address": "syslog://"})
    assert answer.status_code == 422
    assert "it acts on this server" in answer.content.decode()
    answer = ada.post(f"{PAGE}save/", {"quiet_from": "22:00"})
    assert "Give both times, or neither." in answer.content.decode()


def test_quiet_hours(ada: Client, user: User) -> None:
    fields = {"quiet_from": "22:00", "quiet_until": "07:00", "in_app": ["fills"]}
    assert "Saved." in post(ada, "save/", **fields)
    chosen = NotificationPreferences.objects.get(user=user)
    assert (chosen.in_app, chosen.critical_passes) == (["fills"], False)
    assert chosen.quiet_from == time(22)
    assert 'value="22:00"' in ada.get(PAGE).content.decode()


def test_nobody_touches_ways_of_others(ada: Client, other_user: User) -> None:
    new = actions.add_webhook(other_user, "Bob", "https://example.org/", now=timezone.now())
    for path in ("", "test/", "rotate/", "remove/"):
        fields = {"collect": "daily", "categories": []}
        assert ada.post(f"{PAGE}{new.way.pk}/{path}", fields).status_code == 404, path
    assert NotificationWay.objects.get().collect == "never"
    assert "Bob" not in ada.get(PAGE).content.decode()


def test_telegram_and_browsers_show_where_they_are_set_up(ada: Client, settings: object) -> None:
    page = ada.get(PAGE).content.decode()
    assert "Link Telegram" not in page
    assert "browser_push.js" not in page
    settings.TELEGRAM_BOT_TOKEN, settings.VAPID_PUBLIC_KEY = "7:x", "BKey"  # type: ignore[attr-defined]
    page = ada.get(PAGE).content.decode()
    assert "Link Telegram" in page
    assert 'data-key="BKey"' in page
    assert re.search(r'value="/start [A-Z2-9]{10}"', post(ada, "telegram/"))
