"""There is no open registration: an invitation makes one account, once."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from users.invitations import actions
from users.models import Invitation, User

CHOSEN = {"password1": "something else 7", "password2": "something else 7"}
NEW = CHOSEN | {"username": "grace"}
PATH = "/api/v1/invitations/"


def invite(**fields: Any) -> str:
    _, link = actions.invite(now=timezone.now(), **fields)
    return link.removeprefix("http://127.0.0.1:8000")


def test_without_an_invitation_nobody_makes_an_account(client: Client, db: None) -> None:
    assert "By invitation" in client.get("/sign-up/").content.decode()
    assert "By invitation" in client.post("/sign-up/", NEW).content.decode()
    assert not User.objects.exists()


def test_the_link_leads_to_an_account_and_signs_in(client: Client, db: None) -> None:
    answer = client.get(invite())
    assert answer["Location"] == "/sign-up/"
    assert "You are invited" in client.get("/sign-up/").content.decode()
    assert client.post("/sign-up/", NEW)["Location"] == "/orders/"
    assert client.get("/api/v1/me/").json()["username"] == "grace"
    assert Invitation.objects.get().accepted_by == User.objects.get()


def test_it_works_once(db: None) -> None:
    link = invite()
    first, second = Client(), Client()
    for browser in (first, second):
        browser.get(link)
    first.post("/sign-up/", NEW)
    answer = second.post("/sign-up/", NEW | {"username": "eve"}, follow=True)
    assert "By invitation" in answer.content.decode()
    assert list(User.objects.values_list("username", flat=True)) == ["grace"]


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_gets_in() -> None:
    link, start = invite(), threading.Barrier(3)

    def come(name: str) -> None:
        browser = Client()
        browser.get(link)
        start.wait()
        browser.post("/sign-up/", NEW | {"username": name})
        connection.close()

    threads = [threading.Thread(target=come, args=[name]) for name in ("one", "two", "three")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert User.objects.count() == 1


def test_after_its_days_it_is_over(client: Client, db: None) -> None:
    link = invite(days=2)
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    client.get(link)
    assert "By invitation" in client.get("/sign-up/").content.decode()


@pytest.mark.parametrize("token", ["x", "x" * 500, "%00", "é"])
def test_a_made_up_link_is_no_invitation(client: Client, db: None, token: str) -> None:
    client.get(f"/invitation/{token}/")
    assert "By invitation" in client.get("/sign-up/").content.decode()


def test_a_wrong_form_leaves_it_usable(client: Client, db: None) -> None:
    client.get(invite())
    page = client.post("/sign-up/", NEW | {"password2": "other"}).content.decode()
    assert "same password" in page
    assert client.post("/sign-up/", NEW).status_code == 302


def test_the_log_does_not_hold_the_links(
    client: Client, user: User, capsys: Any, caplog: pytest.LogCaptureFixture
) -> None:
    call_command("add_user", "ada", again=True)
    link = capsys.readouterr().out.split()[0].removeprefix("http://127.0.0.1:8000")
    for secret in (link.strip("/").split("-", 1)[1], invite().strip("/").split("/")[1]):
        path = next(text for text in (link, f"/invitation/{secret}/") if secret in text)
        with caplog.at_level("INFO"):
            client.get(path)
        assert "request_finished" in caplog.text
        assert secret not in caplog.text


def test_the_database_does_not_hold_the_link(db: None) -> None:
    token = invite().split("/")[-2]
    assert token not in str(Invitation.objects.values())


def test_one_with_an_address_is_mailed_and_proves_it(client: Client, db: None) -> None:
    link = invite(email="Grace@Example.org")
    (message,) = mail.outbox
    assert link in message.body
    assert message.to == ["grace@example.org"]
    client.get(link)
    client.post("/sign-up/", NEW | {"email": "grace@example.org"})
    address = EmailAddress.objects.get()
    assert (address.email, address.verified) == ("grace@example.org", True)


def test_another_address_is_not_proven_by_it(client: Client, db: None) -> None:
    client.get(invite(email="grace@example.org"))
    client.post("/sign-up/", NEW | {"email": "eve@example.org"})
    assert not EmailAddress.objects.get(email="eve@example.org").verified


def test_operators_invite_by_api(client: Client, staff_user: User, user: User) -> None:
    client.force_login(staff_user, "django.contrib.auth.backends.ModelBackend")
    answer = client.post(PATH, {"days": 1}, content_type="application/json")
    assert answer.status_code == 201
    assert "/invitation/" in answer.json()["link"]
    assert Invitation.objects.get().invited_by == staff_user
    answer = client.post(PATH, {"email": "a@example.org"}, content_type="application/json")
    assert answer.json()["link"] is None
    assert client.post(PATH, {"dyas": 1}, content_type="application/json").status_code == 400


def test_nobody_else_invites_by_api(client: Client, user: User, staff_user: User) -> None:
    for person in (user, staff_user):
        User.objects.filter(pk=staff_user.pk).update(is_superuser=False)
        client.force_login(person, "django.contrib.auth.backends.ModelBackend")
        assert client.post(PATH, {}, content_type="application/json").status_code == 403
    assert not Invitation.objects.exists()


def test_the_admin_invites_and_shows_the_link_once(admin_client: Client) -> None:
    answer = admin_client.post("/admin/users/invitation/add/", {"email": ""}, follow=True)
    assert "/invitation/" in answer.content.decode()
    page = admin_client.get("/admin/users/invitation/").content.decode()
    assert "/invitation/" not in page.replace("/users/invitation/", "")


def test_the_command_invites(client: Client, db: None, capsys: Any) -> None:
    call_command("invite", days=1)
    link = capsys.readouterr().out.split()[0].removeprefix("http://127.0.0.1:8000")
    client.get(link)
    assert client.post("/sign-up/", NEW).status_code == 302


def test_the_command_makes_an_account_whose_owner_chooses_the_password(
    client: Client, db: None, capsys: Any
) -> None:
    call_command("add_user", "grace", operator=True)
    link = capsys.readouterr().out.split()[0].removeprefix("http://127.0.0.1:8000")
    client.post(client.get(link)["Location"], CHOSEN)
    client.post("/sign-in/", {"login": "grace", "password": "something else 7"})
    assert client.get("/admin/").status_code == 200
    assert "does not work any more" in client.get(link, follow=True).content.decode()


def test_the_command_refuses_what_makes_no_account(
    db: None, user: User, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ada", "", "a b", "x" * 151):
        with pytest.raises(CommandError):
            call_command("add_user", name)
    with pytest.raises(CommandError):
        call_command("add_user", "nobody", again=True)
    assert User.objects.count() == 1


def test_the_command_helps_with_a_lost_password(client: Client, user: User, capsys: Any) -> None:
    call_command("add_user", "ada", again=True)
    link = capsys.readouterr().out.split()[0].removeprefix("http://127.0.0.1:8000")
    assert "Choose a password" in client.get(link, follow=True).content.decode()


def test_without_mail_the_link_is_shown_and_nothing_sent(
    client: Client, staff_user: User, settings: Settings
) -> None:
    settings.EMAIL_URL = ""
    client.force_login(staff_user, "django.contrib.auth.backends.ModelBackend")
    answer = client.post(PATH, {"email": "a@example.org"}, content_type="application/json")
    assert "/invitation/" in answer.json()["link"]
    assert not mail.outbox
