"""Quiet hours and collections: by the person's clock, as one message, and critical ones at once."""

from datetime import UTC, datetime, time
from typing import Any

import pytest

from operations.models import MessageLevel
from operations.notifications import collections
from operations.notifications.preferences import change_preferences
from operations.notifications.quiet_hours import QuietHours
from operations.notifications.ways import actions
from tests.operations.notifications.conftest import read_messages, send_at, tell
from tests.operations.notifications.receivers import HttpReceiver
from users.models import User


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


NIGHT = QuietHours("Europe/Berlin", time(22), time(7))


@pytest.mark.parametrize(
    ("now", "end"),
    [
        ("2026-01-10T20:59", None),
        ("2026-01-10T21:00", "2026-01-11T06:00"),
        ("2026-01-11T05:59", "2026-01-11T06:00"),
        ("2026-01-11T06:00", None),
        ("2026-03-28T22:00", "2026-03-29T05:00"),  # the clock goes forward in that night
        ("2026-10-24T21:00", "2026-10-25T06:00"),  # and back in this one
    ],
)
def test_quiet_hours_over_midnight(now: str, end: str | None) -> None:
    assert NIGHT.find_end(at(now)) == (at(end) if end else None)


@pytest.mark.parametrize(
    ("collect", "now", "due"),
    [
        ("never", "2026-01-10T12:34", None),
        ("hourly", "2026-01-10T12:34", "2026-01-10T13:00"),
        ("hourly", "2026-01-10T20:30", "2026-01-11T06:00"),  # 22:00 in Berlin is quiet
        ("daily", "2026-01-10T12:34", "2026-01-11T07:00"),  # 8 in Berlin
        ("daily", "2026-01-10T06:59", "2026-01-10T07:00"),
    ],
)
def test_collections(collect: str, now: str, due: str | None) -> None:
    assert NIGHT.find_collection(collect, at(now)) == (at(due) if due else None)


def test_none_by_day_and_none_without_hours() -> None:
    assert QuietHours("UTC").find_end(at("2026-01-10T03:00")) is None
    by_day = QuietHours("", time(9), time(17))
    assert by_day.find_end(at("2026-01-10T09:00")) == at("2026-01-10T17:00")
    assert by_day.find_end(at("2026-01-10T17:00")) is None


def test_what_waited_comes_as_one_message(user: User, receiver: HttpReceiver) -> None:
    now, morning = at("2026-01-10T23:00"), at("2026-01-11T07:00")
    change_preferences(user.pk, quiet_from=time(22), quiet_until=time(7))
    url = f"json://127.0.0.1:{receiver.port}/"
    way = actions.add_service(user, "Phone", url, now=now).way
    hook = actions.add_webhook(user, "Program", receiver.url, now=now).way
    for number in range(40):
        tell(user, f"order:{number}", title=f"Order {number} rejected", now=now)
    tell(user, "bot:1", title="Bot stopped", level=MessageLevel.ERROR, now=now)
    assert send_at(now) == 42  # a program does not sleep, and what is critical passes
    assert collections.merge_due(now=now) == 0
    assert [collections.merge_due(now=morning) for _ in range(2)] == [1, 0]
    receiver.received.clear()
    assert send_at(morning) == 1
    body = receiver.received[0].read_json()
    assert body["title"] == "40 messages by Fillwatch"
    assert "Order 0 rejected" in body["message"]
    assert "and 10 more" in body["message"]
    statuses = [message.status for message in read_messages(way)]
    assert (statuses.count("merged"), statuses.count("sent")) == (40, 2)
    assert {message.status for message in read_messages(hook)} == {"sent"}


def test_a_collection_is_in_the_language_of_its_reader(user: User, receiver: HttpReceiver) -> None:
    user.language = "de"
    user.save(update_fields=["language"])
    now, morning = at("2026-01-10T23:00"), at("2026-01-11T07:00")
    change_preferences(user.pk, quiet_from=time(22), quiet_until=time(7))
    actions.add_service(user, "Phone", f"json://127.0.0.1:{receiver.port}/", now=now)
    for number in range(32):
        tell(user, f"order:{number}", now=now)
    collections.merge_due(now=morning)
    assert send_at(morning) == 1
    body = receiver.received[0].read_json()
    assert body["title"] == "32 Nachrichten von Fillwatch"
    assert "… und 2 weitere." in body["message"]


def test_critical_ones_wait_too_for_who_wants_to_sleep(user: User, receiver: HttpReceiver) -> None:
    now: Any = at("2026-01-10T23:00")
    quiet = {"quiet_from": time(22), "quiet_until": time(7), "critical_passes": False}
    change_preferences(user.pk, **quiet)
    actions.add_service(user, "Phone", f"json://127.0.0.1:{receiver.port}/", now=now)
    tell(user, level=MessageLevel.ERROR, now=now)
    assert send_at(now) == 0
    morning = at("2026-01-11T07:00")
    collections.merge_due(now=morning)
    assert send_at(morning) == 1
    assert receiver.received[0].read_json()["title"] == "Order rejected"  # one stays as it is
