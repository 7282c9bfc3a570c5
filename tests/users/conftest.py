"""Somebody with a password, and the doors they use."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from users.models import User

PASSWORD = "correct horse battery 9"
Post = Callable[..., Any]


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
