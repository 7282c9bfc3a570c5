"""The same doors on the server that really runs, where the middleware is asynchronous."""

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.users.conftest import PASSWORD
from users.models import User

pytestmark = pytest.mark.django_db(transaction=True)
TOKEN = "/api/v1/auth/token/"


class Server:
    def __init__(self, url: str) -> None:
        self.address = urlsplit(url).netloc

    def post(self, path: str, body: Any, **headers: str) -> tuple[int, Any, str]:
        connection = http.client.HTTPConnection(self.address, timeout=10)
        try:
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read().decode()
        finally:
            connection.close()

    def sign_in(self, password: str) -> tuple[int, Any, str]:
        body = json.dumps({"username": "ada", "password": password})
        return self.post(TOKEN, body, **{"Content-Type": "application/json"})


@pytest.fixture
def server(web: str) -> Server:
    return Server(web)


def test_a_pair_is_given(server: Server, ada: User) -> None:
    status, _, body = server.sign_in(PASSWORD)
    assert status == 200
    assert json.loads(body).keys() == {"access", "refresh"}


def test_guessing_locks_the_door_in_words(server: Server, ada: User) -> None:
    statuses = [server.sign_in(f"wrong {n}")[0] for n in range(5)]
    assert statuses == [401, 401, 401, 401, 429]
    status, headers, body = server.sign_in(PASSWORD)
    assert status == 429
    assert 890 < int(headers["Retry-After"]) <= 900
    assert json.loads(body)["detail"].startswith("Too many failed sign-ins")


def test_an_oversized_body_is_refused_in_words(server: Server, ada: User) -> None:
    body = b'{"username": "%s"}' % (b"a" * 300_000)
    status, _, words = server.post(TOKEN, body, **{"Content-Type": "application/json"})
    assert (status, words) == (413, '{"detail":"The body is larger than 16 KiB."}')
