"""A world in which anything may happen, and what must be true of it once it is calm."""

from collections import Counter
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from exchanges.base import VenueDown
from exchanges.keys import actions
from exchanges.models import ExchangeKey
from orders import reconciler, submission
from orders.checks import sweep as sweeping
from orders.models import Order
from tests.conftest import _user
from tests.failures.harness.comparison import differences
from tests.failures.harness.scene import GROUNDS, Ground, attach, following
from tests.orders.conftest import long_ago
from tests.services import forget_keys
from tests.simulator import ControlError, SimulatorProcess
from tests.trading import fresh, intend

ROUNDS_TO_CALM: Final = 12
START: Final = Decimal(64000)
# What goes wrong for as long as it is laid, on sockets and in answers.
LASTING: Final[list[dict[str, Any]]] = [
    {"kind": "mute_sockets"},
    {"kind": "repeat_events"},
    {"kind": "reorder_events", "count": 2},
    {"kind": "delay_events", "latency_ms": 100},
    {"kind": "fills_missing", "times": 2},
    {"kind": "order_missing", "times": 1, "match": {"method": "GET"}},
    {"kind": "bare_end", "times": 1},
    {"kind": "fee_missing", "times": 2},
    {"kind": "html", "times": 2, "match": {"method": "GET"}},
    {"kind": "truncate", "times": 1, "match": {"method": "GET"}},
]
AT_ONCE: Final = ["drop_sockets", "end_streams", "error_frame"]
# What becomes of the next wish.
OF_A_WISH: Final = [
    *("close_after_accept", "truncate", "ambiguous_after_accept", "ambiguous", "close"),
]


@dataclass(frozen=True)
class Account:
    ground: Ground
    key: ExchangeKey


