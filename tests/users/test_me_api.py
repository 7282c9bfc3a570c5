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
        "high_value": None,
        "time_zone": "",
        "theme": "",
        "density": "",
        "language": "",
        "number_format": "",
        "fill_sound": False,
        "fill_notifications": False,
    }
    for wish in (30, None):
        assert api.patch("/api/v1/me/", {"check_seconds": wish}).json()["check_seconds"] == wish
        assert User.objects.get(pk=user.pk).check_seconds == wish


def test_so_is_the_value_from_which_orders_are_checked_first(api: APIClient, user: User) -> None:
    answer = api.patch("/api/v1/me/", {"high_value": "1500.50"}).json()
    assert (answer["high_value"], answer["check_seconds"]) == ("1500.5", None)
    assert api.patch("/api/v1/me/", {"check_seconds": 7}).json()["high_value"] == "1500.5"
    for wish in ("0", "-1", "1_000", 1.5):
        assert list(api.patch("/api/v1/me/", {"high_value": wish}).json()) == ["high_value"]
    assert api.patch("/api/v1/me/", {"high_value": None}).json()["high_value"] is None


@pytest.mark.parametrize("wish", [0, 3601, "often"])
def test_what_makes_no_sense_is_refused(api: APIClient, user: User, wish: object) -> None:
    answer = api.patch("/api/v1/me/", {"check_seconds": wish})
    assert (answer.status_code, list(answer.json())) == (400, ["check_seconds"])
    assert User.objects.get(pk=user.pk).check_seconds is None


@pytest.mark.parametrize("zone", ["Europe/Berlin", "UTC", ""])
def test_the_time_zone_is_mine_to_set(api: APIClient, user: User, zone: str) -> None:
    assert api.patch("/api/v1/me/", {"time_zone": zone}).json()["time_zone"] == zone
    assert User.objects.get(pk=user.pk).time_zone == zone


@pytest.mark.parametrize("zone", ["Europe/Nowhere", "../etc/passwd", "berlin", None, "x" * 99])
def test_there_is_no_such_zone(api: APIClient, user: User, zone: object) -> None:
    answer = api.patch("/api/v1/me/", {"time_zone": zone})
    assert (answer.status_code, list(answer.json())) == (400, ["time_zone"])


def test_a_change_leaves_alone_what_it_does_not_name(api: APIClient, user: User) -> None:
    User.objects.update(time_zone="Asia/Tokyo", first_name="Ada")
    api.patch("/api/v1/me/", {"check_seconds": 9})
    changed = User.objects.get(pk=user.pk)
    assert (changed.time_zone, changed.first_name) == ("Asia/Tokyo", "Ada")


def test_a_name_is_not_changed_here(api: APIClient, user: User) -> None:
    answer = api.patch("/api/v1/me/", {"username": "eve", "check_seconds": 10})
    assert (answer.status_code, list(answer.json())) == (400, ["username"])
    assert User.objects.get(pk=user.pk).username == "ada"


def test_nobody_else(db: None) -> None:
    assert APIClient().get("/api/v1/me/").status_code == 401


def test_the_page_sets_it_too(client: Client, user: User) -> None:
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    for wish, kept in (("12", 12), ("", None)):
        page = client.post("/preferences/", {"check_seconds": wish}, follow=True)
        assert "Saved." in page.content.decode()
        assert User.objects.get(pk=user.pk).check_seconds == kept
    client.post("/preferences/", {"check_seconds": "", "high_value": "2500"})
    assert User.objects.get(pk=user.pk).high_value == 2500
    for wrong in ({"check_seconds": "0"}, {"high_value": "1_000"}, {"high_value": "0"}):
        assert client.post("/preferences/", wrong).status_code == 422
    assert client.get("/preferences/").status_code == 200


def test_a_stranger_has_no_preferences(client: Client, db: None) -> None:
    assert client.get("/preferences/").headers["Location"].startswith("/sign-in/")
