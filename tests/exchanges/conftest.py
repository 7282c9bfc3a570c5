"""A pair of sealing keys, and people who attach exchange keys."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from exchanges.keys import actions
from exchanges.models import ExchangeKey
from exchanges.secrets import sealing
from orders import reconciler
from orders.models import Order
from tests.conftest import sign_in
from tests.simulator import SimulatorProcess
from users.models import User

SECRET = "s3cret-that-must-never-be-seen-again"
API_KEY = "api-key-of-ada-0001-WXYZ"
WANTED = {"label": "Main", "venue": "binance", "api_key": API_KEY, "secret": SECRET}
Attach = Callable[..., ExchangeKey]


@pytest.fixture(scope="module")
def venue_process() -> Iterator[SimulatorProcess]:
    with SimulatorProcess() as started:
        yield started


@pytest.fixture
def new_venue(venue_process: SimulatorProcess) -> SimulatorProcess:
    """One process for a module, as new for each test, also after one that killed it."""
    if not venue_process.is_running:
        venue_process.start()
    venue_process.control.delete("faults")
    venue_process.control.post("reset")
    return venue_process


@pytest.fixture
def seals(settings: Settings) -> None:
    private, public = sealing.new_keypair()
    settings.SEAL_PUBLIC_KEY, settings.SEAL_PRIVATE_KEYS = public, [private]


@pytest.fixture
def web_only(seals: None, settings: Settings) -> None:
    """As in the web process: no private key."""
    settings.SEAL_PRIVATE_KEYS = []


@pytest.fixture
def attach(seals: None, user: User) -> Attach:
    def attach_one(**other: Any) -> ExchangeKey:
        wanted: dict[str, Any] = {"user": user, "market": "spot", **WANTED, **other}
        return actions.attach(**wanted)

    return attach_one


@pytest.fixture
def api(web_only: None, client: Client, user: User) -> Callable[..., Any]:
    """Send JSON to the keys API, signed in."""
    sign_in(client, user)

    def send(method: str, path: str = "", body: Any = None) -> Any:
        more = {} if body is None else {"data": body, "content_type": "application/json"}
        return getattr(client, method)(f"/api/v1/keys/{path}", **more)

    return send


def place(key: ExchangeKey) -> Order:
    order = Order(
        user=key.user,
        key=key,
        symbol="BTC/USDT",
        side="buy",
        type="limit",
        quantity=Decimal(1),
        price=Decimal(1),
        client_order_id="fw-1",
        created_at=timezone.now(),
    )
    return reconciler.record_intent(order)
