"""What a user may set of themselves, and nobody else."""

import pytest
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
