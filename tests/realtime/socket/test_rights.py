"""However somebody's rights are taken, by themselves or an operator, their sockets end."""

import getpass
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from tests.conftest import PASSWORD
from tests.realtime.conftest import Connect
from tests.realtime.socket.wire import Wire, write
from users.models import User

BACKEND = "django.contrib.auth.backends.ModelBackend"
NEW = "another correct horse 7"
HERE = "http://127.0.0.1:8000"


@pytest.fixture
def browser(user: User) -> Client:
    client = Client()
    client.force_login(user, BACKEND)
    return client


@pytest.fixture
def operator(staff_user: User) -> Client:
    client = Client()
    client.force_login(staff_user, BACKEND)
    return client


@pytest.fixture
def sockets(
    open_socket: Connect, live: Connect, browser: Client, user: User, other_user: User
) -> list[Wire]:
    """One by token and one by session; and somebody else's, which nothing of this concerns."""
    cookie = {"Cookie": f"sessionid={browser.cookies['sessionid'].value}"}
    by_session = open_socket(additional_headers=cookie, origin=HERE)
    assert by_session.subscribe()["type"] == "live"
    return [live(user), by_session, live(other_user)]


def by_their_own_page(browser: Client) -> None:
    form = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    assert browser.post("/password/", form).status_code == 302


def by_an_operator(operator: Client, user: User) -> None:
    form = {"password1": NEW, "password2": NEW, "usable_password": "true"}
    address = f"/admin/users/user/{user.pk}/password/"
    assert operator.post(address, form).status_code == 302


def by_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(getpass, "getpass", lambda *_, **__: NEW)
    call_command("changepassword", "ada")


@pytest.mark.parametrize("way", [by_their_own_page, by_an_operator, by_command])
def test_a_new_password(
    request: pytest.FixtureRequest,
    sockets: list[Wire],
    user: User,
    other_user: User,
    way: Callable[..., None],
) -> None:
    before = user.password
    names = way.__code__.co_varnames[: way.__code__.co_argcount]
    way(**{name: request.getfixturevalue(name) for name in names})
    user.refresh_from_db()
    assert user.password != before
    *own, other = sockets
    assert [wire.farewell()["code"] for wire in own] == [4101, 4101]
    goes_on(other, other_user)


def test_an_operator_switches_an_account_off(
    sockets: list[Wire], operator: Client, user: User, other_user: User
) -> None:
    address = f"/admin/users/user/{user.pk}/change/"
    form = filled(operator, address)
    del form["is_active"]
    assert operator.post(address, form).status_code == 302
    user.refresh_from_db()
    assert not user.is_active
    *own, other = sockets
    assert [wire.farewell()["code"] for wire in own] == [4503, 4503]
    goes_on(other, other_user)


def filled(operator: Client, address: str) -> dict[str, Any]:
    """The form of that page, as it was sent."""
    page = operator.get(address)
    form = {name: value for name, value in page.context["adminform"].form.initial.items() if value}
    for name in ("date_joined", "last_login"):
        moment = form.pop(name, None)
        form[f"{name}_0"] = moment.date().isoformat() if moment else ""
        form[f"{name}_1"] = moment.time().isoformat("seconds") if moment else ""
    return form


def test_an_operator_deletes_an_account(
    sockets: list[Wire], operator: Client, user: User, other_user: User
) -> None:
    address = f"/admin/users/user/{user.pk}/delete/"
    assert operator.post(address, {"post": "yes"}).status_code == 302
    *own, other = sockets
    assert [wire.farewell()["code"] for wire in own] == [4503, 4503]
    goes_on(other, other_user)


def test_signing_out_on_a_page(
    sockets: list[Wire], browser: Client, user: User, other_user: User
) -> None:
    assert browser.post("/sign-out/").status_code == 302
    by_token, by_session, other = sockets
    assert by_session.farewell()["code"] == 4101
    goes_on(by_token, user)
    goes_on(other, other_user)


def goes_on(wire: Wire, user: User) -> None:
    write(user, 1)
    assert wire.next("key_update")["seq"] == 1
