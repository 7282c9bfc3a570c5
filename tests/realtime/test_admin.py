"""Operators look at streams and events; nobody edits them."""

import pytest
from django.test import Client

from realtime.models import Event
from tests.realtime.socket.wire import write
from users.models import User


@pytest.fixture
def operator(client: Client, staff_user: User) -> Client:
    client.force_login(staff_user)
    return client


@pytest.mark.parametrize("page", ["event", "stream"])
def test_they_are_listed(operator: Client, user: User, page: str) -> None:
    write(user, 1)
    answer = operator.get(f"/admin/realtime/{page}/", {"q": "ada"})
    assert answer.status_code == 200
    assert b"ada" in answer.content


def test_and_only_read(operator: Client, user: User) -> None:
    write(user, 1)
    row = Event.objects.get()
    assert operator.get(f"/admin/realtime/event/{row.pk}/change/").status_code == 200
    assert operator.post(f"/admin/realtime/event/{row.pk}/change/", {}).status_code == 403
    assert operator.post(f"/admin/realtime/event/{row.pk}/delete/", {}).status_code == 403
    assert operator.get("/admin/realtime/event/add/").status_code == 403
