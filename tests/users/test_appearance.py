"""Theme and density: kept with the person, and written into the page by the server."""

import pytest
from django.test import Client

from users.models import User


@pytest.fixture
def ada(client: Client, user: User) -> Client:
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return client


def read_root(client: Client) -> str:
    return client.get("/preferences/").content.decode().split("<head>")[0]


def test_a_choice_is_in_the_first_byte_of_each_page(ada: Client, user: User) -> None:
    assert "data-theme" not in read_root(ada)
    new = {"theme": "dark", "density": "compact", "time_zone": ""}
    assert ada.post("/preferences/", new).status_code == 302
    assert 'data-theme="dark"' in read_root(ada)
    assert 'data-density="compact"' in read_root(ada)
    ada.post("/preferences/theme/", {"theme": "light"})
    assert 'data-theme="light"' in read_root(ada)
    ada.post("/preferences/theme/", {"theme": "plaid"})
    assert User.objects.get(pk=user.pk).theme == "light"
    assert ada.get("/preferences/theme/").status_code == 405


def test_unknown_looks_are_refused(ada: Client) -> None:
    assert ada.post("/preferences/", {"theme": "plaid"}).status_code == 422
