"""A group of orders in a scene: what the queue would do is done here, step by step."""

from contextlib import suppress
from decimal import ROUND_DOWN, Decimal
from typing import Any, Final

from django.utils import timezone

from exchanges.base import VenueDown
from exchanges.models import ExchangeKey
from orders import placement, submission
from orders.groups import due, evaluation
from orders.lifecycle import states
from orders.lifecycle.exits import Exits, ExitTerms
from orders.models import Order, OrderGroup
from orders.placement import PlacementRequest
from tests.failures.harness.scene import Scene
from users.models import User

PRICE: Final = Decimal(60000)  # of the simulated venue, at rest
PROFIT_AT, LOSS_AT = Decimal(70000), Decimal(55000)
QUANTITY: Final = Decimal("0.02")
ROUNDS: Final = 8
EXITS_NEAR_START: Final = Exits(
    take_profit=ExitTerms(trigger_price=Decimal(64500)),
    stop_loss=ExitTerms(trigger_price=Decimal(63300)),
)


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
        "quantity": QUANTITY,
        "price": Decimal(58000),
        "exits": build_exits() if exits is None else exits,
    }
    return place_entry(scene.key, **(usual | changes))


def place_entry(key: ExchangeKey, **terms: Any) -> Order:
    """Write down a limit buy with exits, as the API does; nothing is sent yet."""
    usual = {"side": "buy", "type": "limit", "time_in_force": "GTC"}
    request = PlacementRequest(key=key, **(usual | terms))
    return placement.place_order(user=key.user, request=request, now=timezone.now())


def work_through(scene: Scene) -> None:
    run_tasks(scene.user)


def run_tasks(user: User) -> None:
    """Do what the queue holds: send, cancel, decide; and what a sweep finds."""
    orders = Order.objects.filter(user=user).order_by("pk")
    for order in orders.filter(status="pending", submitted_at=None):
        with suppress(submission.StillUnknown, VenueDown):
            submission.submit_order(order.pk)
    for order in orders.filter(status__in=states.OPEN, cancel_requested_at__isnull=False):
        submission.cancel_at_venue(order.pk)
    own = set(OrderGroup.objects.filter(user=user).values_list("pk", flat=True))
    for group_id in due.list_due(now=timezone.now()):
        if group_id in own:
            evaluation.evaluate_group(group_id, now=timezone.now())


def enter(scene: Scene, quantity: str | None = None, **changes: Any) -> Order:
    """An entry that was sent and filled, wholly or in part, and all that follows from it."""
    entry = place_bracket(scene, **changes)
    work_through(scene)
    scene.fill(entry, quantity)
    settle(scene)
    return entry


def check_at_rest(scene: Scene, state: str, **left: Decimal) -> None:
    """The group is in this state, with exits for so much; the venue has what we have."""
    group = read_group()
    assert (group.state, list_open_exits()) == (state, left), group.note
    assert list_open_there(scene) == list_open_here()
    scene.agree()


def find_excess(user: User) -> list[str]:
    """Return groups that are not at rest, and roles with exits for more than what is left."""
    found = [f"group {pk} is due" for pk in due.list_due(now=timezone.now())]
    for group in OrderGroup.objects.filter(user=user):
        orders = list(group.legs.all())
        entered = sum((o.filled for o in orders if o.role == "entry"), Decimal(0))
        exited = sum((o.filled for o in orders if o.role != "entry"), Decimal(0))
        for role in ("take_profit", "stop_loss"):
            rest = [o.quantity - o.filled for o in orders if o.role == role and not o.ended_at]
            if sum(rest, Decimal(0)) > max(entered - exited, Decimal(0)):
                found.append(f"group {group.pk}: {role} for {rest}, left {entered - exited}")
    return found


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