class World(RuleBasedStateMachine):
    """Set `simulator` before it is run: hypothesis makes a world for each example."""

    simulator: SimulatorProcess
    born = 0

    def __init__(self) -> None:
        super().__init__()
        World.born += 1
        self.control = self.simulator.control
        self.control.post("reset")
        forget_keys()
        self.user = _user(f"world{World.born}")
        self.accounts: list[Account] = []
        self.orders: list[tuple[Account, Order]] = []
        self.stream = ExitStack()
        self.follows = False

    @initialize(where=st.sets(st.sampled_from(sorted(GROUNDS)), min_size=1, max_size=2))
    def begin(self, where: set[str]) -> None:
        for name in sorted(where):
            ground = GROUNDS[name]
            self.accounts.append(Account(ground, attach(self.simulator, self.user, ground)))

    # What we do

    @rule(
        who=st.integers(0, 9),
        side=st.sampled_from(["buy", "sell"]),
        parts=st.integers(1, 5),
        away=st.integers(-3, 9),
        kind=st.sampled_from(["limit", "limit", "limit", "market"]),
    )
    def place(self, who: int, side: str, parts: int, away: int, kind: str) -> None:
        account = self.accounts[who % len(self.accounts)]
        distance = Decimal(100 * away)
        limit = START - distance if side == "buy" else START + distance
        order = intend(
            account.key,
            symbol=account.ground.symbol,
            side=side,
            type=kind,
            quantity=parts * Decimal("0.01"),
            price=limit if kind == "limit" else None,
        )
        with suppress(submission.StillUnknown, VenueDown):
            submission.submit_order(order.pk)
        self.orders.append((account, order))

    @precondition(lambda self: self.orders)
    @rule(which=st.integers(0, 99))
    def cancel(self, which: int) -> None:
        _, order = self._one(which)
        reconciler.request_cancel(order.pk, by=self.user.username, now=timezone.now())
        submission.cancel_at_venue(order.pk)

    @rule()
    def sweep(self) -> None:
        sweeping.run_sweep(user_id=self.user.pk, force=True)

    @rule()
    def begin_to_follow_or_begin_anew(self) -> None:
        """A stream process starts; or it goes, and another one starts."""
        self.stream.close()
        self.stream.enter_context(following())
        self.follows = True

    @precondition(lambda self: self.follows)
    @rule()
    def stop_following(self) -> None:
        self.stream.close()
        self.follows = False

    # What happens at the venue

    @precondition(lambda self: self.orders)
    @rule(which=st.integers(0, 99), parts=st.integers(1, 5))
    def fill(self, which: int, parts: int) -> None:
        self._by_hand("fill", which, quantity=parts * Decimal("0.005"))

    @precondition(lambda self: self.orders)
    @rule(which=st.integers(0, 99))
    def cancel_by_hand(self, which: int) -> None:
        self._by_hand("cancel", which)

    @precondition(lambda self: self.orders)
    @rule(which=st.integers(0, 99), parts=st.integers(1, 5))
    def replace_by_hand(self, which: int, parts: int) -> None:
        account, _ = self._one(which)
        if account.ground.venue == "binance":  # elsewhere such an order keeps no name of ours
            self._by_hand("replace", which, quantity=parts * Decimal("0.01"))

    @rule(steps=st.integers(-8, 8))
    def move_the_price(self, steps: int) -> None:
        for name in {account.ground.name for account in self.accounts}:
            self.control.post("price", symbol=name, price=START + 100 * steps, liquidity="0.03")

    # What goes wrong

    @rule(fault=st.sampled_from(LASTING))
    def lay(self, fault: dict[str, Any]) -> None:
        self.control.post("faults", **fault)

    @rule(kind=st.sampled_from(AT_ONCE))
    def strike(self, kind: str) -> None:
        self.control.post("faults", kind=kind)

    @rule(kind=st.sampled_from(OF_A_WISH))
    def spoil_the_next_wish(self, kind: str) -> None:
        for account in self.accounts:
            match = {"path": account.ground.order, "method": "POST"}
            self.control.post("faults", kind=kind, match=match, times=1)

    @rule()
    def mend(self) -> None:
        self.control.delete("faults")

    # In the end

    def teardown(self) -> None:
        try:
            if self.accounts:
                self.calm_down()
        finally:
            self.stream.close()
            for account in self.accounts:
                actions.deactivate(account.key.pk)

    def calm_down(self) -> None:
        """Everything works again, and time passes: then we and the venue say the same."""
        self.mend()
        found = ["not looked yet"]
        for _ in range(ROUNDS_TO_CALM):
            self._let_time_pass()
            sweeping.list_keys([account.key for account in self.accounts])
            self.sweep()
            found = [
                words
                for account in self.accounts
                for words in differences(self.simulator, account.key, account.ground)
            ]
            if not found:
                return
        raise AssertionError(f"still different: {found}, {self._story()}")

    def _let_time_pass(self) -> None:
        """More than any request, any grace, and any venue's limit may take."""
        forget_keys()
        for order in Order.objects.filter(user=self.user, status__in=["pending", "unknown"]):
            long_ago(order)
        for _, order in self.orders:
            if fresh(order).cancel_requested_at and fresh(order).ended_at is None:
                submission.cancel_at_venue(order.pk)

    def _one(self, which: int) -> tuple[Account, Order]:
        return self.orders[which % len(self.orders)]

    def _by_hand(self, deed: str, which: int, **more: Any) -> None:
        account, order = self._one(which)
        if deed == "fill":
            more["quantity"] = min(more["quantity"], self._left(account, order))
        with suppress(ControlError):  # it has ended, or never arrived
            self.control.post(
                deed, clientOrderId=order.client_order_id, account=account.key.api_key, **more
            )

    def _left(self, account: Account, order: Order) -> Decimal:
        rows = self.control.get("orders", account=account.key.api_key)["orders"]
        mine = [row for row in rows if row["clientOrderId"] == order.client_order_id]
        return Decimal(mine[-1]["origQty"]) - Decimal(mine[-1]["executedQty"]) if mine else START

    def _story(self) -> Counter[str]:
        changes = Order.objects.filter(user=self.user).values_list("changes__source", flat=True)
        return Counter(str(source) for source in changes)
