"""A world in which anything may happen, and what must be true of it once it is calm."""

from collections import Counter
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from bots.income import fetch
from bots.proof.prove import prove_key
from exchanges import pool
from exchanges.base import VenueDown
from exchanges.holdings import record
from exchanges.keys import actions
from exchanges.models import ExchangeKey, PositionMode
from orders import reconciler, submission
from orders.checks import sweep as sweeping
from orders.lifecycle.groups import EXITS
from orders.models import Order
from tests.conftest import create_user
from tests.failures.harness import groups
from tests.failures.harness.comparison import find_differences
from tests.failures.harness.scene import MARKETS, MarketEndpoints, attach_key, follow_streams
from tests.orders.conftest import move_to_past
from tests.services import forget_keys
from tests.simulator import ControlError, SimulatorProcess
from tests.trading import record_order, reload_order

ROUNDS_TO_CALM: Final = 12
START: Final = Decimal(64000)
# What goes wrong for as long as it is laid, on sockets and in answers.
LASTING_FAULTS: Final[list[dict[str, Any]]] = [
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
SOCKET_FAULTS: Final = ["drop_sockets", "end_streams", "error_frame"]
# What becomes of the next wish.
PLACEMENT_FAULTS: Final = [
    *("close_after_accept", "truncate", "ambiguous_after_accept", "ambiguous", "close"),
]


@dataclass(frozen=True)
class TradedKey:
    market: MarketEndpoints
    key: ExchangeKey


def _prove(key: ExchangeKey) -> list[str]:
    """Return what differs between our books and the venue's statement, balances and positions."""
    try:
        proof = prove_key(key, now=timezone.now())
    except VenueDown as error:
        return [f"{key}: {error}"]
    return [f"{key}: {asset} {amount}" for asset, amount in proof.differences.items()]


class TradingMachine(RuleBasedStateMachine):
    """Set `simulator` before it is run: hypothesis makes a world for each example."""

    simulator: SimulatorProcess
    examples = 0

    def __init__(self) -> None:
        super().__init__()
        TradingMachine.examples += 1
        self.control = self.simulator.control
        self.control.post("reset")
        forget_keys()
        self.user = create_user(f"world{TradingMachine.examples}")
        self.accounts: list[TradedKey] = []
        self.orders: list[tuple[TradedKey, Order]] = []
        self.stream = ExitStack()
        self.follows = False

    @initialize(
        where=st.sets(st.sampled_from(sorted(MARKETS)), min_size=1, max_size=2),
        hedged=st.booleans(),
    )
    def begin(self, where: set[str], hedged: bool) -> None:
        for name in sorted(where):
            market = MARKETS[name]
            key = attach_key(self.simulator, self.user, market)
            if hedged and market.market == "futures":
                pool.call(key, lambda venue: venue.set_position_mode(hedged=True))
                record.record_position_mode(key.pk, hedged=True)
                key.refresh_from_db()
            prove_key(key, now=timezone.now())  # the books begin with these balances
            self.accounts.append(TradedKey(market, key))

    # What we do

    @rule(
        who=st.integers(0, 9),
        side=st.sampled_from(["buy", "sell"]),
        parts=st.integers(1, 5),
        away=st.integers(-3, 9),
        kind=st.sampled_from(["limit", "limit", "limit", "market"]),
        of=st.sampled_from(["long", "short"]),
    )
    def place(self, who: int, side: str, parts: int, away: int, kind: str, of: str) -> None:
        account = self.accounts[who % len(self.accounts)]
        distance = Decimal(100 * away)
        limit = START - distance if side == "buy" else START + distance
        order = record_order(
            account.key,
            symbol=account.market.symbol,
            side=side,
            position_side=of if account.key.position_mode == PositionMode.HEDGE else "",
            type=kind,
            quantity=parts * Decimal("0.01"),
            price=limit if kind == "limit" else None,
        )
        with suppress(submission.StillUnknown, VenueDown):
            submission.submit_order(order.pk)
        self.orders.append((account, order))

    @rule(who=st.integers(0, 9), parts=st.integers(1, 5), away=st.integers(-3, 5))
    def place_with_exits(self, who: int, parts: int, away: int) -> None:
        account = self.accounts[who % len(self.accounts)]
        order = groups.place_entry(
            account.key,
            symbol=account.market.symbol,
            quantity=parts * Decimal("0.01"),
            price=START - 100 * away,
            position_side="long" if account.key.position_mode == PositionMode.HEDGE else "",
            exits=groups.EXITS_NEAR_START,
        )
        self._add_orders(order)
        self.carry_groups_on()

    @rule()
    def carry_groups_on(self) -> None:
        """Run what the queue holds: some of it after much else has happened."""
        groups.run_tasks(self.user)
        self._add_orders(*Order.objects.filter(user=self.user).exclude(role="").order_by("pk"))

    @precondition(lambda self: self.orders)
    @rule(which=st.integers(0, 99))
    def cancel(self, which: int) -> None:
        _, order = self._choose_order(which)
        reconciler.request_cancel(order.pk, by=self.user.username, now=timezone.now())
        submission.cancel_at_venue(order.pk)

    @rule()
    def sweep(self) -> None:
        sweeping.run_sweep(user_id=self.user.pk, force=True)

    @rule()
    def start_or_restart_stream(self) -> None:
        """A stream process starts; or it goes, and another one starts."""
        self.stream.close()
        self.stream.enter_context(follow_streams())
        self.follows = True

    @precondition(lambda self: self.follows)
    @rule()
    def stop_stream(self) -> None:
        self.stream.close()
        self.follows = False

    # What happens at the venue

    @precondition(lambda self: self.orders)
    @rule(which=st.integers(0, 99), parts=st.integers(1, 5))
    def fill(self, which: int, parts: int) -> None:
        self._by_hand("fill", which, quantity=parts * Decimal("0.005"))

    @precondition(lambda self: self.orders)
    @rule(which=st.integers(0, 99))
    def settle(self, which: int) -> None:
        """The venue cuts the rest of an order and calls it filled."""
        self._by_hand("settle", which)

    @precondition(lambda self: self.orders)
    @rule(which=st.integers(0, 99))
    def cancel_by_hand(self, which: int) -> None:
        self._by_hand("cancel", which)

    @precondition(lambda self: self.orders)
    @rule(which=st.integers(0, 99), parts=st.integers(1, 5))
    def replace_by_hand(self, which: int, parts: int) -> None:
        account, order = self._choose_order(which)
        if order.role not in ("", "entry"):
            return  # of a pair the venue would cancel the other one too
        if account.market.venue == "binance":  # elsewhere such an order keeps no name of ours
            self._by_hand("replace", which, quantity=parts * Decimal("0.01"))

    @rule(rate=st.integers(-9, 9), times=st.integers(1, 2))
    def pay_funding(self, rate: int, times: int) -> None:
        """Who holds a contract pays or receives, at once or twice in a moment."""
        for _ in range(times):
            self.control.post("funding", rate=f"{Decimal(rate) / 10000:f}", pay=True)

    @rule(who=st.integers(0, 9), amount=st.integers(-9, 9).filter(bool))
    def pay_otherwise(self, who: int, amount: int) -> None:
        """Interest, which is paid where the coins are; money also comes in and goes out."""
        account = self.accounts[who % len(self.accounts)]
        terms = {"asset": "USDT", "wallet": account.market.market}
        for kind, paid in (("INTEREST", Decimal(amount) / 10**8), ("TRANSFER", Decimal(amount))):
            self.control.post(
                "income", key=account.key.api_key, kind=kind, amount=f"{paid:f}", **terms
            )

    @rule()
    def read_income(self) -> None:
        fetch.read_keys([account.key for account in self.accounts])

    @rule(steps=st.integers(-8, 8))
    def move_the_price(self, steps: int) -> None:
        for name in {account.market.name for account in self.accounts}:
            self.control.post("price", symbol=name, price=START + 100 * steps, liquidity="0.03")

    # What goes wrong

    @rule(fault=st.sampled_from(LASTING_FAULTS))
    def add_fault(self, fault: dict[str, Any]) -> None:
        self.control.post("faults", **fault)

    @rule(kind=st.sampled_from(SOCKET_FAULTS))
    def break_sockets(self, kind: str) -> None:
        self.control.post("faults", kind=kind)

    @rule(kind=st.sampled_from(PLACEMENT_FAULTS))
    def break_next_placement(self, kind: str) -> None:
        for account in self.accounts:
            match = {"path": account.market.order, "method": "POST"}
            self.control.post("faults", kind=kind, match=match, times=1)

    @rule()
    def remove_faults(self) -> None:
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
        self.remove_faults()
        found = ["not looked yet"]
        for _ in range(ROUNDS_TO_CALM):
            self._let_time_pass()
            sweeping.read_full_lists([account.key for account in self.accounts])
            self.sweep()
            found = [
                words
                for account in self.accounts
                for words in find_differences(self.simulator, account.key, account.market)
            ]
            found = found or [words for account in self.accounts for words in _prove(account.key)]
            found = found or groups.find_excess(self.user)
            if not found:
                return
        raise AssertionError(f"still different: {found}, {self._count_sources()}")

    def _let_time_pass(self) -> None:
        """More than any request, any grace, and any venue's limit may take."""
        forget_keys()
        self.carry_groups_on()
        orders = Order.objects.filter(user=self.user, status__in=["pending", "unknown"])
        for order in orders.exclude(role__in=EXITS, submitted_at=None):  # those are sent just now
            move_to_past(order)
        for _, order in self.orders:
            if reload_order(order).cancel_requested_at and reload_order(order).ended_at is None:
                submission.cancel_at_venue(order.pk)
        self.carry_groups_on()

    def _add_orders(self, *orders: Order) -> None:
        known = {order.pk for _, order in self.orders}
        by_key = {account.key.pk: account for account in self.accounts}
        self.orders += [(by_key[o.key_id], o) for o in orders if o.pk not in known]

    def _choose_order(self, which: int) -> tuple[TradedKey, Order]:
        return self.orders[which % len(self.orders)]

    def _by_hand(self, deed: str, which: int, **more: Any) -> None:
        account, order = self._choose_order(which)
        if deed == "fill":
            more["quantity"] = min(more["quantity"], self._unfilled_quantity(account, order))
        with suppress(ControlError):  # it has ended, or never arrived
            self.control.post(
                deed, clientOrderId=order.client_order_id, account=account.key.api_key, **more
            )

    def _unfilled_quantity(self, account: TradedKey, order: Order) -> Decimal:
        rows = self.control.get("orders", account=account.key.api_key)["orders"]
        mine = [row for row in rows if row["clientOrderId"] == order.client_order_id]
        return Decimal(mine[-1]["origQty"]) - Decimal(mine[-1]["executedQty"]) if mine else START

    def _count_sources(self) -> Counter[str]:
        changes = Order.objects.filter(user=self.user).values_list("changes__source", flat=True)
        return Counter(str(source) for source in changes)
