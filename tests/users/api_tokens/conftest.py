"""Somebody with two exchange keys, and API tokens of theirs."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from exchanges.models import ExchangeKey
from tests.conftest import sign_in
from users.api_tokens import actions
from users.models import User

MakeToken = Callable[..., str]
Call = Callable[..., Any]


@pytest.fixture
def keys(user: User) -> list[ExchangeKey]:
    return [
        ExchangeKey.objects.create(user=user, label=label, venue="binance", api_key=label)
        for label in ("main", "second")
    ]


@pytest.fixture
def make_token(user: User) -> MakeToken:
    """Make a token and give its text: make_token("trade", key_ids=[4])."""

    def make(*scopes: str, **more: Any) -> str:
        name = f"program {user.api_tokens.count()}"
        wanted = {"name": name, "scopes": scopes or ["read"], "days": 30} | more
        return actions.create_token(user, actions.NewToken(**wanted), now=timezone.now())[1]

    return make


@pytest.fixture
def call(client: Client) -> Call:
    """Call the API with a token: call(token, "get", "/api/v1/me/")."""

    def send(token: str, method: str = "get", path: str = "/api/v1/me/", **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {token}"}
        return getattr(client, method)(path, headers=headers, **more)

    return send


@pytest.fixture
def browser(user: User) -> Client:
    client = Client()
    sign_in(client, user)
    return client
