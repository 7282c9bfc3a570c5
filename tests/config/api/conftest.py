"""Every operation of the OpenAPI document, and an operator who may call all of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator
from rest_framework.test import APIClient

from bots.models import Bot, Signal
from exchanges.keys import actions
from exchanges.models import ExchangeKey
from exchanges.secrets import sealing
from orders import reconciler
from tests.trading import record_order
from users.models import User
from users.tokens import RefreshToken


@cache
def read_document() -> dict[str, Any]:
    """Build the document once: what is served at /api/schema/."""
    document: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return document


@dataclass(frozen=True)
class ApiOperation:
    """One operation, with the schemas of its parameters and of the fields of its body."""

    method: str
    path: str
    parameters: dict[str, Any]
    fields: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.path.removeprefix('/api/v1')}"


def list_operations() -> Iterator[ApiOperation]:
    for path, operations in read_document()["paths"].items():
        for method, operation in operations.items():
            parameters = {
                parameter["name"]: parameter["schema"]
                for parameter in operation.get("parameters", ())
                if parameter["in"] == "query"
            }
            yield ApiOperation(method, path, parameters, _read_fields(operation))


def _read_fields(operation: Any) -> dict[str, Any]:
    content = operation.get("requestBody", {}).get("content", {})
    schema = content.get("application/json", {}).get("schema", {})
    name = schema.get("$ref", "").rpartition("/")[2]
    return dict(read_document()["components"]["schemas"][name]["properties"]) if name else {}


OPERATIONS = list(list_operations())


@pytest.fixture
def operator(db: None) -> User:
    return User.objects.create_superuser("olga", password="correct horse battery 9")


@pytest.fixture
def rows(operator: User, settings: Any) -> dict[str, int]:
    """The id of a row for each kind of path."""
    settings.SEAL_PUBLIC_KEY, private = sealing.new_keypair()[::-1]
    settings.SEAL_PRIVATE_KEYS = [private]
    key = attach_key(operator)
    bot = Bot.objects.create(user=operator, key=key, name="Grid", symbol="BTC/USDT:USDT")
    signal = Signal.objects.create(
        user=operator, source="desk", symbol="BTCUSDT", side="buy", received_at=timezone.now()
    )
    order = record_order(key, symbol="BTC/USDT:USDT")
    refused = {"status": "denied", "reason": "so that it is not open", "source": "test"}
    reconciler.refuse_order(order.pk, **refused, now=timezone.now())
    return {
        **{"keys": key.pk, "listen-key": key.pk, "bots": bot.pk, "signals": signal.pk},
        "orders": order.pk,
    }


def attach_key(user: User) -> ExchangeKey:
    return actions.attach(
        user=user,
        label="Futures",
        venue="binance",
        market="futures",
        api_key="api-key-of-olga-0001",
        secret="s3cret-that-is-never-seen",
    )


@pytest.fixture
def api(operator: User, rows: dict[str, int]) -> APIClient:
    client = APIClient(raise_request_exception=False)
    # Signed in just now, so that the endpoints that want a recent password read the body too.
    token: Any = RefreshToken.for_user(operator).access_token
    client.force_authenticate(operator, token)
    return client


def make_address(operation: ApiOperation, rows: dict[str, int], query: str = "") -> str:
    """Put the id of a row into the path: that of its kind, or 1."""
    parts = operation.path.split("/")
    for place, part in enumerate(parts):
        if part.startswith("{"):
            parts[place] = str(rows.get(parts[place - 1], 1))
    return "/".join(parts) + query


def answer_json(response: Any) -> Any:
    """Return the answer's JSON: whatever is refused is refused in JSON."""
    assert response["Content-Type"].startswith("application/json"), response.content[:200]
    return response.json()
