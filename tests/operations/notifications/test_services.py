"""Services by Apprise, browsers and Telegram, each on a local server that speaks its protocol."""

import base64
import json
import os
from datetime import timedelta
from typing import Any

import http_ece
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.utils import timezone
from py_vapid import Vapid02

from operations.models import NotificationWay
from operations.notifications.sending import apprise_services, telegram_bot
from operations.notifications.ways import actions, addresses, push_keys
from tests.operations.notifications.conftest import read_messages, send_at, tell
from tests.operations.notifications.receivers import HttpReceiver, receive_mail
from users.models import User

NOW = timezone.now()


def reload_way(way: NotificationWay) -> NotificationWay:
    return NotificationWay.objects.get(pk=way.pk)


def encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def test_ntfy(user: User, receiver: HttpReceiver) -> None:
    url = f"ntfy://127.0.0.1:{receiver.port}/fills?redirect=yes"
    way = actions.add_service(user, "Phone", url, now=NOW).way
    assert way.hint == "ntfy"
    tell(user)
    assert send_at() == 1
    (received,) = receiver.received
    assert received.read_json()["title"] == "Order rejected"
    assert "http://127.0.0.1:8000/orders/" in received.read_json()["message"]
    receiver.answer_with(302, {"Location": f"{receiver.url}/elsewhere"})
    tell(user, "order:2")
    send_at()
    assert len(receiver.received) == 2  # not followed, whatever the URL says
    assert reload_way(way).last_error == "ntfy answered HTTP 302."


def test_a_service_that_is_gone_is_switched_off(user: User, receiver: HttpReceiver) -> None:
    way = actions.add_service(user, "Desk", f"json://127.0.0.1:{receiver.port}/x", now=NOW).way
    receiver.answer_with(410)
    tell(user)
    send_at()
    way = reload_way(way)
    assert (way.is_active, way.off_reason) == (False, "JSON answered HTTP 410. It is no more.")


def test_mail(user: User, receiver: HttpReceiver) -> None:
    with receive_mail() as (port, mails):
        url = f"mailto://127.0.0.1:{port}?from=fillwatch@example.org&to=ada@example.org"
        actions.add_service(user, "Mail", url, now=NOW)
        tell(user)
        assert send_at() == 1
    assert len(mails) == 1
    assert "Subject: Order rejected" in mails[0]


def test_what_a_url_that_makes_no_sense_says(user: User, receiver: HttpReceiver) -> None:
    way = actions.add_service(user, "Odd", "discord://only-an-id", now=NOW).way
    tell(user)
    send_at()
    assert reload_way(way).off_reason == "The URL is not complete, or not one of this service."


def test_no_service_acts_on_this_machine() -> None:
    offered = apprise_services.list_schemes()
    assert not offered & addresses.LOCAL_SERVICES
    assert {"discord", "slack", "tgram", "ntfy", "pover", "mailtos", "gotify"} <= offered
    assert len(offered) > 200


@pytest.mark.parametrize(
    "url",
    [
        *("dbus://", "syslog://x", "http://example.org", "discord", "gnome://x"),
        *("slack://a/b/c?template=/etc/passwd", "workflows://a/b/c?Template=file:///etc/passwd"),
    ],
)
def test_what_is_no_service_is_refused(url: str) -> None:
    with pytest.raises(addresses.BadAddress):
        addresses.check_service_url(url)


class Browser:
    """A browser that subscribed: it decrypts what its push service was sent."""

    def __init__(self, endpoint: str) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.auth = os.urandom(16)
        public = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        keys = {"p256dh": encode(public), "auth": encode(self.auth)}
        self.subscription = {"endpoint": endpoint, "keys": keys}

    def decrypt(self, body: bytes) -> Any:
        text = http_ece.decrypt(
            body, private_key=self.key, auth_secret=self.auth, version="aes128gcm"
        )
        return json.loads(text)


def test_web_push(user: User, receiver: HttpReceiver, settings: Any) -> None:
    settings.VAPID_PRIVATE_KEY, settings.VAPID_PUBLIC_KEY = push_keys.make_pair()
    browser = Browser(f"{receiver.url}/push/1")
    way = actions.add_browser(user, "Firefox", browser.subscription, now=NOW).way
    way = actions.add_browser(user, "Again", browser.subscription, now=NOW).way
    assert (way.name, NotificationWay.objects.count()) == ("Firefox", 1)
    receiver.answer_with(201)
    tell(user)
    assert send_at() == 1
    (received,) = receiver.received
    (message,) = read_messages(way)
    shown = browser.decrypt(received.body)
    assert (shown["title"], shown["id"]) == ("Order rejected", message.message_id)
    scheme, token, key = received.headers["authorization"].replace(",", " ").split()
    assert (scheme, key) == ("vapid", f"k={settings.VAPID_PUBLIC_KEY}")
    assert Vapid02.verify(f"vapid {token},{key}")
    receiver.answer_with(410)
    tell(user, "order:2")
    send_at()
    assert "unsubscribed" in reload_way(way).off_reason


def test_telegram(user: User, receiver: HttpReceiver, settings: Any) -> None:
    settings.TELEGRAM_BOT_TOKEN, settings.TELEGRAM_API_URL = "7:secret", receiver.url
    way = actions.add_chat(user, 4711, "@ada", now=NOW)
    tell(user)
    assert send_at() == 1
    (received,) = receiver.received
    assert received.path == "/bot7:secret/sendMessage"
    body = received.read_json()
    assert body["chat_id"] == 4711
    assert body["text"].startswith("Order rejected\nBTC/USDT: not enough money.\nhttp://")
    receiver.answer = lambda _: (429, {}, b'{"ok": false, "parameters": {"retry_after": 60}}')
    tell(user, "order:2")
    now = timezone.now()
    assert send_at(now) == 1
    assert send_at(now + timedelta(seconds=59)) == 0
    receiver.answer_with(403)
    assert send_at(now + timedelta(seconds=61)) == 1
    assert "blocked the bot" in reload_way(way).off_reason


def test_the_token_is_in_no_error(settings: Any) -> None:
    settings.TELEGRAM_BOT_TOKEN, settings.TELEGRAM_API_URL = "7:secret", "http://127.0.0.1:9"
    with pytest.raises(telegram_bot.TelegramError) as caught:
        telegram_bot.call_telegram("getMe")
    assert "secret" not in repr(caught.value)
    assert caught.value.__suppress_context__
