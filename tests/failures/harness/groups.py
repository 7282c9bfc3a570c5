"""A group of orders in a scene: what the queue would do is done here, step by step."""

from decimal import ROUND_DOWN, Decimal
from typing import Any, Final

from django.utils import timezone

from orders import placement, submission
from orders.groups import due, evaluation
from orders.lifecycle import states
from orders.lifecycle.exits import Exits, ExitTerms
from orders.models import Order, OrderGroup
from orders.placement import PlacementRequest
from tests.failures.harness.scene import Scene

PRICE: Final = Decimal(60000)  # of the simulated venue, at rest
PROFIT_AT, LOSS_AT = Decimal(70000), Decimal(55000)
QUANTITY: Final = Decimal("0.02")
ROUNDS: Final = 8


def build_exits(*, profit_limit: str | None = None, only: str = "") -> Exits:
    limit = Decimal(profit_limit) if profit_limit else None
    profit = ExitTerms(trigger_price=PROFIT_AT, price=limit)
    loss = ExitTerms(trigger_price=LOSS_AT)
    return Exits(
        take_profit=None if only == "stop_loss" else profit,
        stop_loss=None if only == "take_profit" else loss,
    )


def place_bracket(scene: Scene, *, exits: Exits | None = None, **changes: Any) -> Order:
    """Write down a limit buy below the price with both exits; nothing is sent yet."""
    usual: dict[str, Any] = {
        "symbol": scene.market.symbol,
        "side": "buy",
        "type": "limit",
        "time_in_force": "GTC",
        "quantity": QUANTITY,
        "price": Decimal(58000),
        "exits": build_exits() if exits is None else exits,
    }
    request = PlacementRequest(key=scene.key, **(usual | changes))
    return placement.place_order(user=scene.user, request=request, now=timezone.now())


def work_through(scene: Scene) -> None:
    """Do what the queue holds: send, cancel, decide; and what a sweep finds."""
    for order in Order.objects.filter(status="pending", submitted_at=None).order_by("pk"):
        submission.submit_order(order.pk)
    canceling = Order.objects.filter(status__in=states.OPEN, cancel_requested_at__isnull=False)
    for order in canceling.order_by("pk"):
        submission.cancel_at_venue(order.pk)
    for group_id in due.list_due(now=timezone.now()):
        evaluation.evaluate_group(group_id, now=timezone.now())


def settle(scene: Scene) -> None:
    """Rounds of sweep and queue, until nothing changes any more."""
    for _ in range(ROUNDS):
        before = read_versions()
        scene.sweep()
        work_through(scene)
        if read_versions() == before:
            return
    raise AssertionError(f"never at rest: {list(Order.objects.all())}")


def read_versions() -> list[tuple[int, int]]:
    return list(Order.objects.order_by("pk").values_list("pk", "version"))


def read_group() -> OrderGroup:
    return OrderGroup.objects.get()


def list_open_exits() -> dict[str, Decimal]:
    """Return how much each role's open exits are still for."""
    exits: dict[str, Decimal] = {}
    for order in Order.objects.filter(status__in=states.OPEN).exclude(role__in=("", "entry")):
        exits[order.role] = exits.get(order.role, Decimal(0)) + order.quantity - order.filled
    return exits


def get_exit(role: str) -> Order:
    """Return the latest order of a role."""
    return Order.objects.select_related("key", "bot").filter(role=role).order_by("-pk")[0]


def list_open_there(scene: Scene) -> set[str]:
    """Return the client ids of all that is open at the venue, waiting for a price or not."""
    waiting = scene.simulator.control.get("waiting", account=scene.key.api_key)["waiting"]
    rows = [*scene.orders_there(), *waiting]
    return {r["clientOrderId"] for r in rows if r["status"] in ("NEW", "PARTIALLY_FILLED")}


def list_open_here() -> set[str]:
    return set(
        Order.objects.filter(status__in=states.OPEN).values_list("client_order_id", flat=True)
    )


def move_price(scene: Scene, price: object) -> None:
    scene.simulator.control.post("price", symbol=scene.market.name, price=str(price))


def read_left(entry: Order) -> Decimal:
    """Return what an entry brought: on spot its fee was paid in coins."""
    entry.refresh_from_db()
    base = entry.symbol.partition("/")[0]
    fee = Decimal(entry.fees.get(base, 0)) if entry.key.market == "spot" else Decimal(0)
    left: Decimal = entry.filled - fee
    return left.quantize(Decimal("0.00001"), rounding=ROUND_DOWN)
