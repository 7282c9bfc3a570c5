"""The page of changes: one's own account, by whom and from where, and nothing of others."""

import pytest
from django.test import Client

from exchanges.keys import actions
from exchanges.models import ExchangeKey
from tests.conftest import sign_in
from tests.pages.bots.bot_records import create_key
from users.models import User

PAGE = "/account/changes/"
pytestmark = pytest.mark.django_db


def read_page(client: Client, query: str = "") -> str:
    answer = client.get(f"{PAGE}{query}")
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_shows_what_was_changed_by_whom_and_from_where(
    client: Client, user: User, other_user: User, staff_user: User
) -> None:
    sign_in(client, user)
    assert "Nothing was changed yet." in read_page(client, "?of=exchanges.exchangekey")
    key, theirs = create_key(user, "Mine"), create_key(other_user, "Theirs")
    client.patch(
        f"/api/v1/keys/{key.pk}/",
        {"label": "Renamed", "is_active": False},
        "application/json",
        REMOTE_ADDR="203.0.113.7",
    )
    page = read_page(client, "?of=exchanges.exchangekey")
    assert "label:" in page
    assert "Mine → Renamed" in page
    assert "yes → no" in page
    assert "by you from 203.0.113.7" in page
    assert "by Fillwatch" in page or "by an operator" in page, "the test itself attached it"
    assert theirs.label not in page
    assert key.api_key not in page
    assert ">Changes</a>" in page

    sign_in(client, staff_user)
    client.post(f"/admin/users/user/{user.pk}/change/", {}, REMOTE_ADDR="203.0.113.8")
    User.objects.filter(pk=user.pk).update(first_name="Ada")
    sign_in(client, user)
    assert "203.0.113.8" not in read_page(client)


def test_many_changes_have_pages(client: Client, user: User) -> None:
    key = create_key(user)
    for number in range(26):
        actions.rename(key.pk, f"Name {number}")
    assert ExchangeKey.objects.get().label == "Name 25"
    sign_in(client, user)
    first = read_page(client, "?of=exchanges.exchangekey")
    assert "Name 24 → Name 25" in first
    assert "key → Name 0" not in first
    assert "Older" in first
    assert "→ Name 0" in read_page(client, "?page=2&of=exchanges.exchangekey")
    assert read_page(client, "?page=99&of=nonsense")
