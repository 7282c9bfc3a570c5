"""Operators see who is connected, and end or resync sockets: asked once, on record, told on."""

import re
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client
from pytest_django import Settings

from realtime.presence import registry
from tests.conftest import PASSWORD
from tests.realtime.conftest import Connect
from tests.realtime.socket.wire import bearer, write
from tests.services import wait_until
from users.models import User

PAGE = "/admin/realtime/sockets/"
ASK = f"{PAGE}ask/"


@pytest.fixture
def operator(client: Client, staff_user: User) -> Client:
    client.force_login(staff_user, "django.contrib.auth.backends.ModelBackend")
    return client


def name_of(user: User, number: int = 0) -> str:
    """The name of a user's socket, the oldest first, once the book has it."""

    def list_present() -> list[registry.PresentSocket]:
        present = list(registry.list_sockets([user.pk]))
        return present if len(present) > number else []

    return wait_until(list_present, what="the socket in the book")[number].name


def wish(act: str, user: User) -> dict[str, Any]:
    return {"act": act, "user": user.pk}


def shown(operator: Client, **narrow: str) -> str:
    answer = operator.get(PAGE, narrow)
    assert answer.status_code == 200
    return answer.content.decode()


def do(operator: Client, act: str, user: User, **more: Any) -> str:
    """Press the button on the page that asks; says what the page says then."""
    wanted = wish(act, user) | more
    assert "Yes, do it" in operator.get(ASK, wanted).content.decode()
    return operator.post(ASK, wanted, follow=True).content.decode()


# Who is there


def test_who_is_connected_where(
    operator: Client, open_socket: Connect, socket_url: str, user: User, other_user: User
) -> None:
    open_socket(user, user_agent_header="a <b>browser</b>")
    open_socket(other_user, at=socket_url + "trading/")
    for person in (user, other_user):
        name_of(person)
    page = shown(operator)
    (present,) = registry.list_sockets([user.pk])
    assert page.index("ada</th>") < page.index("bob</th>")
    for fact in ("127.0.0.1", present.server, "a &lt;b&gt;browser&lt;/b&gt;", "<td>trading</td>"):
        assert fact in page
    assert "bob</th>" not in shown(operator, user="AD")
    assert "ada</th>" not in shown(operator, door="trading")
    assert "No socket is open" in shown(operator, user="ad", door="trading")


def test_the_pages_need_nothing_that_the_policy_forbids(operator: Client, user: User) -> None:
    for page in (shown(operator), operator.get(ASK, wish("anew", user))):
        text = page if isinstance(page, str) else page.content.decode()
        assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=", text)


def test_without_redis_it_says_so(operator: Client, settings: Settings) -> None:
    settings.REDIS_URL = "unix:///nowhere/valkey.sock"
    assert "Redis does not answer" in shown(operator)


def test_only_operators_with_the_right(client: Client, user: User, staff_user: User) -> None:
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    assert client.get(PAGE).status_code == 302
    User.objects.filter(pk=user.pk).update(is_staff=True)
    assert client.get(PAGE).status_code == 403
    user.user_permissions.add(Permission.objects.get(codename="view_sockets"))
    assert client.get(PAGE).status_code == 200
    asked = wish("end_all", staff_user)
    assert client.get(ASK, asked).status_code == client.post(ASK, asked).status_code == 403


# What they do


def test_one_socket_ends_and_comes_back(operator: Client, live: Connect, user: User) -> None:
    first = live(user)
    name = name_of(user)
    second = live(user)
    assert f"Ended the socket {name} of ada." in do(operator, "end", user, socket=name)
    end = first.farewell()
    assert (end["code"], end["data"]["message"]) == (4000, "An operator ended this connection.")
    write(user, 1)
    assert second.next()["seq"] == 1


def test_all_sockets_of_a_user_end(
    operator: Client, live: Connect, user: User, other_user: User
) -> None:
    wires, other = [live(user), live(user)], live(other_user)
    do(operator, "end_all", user)
    assert [wire.farewell()["code"] for wire in wires] == [4000, 4000]
    write(other_user, 1)
    assert other.next()["seq"] == 1


