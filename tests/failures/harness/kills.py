"""Fills at the venue while parts of the installation are killed, until all agree again.

The kill comes while a check writes down what it found: some fills are recorded, others are not.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from exchanges.models import ExchangeKey
from orders.lifecycle.states import OPEN
from orders.models import Fill, Order
from tests.failures.harness.processes import KillableInstallation
from tests.failures.harness.tabs import RecordedTab
from tests.services import wait_until
from tests.simulator import SimulatorProcess
from tests.trading import Trader

PART = Decimal("0.001")
PATIENCE = 90.0


@dataclass
class PendingFills:
    """Executed parts still to be made at the venue, in an order of chance."""

    simulator: SimulatorProcess
    names: list[str]
    made: int = 0

    def make(self, count: int) -> None:
        for _ in range(count):
            name = self.names.pop()
            self.simulator.control.post("fill", clientOrderId=name, quantity=PART)
            self.made += 1

    def make_and_wait_for_the_first(self, count: int) -> None:
        """Until the installation is in the middle of writing them down."""
        before = Fill.objects.count()
        self.make(count)
        wait_until(lambda: Fill.objects.count() > before, timeout=PATIENCE, what="a fill recorded")


def place_orders(
    installation: KillableInstallation, keys: Sequence[ExchangeKey], *, each: int, parts: int
) -> list[str]:
    """Place resting orders through the API; gives the name of each as often as it has parts."""
    names: list[str] = []
    for key in keys:
        trader = Trader(installation.address, key.user)
        for _ in range(each):
            status, order = trader.ask("POST", "orders/", _order_body(key, PART * parts))
            assert status == 201, order
            names += [order["client_order_id"]] * parts
    resting = Order.objects.filter(status="new")
    wait_until(lambda: resting.count() == each * len(keys), timeout=PATIENCE, what="all resting")
    return names


def _order_body(key: ExchangeKey, quantity: Decimal) -> dict[str, object]:
    kind = {"symbol": "BTC/USDT", "side": "buy", "type": "limit"}
    return {"key": key.pk, "price": "50000", "quantity": str(quantity), **kind}


def shuffle_names(names: list[str], *, seed: int) -> list[str]:
    return random.Random(seed).sample(names, len(names))  # noqa: S311 (the same every time)


def kill_in_the_middle(
    installation: KillableInstallation, fills: PendingFills, victim: str, batch: int
) -> None:
    """Fills before the kill, fills while the victim is dead, and fills while it comes back."""
    part = installation.process(victim)
    fills.make_and_wait_for_the_first(batch)
    part.kill()
    fills.make(batch)
    part.start()
    fills.make(batch)
    part.wait_ready()


def stop_in_the_middle(
    installation: KillableInstallation, fills: PendingFills, victim: str, batch: int
) -> None:
    """Fills before it stands still, while it does, and after: it goes on as if nothing had been."""
    part = installation.process(victim)
    fills.make_and_wait_for_the_first(batch)
    part.freeze()
    fills.make(batch)
    part.thaw()
    fills.make(batch)


def all_agree(tabs: Sequence[RecordedTab], fills: PendingFills) -> bool:
    """Return whether every fill is recorded and has reached every socket."""
    return (
        not fills.names
        and Fill.objects.count() >= fills.made
        and not Order.objects.filter(status__in=OPEN).exists()
        and all(tab.is_current() for tab in tabs)
    )


def wait_for_agreement(tabs: Sequence[RecordedTab], fills: PendingFills) -> None:
    wait_until(lambda: all_agree(tabs, fills), timeout=PATIENCE, what="agreement of all")


def check_fills(simulator: SimulatorProcess, fills: PendingFills) -> None:
    """Each trade of the venue is recorded once, and each order is what its trades make it."""
    at_the_venue = sorted(str(row["id"]) for row in simulator.control.get("trades")["trades"])
    assert sorted(Fill.objects.values_list("trade_id", flat=True)) == at_the_venue
    assert len(at_the_venue) == fills.made
    for order in Order.objects.prefetch_related("fills"):
        assert order.status == "filled"
        assert order.filled == order.quantity == sum(fill.quantity for fill in order.fills.all())
