"""Ways, preferences and the outbox by API: each owner's own, and no secret comes back."""

from typing import Any

import pytest
from django.utils import timezone

from operations.models import NotificationWay
from tests.operations.conftest import Ask
from tests.operations.notifications.conftest import send_at, tell
from tests.operations.notifications.receivers import HttpReceiver
from tests.operations.notifications.test_services import Browser
from users.models import User

HOOK = {"name": "Desk", "kind": "webhook", "url": "https://hooks.example.org/s3cret"}


def add(ask: Ask, user: User, **changes: Any) -> Any:
    return ask(user, "POST", "notifications/ways/", {**HOOK, **changes})


def test_a_webhook_and_its_secret_which_is_shown_once(
    ask: Ask, user: User, other_user: User
) -> None:
    added = add(ask, user)
    assert added.status_code == 201, added.content
    assert added.json()["secret"].startswith("whsec_")
    assert added["Cache-Control"] == "no-store"
    path = f"notifications/ways/{added.json()['id']}/"
    listed = ask(user, "GET", "notifications/ways/").content + ask(user, "GET", path).content
    assert b"s3cret" not in listed
    assert b"whsec_" not in listed
    assert ask(user, "GET", path).json()["hint"] == "hooks.example.org"
    rotated = ask(user, "POST", f"{path}rotate-secret/").json()
    assert rotated["secret"] != added.json()["secret"]
    for method, what in (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "test/")):
        assert ask(other_user, method, path + what, {}).status_code == 404, method
    changed = ask(user, "PATCH", path, {"categories": ["fills"], "collect": "hourly"}).json()
    assert (changed["categories"], changed["collect"]) == (["fills"], "hourly")
    assert add(ask, user).json() == {"name": ["You have a way of this name."]}
    assert ask(user, "DELETE", path).status_code == 204
    assert not NotificationWay.objects.exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"url": "ftp://example.org"}, "url"),
        ({"url": "https://ada:pw@example.org"}, "url"),
        ({"url": "https://example.org:x/"}, "url"),
        ({"kind": "apprise", "url": "syslog://"}, "url"),
        ({"kind": "apprise", "url": "slack://a/b/c?template=/etc/passwd"}, "url"),
        ({"kind": "telegram"}, "kind"),
        ({"kind": "web_push"}, "subscription"),
        ({"categories": ["everything"]}, "categories"),
        ({"colour": "red"}, "colour"),
        ({"name": ""}, "name"),
    ],
)
def test_what_is_refused(ask: Ask, user: User, changes: dict[str, Any], field: str) -> None:
    answer = add(ask, user, **changes)
    assert (answer.status_code, list(answer.json())) == (400, [field])


def test_a_browser(ask: Ask, user: User) -> None:
    subscription = {**Browser("https://push.example.org/1").subscription, "expirationTime": None}
    body = {"name": "Firefox", "kind": "web_push", "subscription": subscription}
    assert ask(user, "POST", "notifications/ways/", body).json()["hint"] == "push.example.org"
    body["subscription"] = {**subscription, "keys": {"p256dh": "AAAA", "auth": "AAAA"}}
    assert ask(user, "POST", "notifications/ways/", body).status_code == 400
    assert "key" in ask(user, "GET", "notifications/push-key/").json()


def test_no_more_than_twenty_ways(ask: Ask, user: User) -> None:
    for number in range(20):
        assert add(ask, user, name=f"Way {number}").status_code == 201
    assert add(ask, user, name="One more").status_code == 400


def test_preferences(ask: Ask, user: User, other_user: User) -> None:
    path = "notifications/preferences/"
    assert "fills" not in ask(user, "GET", path).json()["in_app"]
    changed = ask(user, "PATCH", path, {"quiet_from": "22:00", "quiet_until": "07:00"}).json()
    assert (changed["quiet_from"], changed["critical_passes"]) == ("22:00:00", True)
    assert ask(user, "PATCH", path, {"quiet_from": "25:00"}).status_code == 400
    assert ask(other_user, "GET", path).json()["quiet_from"] is None


def test_given_up_ones_are_listed_and_sent_again(
    ask: Ask, user: User, other_user: User, receiver: HttpReceiver
) -> None:
    way = add(ask, user, url=receiver.url).json()["id"]
    tell(user)
    receiver.answer_with(410)
    send_at()
    (dead,) = ask(user, "GET", "notifications/outbox/?status=dead").json()["results"]
    assert dead["last_error"] == "The webhook answered HTTP 410. It is no more."
    path = f"notifications/outbox/{dead['id']}/resend/"
    assert ask(user, "POST", path).status_code == 409  # its way is off
    ask(user, "PATCH", f"notifications/ways/{way}/", {"is_active": True})
    assert ask(other_user, "POST", path).status_code == 404
    assert ask(user, "POST", path).json()["status"] == "waiting"
    receiver.answer_with(200)
    assert send_at() == 1
    assert ask(user, "GET", f"notifications/outbox/{dead['id']}/").json()["status"] == "sent"


def test_dismissed_ones_leave_the_list(ask: Ask, user: User, other_user: User) -> None:
    tell(user, now=timezone.now())
    (row,) = ask(user, "GET", "notifications/?category=orders").json()["results"]
    assert ask(user, "GET", "notifications/?category=bots").json()["results"] == []
    path = f"notifications/{row['id']}/dismiss/"
    assert ask(other_user, "POST", path).status_code == 404
    dismissed = [ask(user, "POST", path).json() for _ in range(2)]
    assert dismissed[0]["dismissed_at"] == dismissed[1]["dismissed_at"] is not None
    assert ask(user, "GET", "notifications/").json()["results"] == []
