"""One order through the real doors, and what the simulated venue makes of it."""

from exchanges.models import ExchangeKey
from orders.models import Order
from tests.failures.harness.processes import KillableInstallation
from tests.simulator import SimulatorProcess
from tests.trading import Trader

ORDER = "/api/v3/order"


def request_order(ours: KillableInstallation, key: ExchangeKey) -> Order:
    kind = {"symbol": "BTC/USDT", "side": "buy", "type": "limit"}
    amounts = {"price": "50000", "quantity": "0.01"}
    status, intent = Trader(ours.address, key.user).ask(
        "POST", "orders/", {"key": key.pk, **kind, **amounts}
    )
    assert (status, intent["status"]) == (201, "pending")
    return Order.objects.get(pk=intent["id"])


def client_ids_at_venue(simulator: SimulatorProcess) -> list[str]:
    return [row["clientOrderId"] for row in simulator.control.get("orders")["orders"]]


def count_requests(simulator: SimulatorProcess, method: str) -> int:
    """Count requests to place (POST) or read (GET) an order that reached the venue."""
    return int(simulator.control.get("state")["endpoints"].get(f"{method} {ORDER}", 0))


def inject_fault(
    simulator: SimulatorProcess, kind: str, method: str = "POST", **more: object
) -> None:
    match = {"path": ORDER, "method": method}
    simulator.control.post("faults", kind=kind, match=match, **more)
