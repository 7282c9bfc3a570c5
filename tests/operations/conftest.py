"""Doors of the API for tests: ask(user, "POST", "notifications/read-all/")."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from users.models import User

Ask = Callable[..., Any]


@pytest.fixture
def ask(db: None) -> Ask:
    """Ask as a user; gives the response."""

    def send(user: User | None, method: str, path: str, body: Any = None, **headers: str) -> Any:
        client = APIClient()
        if user:
            client.force_authenticate(user)
        named: Any = {f"HTTP_{name.upper()}": value for name, value in headers.items()}
        return client.generic(
            method,
            f"/api/v1/{path}",
            body if isinstance(body, str) else json.dumps(body),
            content_type="application/json",
            **named,
        )

    return send
