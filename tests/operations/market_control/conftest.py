"""Market control by API, as staff, at a running simulated venue."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission

from tests.conftest import create_user
from tests.operations.conftest import Ask
from tests.simulator import SimulatorProcess
from users.models import User

BTC = "binance.spot.paper:BTC/USDT"
Turn = Callable[..., Any]


@pytest.fixture
def market_operator(db: None) -> User:
    """Staff with the one permission, and no superuser."""
    operator = create_user("mia", is_staff=True)
    operator.user_permissions.add(Permission.objects.get(codename="control_market"))
    return operator


@pytest.fixture
def turn(market_operator: User, ask: Ask, simulator: SimulatorProcess) -> Turn:
    """Ask market control as staff: turn("POST", "price/", price="60000")."""

    def send(method: str, path: str, **body: Any) -> Any:
        return ask(market_operator, method, f"market-control/{path}", body or None)

    return send
