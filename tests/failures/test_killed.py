"""FAILURES 9, 20, 54, 55: any part is killed while fills come in; nothing is lost or doubled."""

from collections.abc import Callable

import pytest

from exchanges.models import ExchangeKey
from tests.failures.clients import listening
from tests.failures.killing import (
    Fills,
    check_the_books,
    kill_in_the_middle,
    order_them,
    shuffled,
    wait_for_agreement,
)
from tests.failures.mortal import installation
from tests.simulator import SimulatorProcess
from users.models import User

FILLS, ORDERS_EACH, PARTS, BATCH = 60, 5, 6, 18


@pytest.fixture
def keys(
    transactional_db: None,
    user: User,
    other_user: User,
    open_key: Callable[[User], ExchangeKey],
) -> list[ExchangeKey]:
    return [open_key(user), open_key(other_user)]


@pytest.mark.parametrize("victim", ["worker", "web", "valkey"])
def test_20_killed_in_the_middle_of_fills(
    victim: str, keys: list[ExchangeKey], simulator: SimulatorProcess
) -> None:
    with installation(ORDER_CHECK_SECONDS="1") as ours, listening(ours.address, keys) as tabs:
        names = order_them(ours, keys, each=ORDERS_EACH, parts=PARTS)
        fills = Fills(simulator, shuffled(names, seed=60))
        kill_in_the_middle(ours, fills, victim, BATCH)
        fills.make(len(fills.names))
        wait_for_agreement(tabs, fills)
        assert fills.made == FILLS
        check_the_books(simulator, fills)
        for tab in tabs:
            tab.check()