def test_signed_out_everywhere_means_everywhere(
    operator: Client, open_socket: Connect, live: Connect, user: User, other_user: User
) -> None:
    browser, program, other = Client(), Client(), Client()
    browser.force_login(user, "django.contrib.auth.backends.ModelBackend")
    other.force_login(other_user, "django.contrib.auth.backends.ModelBackend")
    body = {"username": "ada", "password": PASSWORD}
    pair = program.post("/api/v1/auth/token/", body, content_type="application/json").json()
    key = browser.cookies["sessionid"].value
    by_cookie = {"Cookie": f"sessionid={key}"}
    wires = [
        open_socket(subprotocols=bearer(pair["access"])),
        open_socket(additional_headers=by_cookie, origin="http://127.0.0.1:8000"),
    ]
    for wire in wires:
        wire.next("ready")
    assert "Signed ada out everywhere" in do(operator, "end_all", user, sign_out="on")
    assert [wire.farewell()["code"] for wire in wires] == [4101, 4101]
    token = {"Authorization": f"Bearer {pair['access']}"}
    assert program.get("/api/v1/me/", headers=token).status_code == 401
    assert browser.get("/api/v1/me/").status_code == 401
    assert other.get("/api/v1/me/").status_code == 200
    assert operator.get(PAGE).status_code == 200


def test_one_client_starts_over(operator: Client, live: Connect, user: User) -> None:
    first = live(user)
    name = name_of(user)
    second = live(user)
    do(operator, "resync", user, socket=name)
    assert first.next("reset")["data"]["reason"] == "operator"
    write(user, 1)
    assert second.next()["seq"] == 1


def test_all_clients_start_over_even_those_that_are_away(
    operator: Client, live: Connect, open_socket: Connect, user: User
) -> None:
    write(user, 1)
    here, away = live(user), open_socket(user)
    before = away.next("ready")["data"]
    away.close()
    do(operator, "anew", user)
    assert here.next("reset")["data"]["reason"] in ("epoch", "operator")
    back = open_socket(user)
    answer = back.subscribe({"epoch": before["epoch"], "seq": before["seq"]})
    assert (answer["type"], answer["data"]["reason"]) == ("reset", "epoch")
    assert answer["data"]["epoch"] != before["epoch"]
    assert live(user, {"epoch": answer["data"]["epoch"], "seq": 1})


def test_who_never_had_a_stream_starts_over_too(
    operator: Client, open_socket: Connect, user: User
) -> None:
    before = open_socket(user).next("ready")["data"]
    do(operator, "anew", user)
    now = open_socket(user).next("ready")["data"]
    assert now["epoch"] != before["epoch"]
    assert now["seq"] == 0


# On record


def test_what_was_done_is_on_record_and_told_to_operators(
    operator: Client, live: Connect, socket_url: str, user: User, staff_user: User
) -> None:
    watching = live(staff_user, at=socket_url + "admin/")
    do(operator, "end_all", user)
    message = watching.next("admin_message")["data"]
    assert (message["by"], message["action"], message["target"]) == ("olga", "end_all", "user ada")
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id) == (staff_user, str(user.pk))
    assert entry.change_message == message["words"] == "Ended all sockets of ada."


def test_asking_does_nothing_yet(operator: Client, live: Connect, user: User) -> None:
    wire = live(user)
    assert operator.get(ASK, wish("end_all", user)).status_code == 200
    write(user, 1)
    assert wire.next()["seq"] == 1
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize(
    "nonsense",
    [
        {"act": "destroy", "user": 1},
        {"act": "end", "user": 1},
        {"act": "anew", "user": 1, "socket": "abc"},
        {"act": "end", "user": 1, "socket": "a b"},
        {},
    ],
)
def test_what_cannot_be_done_is_not_done(operator: Client, nonsense: dict[str, Any]) -> None:
    page = operator.post(ASK, nonsense, follow=True).content.decode()
    assert "There is no such action on a socket." in page
    assert not LogEntry.objects.exists()


def test_nobody_by_that_number(operator: Client) -> None:
    assert operator.get(ASK, {"act": "end_all", "user": "999999"}).status_code == 404


def test_the_operators_list_names_the_page(operator: Client) -> None:
    assert PAGE in operator.get("/admin/").content.decode()
