"""What people read when a page is not there, not theirs, or broken: plain words in our frame."""

import pytest
from django.test import Client, RequestFactory

from config.api.errors import answer_server_error
from tests.conftest import sign_in
from users.models import User


def test_a_page_that_is_not_there(client: Client, user: User) -> None:
    sign_in(client, user)
    answer = client.get("/no/such/page/")
    assert answer.status_code == 404
    text = answer.content.decode()
    assert "There is nothing at this address" in text
    assert 'aria-label="Pages"' in text


@pytest.mark.django_db
def test_strangers_read_it_too(client: Client) -> None:
    answer = client.get("/no/such/page/")
    assert answer.status_code == 404
    assert "There is nothing at this address" in answer.content.decode()


def test_a_page_of_operators(client: Client, user: User) -> None:
    sign_in(client, user)
    answer = client.get("/operations/")
    assert answer.status_code == 403
    assert "not allowed to you" in answer.content.decode()


def test_a_form_of_another_session(user: User) -> None:
    client = Client(enforce_csrf_checks=True)
    sign_in(client, user)
    answer = client.post("/orders/new/", {"symbol": "BTC/USDT"})
    assert answer.status_code == 403
    assert "Nothing was changed" in answer.content.decode()


def test_a_mistake_of_ours_asks_no_database(rf: RequestFactory) -> None:
    answer = answer_server_error(rf.get("/orders/"))
    assert answer.status_code == 500
    assert "Something went wrong here" in answer.content.decode()
