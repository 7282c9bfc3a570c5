"""FAILURES 9, 20, 54, 55: parts die or stand still amid fills; nothing is lost or doubled."""

from collections.abc import Callable

import pytest

from exchanges.models import ExchangeKey
from tests.failures.harness.kills import (
    PendingFills,
    check_fills,
    kill_in_the_middle,
    place_orders,
    shuffle_names,
    stop_in_the_middle,
    wait_for_agreement,
)
from tests.failures.harness.processes import KillableInstallation, run_installation
from tests.failures.harness.tabs import open_tabs
from tests.simulator import SimulatorProcess
from users.models import User

Strike = Callable[[KillableInstallation, PendingFills, str, int], None]
FILLS, ORDERS_EACH, PARTS, BATCH = 60, 5, 6, 18


@pytest.fixture
def keys(
    transactional_db: None,
    user: User,
    other_user: User,
    open_key: Callable[[User], ExchangeKey],
) -> list[ExchangeKey]:
    return [open_key(user), open_key(other_user)]


@pytest.mark.parametrize(
    ("strike", "victim"),
    [
        *((kill_in_the_middle, victim) for victim in ("worker", "web", "valkey")),
        *((stop_in_the_middle, victim) for victim in ("worker", "valkey")),
    ],
    ids=lambda value: value if isinstance(value, str) else value.__name__.split("_")[0],
)
def test_20_in_the_middle_of_fills(
    strike: Strike, victim: str, keys: list[ExchangeKey], simulator: SimulatorProcess
) -> None:
    with run_installation(ORDER_CHECK_SECONDS="1") as ours, open_tabs(ours.address, keys) as tabs:
        names = place_orders(ours, keys, each=ORDERS_EACH, parts=PARTS)
        fills = PendingFills(simulator, shuffle_names(names, seed=60))
        strike(ours, fills, victim, BATCH)
        fills.make(len(fills.names))
        wait_for_agreement(tabs, fills)
        assert fills.made == FILLS
        check_fills(simulator, fills)
        for tab in tabs:
            tab.check()
