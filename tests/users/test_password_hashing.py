"""Sign-ins hash a password each, and keep nobody else waiting."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from urllib.error import HTTPError
from urllib.request import Request

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.test import Client

from config.launcher import processes
from tests.services import free_port, process_environment, run_part
from tests.users.conftest import PASSWORD
from users import password_hashing
from users.models import User

SIGN_INS = 3
LONG = 3_000_000  # iterations: some seconds of a processor


@pytest.fixture
def small_web(transactional_db: None) -> Iterator[str]:
    """A web server with fewer database connections than there are sign-ins."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = process_environment() | {"FILLWATCH_URL": url, "DATABASE_POOL_SIZE": "2"}
    with run_part(processes.web_part(port=port, environment=environment)):
        yield url


def sign_in(url: str) -> int:
    body = json.dumps({"username": "ada", "password": PASSWORD}).encode()
    request = Request(f"{url}/api/v1/auth/token/", body, {"Content-Type": "application/json"})  # noqa: S310
    try:
        with processes.direct_opener.open(request) as answer:
            return int(answer.status)
    except HTTPError as error:
        return error.code
    except (OSError, HTTPException):  # the server ended first
        return 0


def test_pages_are_answered_while_passwords_are_hashed(
    small_web: str, ada: User, client: Client
) -> None:
    User.objects.update(password=PBKDF2PasswordHasher().encode(PASSWORD, "salt", LONG))
    client.force_login(User.objects.get())  # afterwards, since a session follows its password
    cookie = {"Cookie": f"sessionid={client.cookies['sessionid'].value}"}
    with ThreadPoolExecutor(SIGN_INS) as threads:
        sign_ins = [threads.submit(sign_in, small_web) for _ in range(SIGN_INS)]
        for _ in range(20):  # without room for them, a few at most before the first hash begins
            page = Request(f"{small_web}/api/v1/me/", headers=cookie)  # noqa: S310
            with processes.direct_opener.open(page) as answer:
                assert answer.status == 200
        assert not any(one.done() for one in sign_ins)
    assert [one.result() for one in sign_ins] == [200] * SIGN_INS


def test_a_hash_made_without_the_queue_is_good() -> None:
    hasher = password_hashing.QueuedPasswordHasher()
    made = PBKDF2PasswordHasher().encode(PASSWORD, "salt", 1)
    assert hasher.verify(PASSWORD, made)
    assert not hasher.verify("wrong", made)
    assert hasher.encode(PASSWORD, "salt", 1) == made


def test_who_would_wait_too_long_is_told(
    client: Client, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(password_hashing, "MOST_WAITING", -1)
    body = {"username": "ada", "password": PASSWORD}
    for path in ("/sign-in/", "/api/v1/auth/token/"):
        answer = client.post(path, body, content_type="application/json")
        assert (answer.status_code, answer["Retry-After"]) == (503, "10")
        assert "Too many people are signing in" in answer.content.decode()
