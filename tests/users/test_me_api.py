"""What a user may set of themselves, and nobody else."""

import pytest
from django.test import Client
from rest_framework.test import APIClient

from users.models import User


@pytest.fixture
def api(user: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


def test_the_check_interval_is_mine_to_set_and_to_take_back(api: APIClient, user: User) -> None:
    assert api.get("/api/v1/me/").json() == {
        "id": user.pk,
        "username": "ada",
        "check_seconds": None,
    }
    for wish in (30, None):
        assert api.patch("/api/v1/me/", {"check_seconds": wish}).json()["check_seconds"] == wish
        assert User.objects.get(pk=user.pk).check_seconds == wish


@pytest.mark.parametrize("wish", [0, 3601, "often"])
def test_what_makes_no_sense_is_refused(api: APIClient, user: User, wish: object) -> None:
    answer = api.patch("/api/v1/me/", {"check_seconds": wish})
    assert (answer.status_code, list(answer.json())) == (400, ["check_seconds"])
    assert User.objects.get(pk=user.pk).check_seconds is None


def test_a_name_is_not_changed_here(api: APIClient, user: User) -> None:
    api.patch("/api/v1/me/", {"username": "eve", "check_seconds": 10})
    assert User.objects.get(pk=user.pk).username == "ada"


def test_nobody_else(db: None) -> None:
    assert APIClient().get("/api/v1/me/").status_code == 401


def test_the_page_sets_it_too(client: Client, user: User) -> None:
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    for wish, kept in (("12", 12), ("", None)):
        page = client.post("/preferences/", {"check_seconds": wish}, follow=True)
        assert "Saved." in page.content.decode()
        assert User.objects.get(pk=user.pk).check_seconds == kept
    assert client.post("/preferences/", {"check_seconds": "0"}).status_code == 422
    assert client.get("/preferences/").status_code == 200


def test_a_stranger_has_no_preferences(client: Client, db: None) -> None:
    assert client.get("/preferences/").headers["Location"].startswith("/sign-in/")
