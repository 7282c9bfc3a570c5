"""Somebody with a password, the doors they use, and the codes of their authenticator app."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.test import Client

from users.models import User

PASSWORD = "correct horse battery 9"
PERIOD = 30
Post = Callable[..., Any]
NewCode = Callable[[], str]


@pytest.fixture
def ada(db: None) -> User:
    return User.objects.create_user("ada", password=PASSWORD)


@pytest.fixture
def post(client: Client) -> Post:
    """POST JSON to the auth API."""

    def send(name: str, **body: Any) -> Any:
        headers = body.pop("headers", {})
        return client.post(
            f"/api/v1/auth/{name}/", body, content_type="application/json", headers=headers
        )

    return send


@pytest.fixture
def pair(ada: User, post: Post) -> dict[str, str]:
    answer = post("token", username="ada", password=PASSWORD)
    assert answer.status_code == 200
    return dict(answer.json())


@pytest.fixture
def new_code(ada: User) -> NewCode:
    """Give ada an authenticator app; each call is a code of it that was not used yet."""
    secret = generate_totp_secret()
    TOTP.activate(ada, secret)
    RecoveryCodes.activate(ada)
    ahead = iter((0, 1, -1))  # all three are accepted: clocks differ
    return lambda: make_code(secret, ahead=next(ahead))


def make_code(secret: str, *, ahead: int = 0) -> str:
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // PERIOD + ahead)))
