"""Here the test process is the worker: it asks the simulated venue itself."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from exchanges import pool
from exchanges.models import ExchangeKey
from orders.models import Order
from tests.simulator import SimulatorProcess


@pytest.fixture(autouse=True)
def _ways_out() -> Iterator[None]:
    yield
    pool.close()


@pytest.fixture
def fault(simulator: SimulatorProcess, key: ExchangeKey) -> Callable[..., None]:
    """Inject a fault into this key's requests for orders: fault("hang_after_accept")."""

    def inject(
        kind: str, method: str = "POST", path: str = "/api/v3/order", **more: object
    ) -> None:
        match = {"path": path, "method": method, "key": key.api_key}
        simulator.control.post("faults", kind=kind, match=match, **({"times": 1} | more))

    return inject


@pytest.fixture
def short_patience(settings: object) -> None:
    settings.VENUE_TIMEOUT_SECONDS = 0.5  # type: ignore[attr-defined]


def move_to_past(order: Order, **fields: int) -> None:
    """Move an order's times into the past: what waiting would do."""
    shift = timedelta(seconds=fields.get("seconds", 60))
    Order.objects.filter(pk=order.pk).update(
        created_at=timezone.now() - shift, submitted_at=timezone.now() - shift
    )


def list_venue_orders(simulator: SimulatorProcess) -> list[dict[str, object]]:
    found: list[dict[str, object]] = simulator.control.get("orders")["orders"]
    return found
