"""One user, one key, one venue, open ears: what a numbered failure needs, on the real parts.

    def test_28_…(scene: Scene) -> None:
        order = scene.place()            # written down, sent, resting at the venue
        scene.cancel_by_hand(order)
        scene.sweep()                    # or: with scene.streaming(): …
        scene.wait(order, "canceled")
        scene.wait_for_frame("order_update", status="canceled")

The test process is the worker: it asks the simulated venue through the real adapter, and follows
its stream with the real supervisor. The socket is a real one at the real web process. When a test
ends, the socket must have heard exactly what the database holds.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from threading import Barrier
from typing import Any, TypeVar

from django.db import connections
from django.utils import timezone

from exchanges import adapters, pool, symbols
from exchanges.base import OrderReport, OrderRequest
from exchanges.keys import actions
from exchanges.models import ExchangeKey, StreamLease, StreamState
from exchanges.secrets import sealing
from exchanges.through_ccxt import sessions
from orders import submission
from orders.checks import sweep as sweeping
from orders.models import Order
from orders.streams import holdings
from orders.streams import threads as streams_threads
from orders.streams.supervisor import Supervisor
from tests.failures.harness.markets import MARKETS, MarketEndpoints
from tests.failures.harness.tabs import Frame, RecordedTab
from tests.services import wait_until
from tests.simulator import SimulatorProcess
from tests.trading import BALANCES, Trader, record_order, reload_order, wait_for_status
from users.models import User

Answer = TypeVar("Answer")

__all__ = [
    "MARKETS",
    "MarketEndpoints",
    "Scene",
    "attach_key",
    "follow_streams",
    "run_in_each_thread",
]


@dataclass
class Scene:
    market: MarketEndpoints
    simulator: SimulatorProcess
    key: ExchangeKey
    tab: RecordedTab

    @property
    def user(self) -> User:
        return self.key.user

    @property
    def trader(self) -> Trader:
        return self.tab.trader

    # What we do

    def intend(self, **changes: Any) -> Order:
        """Written down and not yet sent."""
        return record_order(self.key, **({"symbol": self.market.symbol} | changes))

    def place(self, **changes: Any) -> Order:
        """A small limit buy far below the price, unless told otherwise; sent as a worker does."""
        order = self.intend(**changes)
        submission.submit_order(order.pk)
        return reload_order(order)

    def cancel(self, order: Order) -> Order:
        return submission.cancel_at_venue(order.pk)

    def sweep(self) -> sweeping.SweepOutcome:
        """One check of everything pending."""
        return sweeping.run_sweep(force=True)

    def due_sweep(self) -> sweeping.SweepOutcome:
        """A round of the beat's own, when everybody's turn has come."""
        Order.objects.update(checked_at=None)
        return sweeping.run_sweep()

    @contextmanager
    def streaming(self) -> Iterator[Supervisor]:
        """The key's own stream is followed, live and reconciled, until the block ends."""
        with follow_streams() as supervisor:
            self.wait_live()
            yield supervisor

    def know_symbols(self) -> None:
        """The steps and limits of what is traded are read, as a worker does at its start."""
        symbols.read_all()

    # What happens at the venue

    def fill(self, order: Order, quantity: str | None = None, **more: object) -> None:
        """Somebody takes all or a part of it."""
        part = {} if quantity is None else {"quantity": quantity}
        self.simulator.control.post("fill", **self._named(order), **part, **more)

    def cancel_by_hand(self, order: Order) -> None:
        """On the venue's own web page."""
        self.simulator.control.post("cancel", **self._named(order))

    def replace_by_hand(self, order: Order, **terms: object) -> None:
        """Cancelled and placed anew on the web page: another id there, the same name of ours."""
        self.simulator.control.post("replace", **self._named(order), **terms)

    def place_by_hand(self, **changes: Any) -> OrderReport:
        """Past us, on the venue's own web page."""
        usual: dict[str, Any] = {
            "symbol": self.market.symbol,
            "side": "buy",
            "type": "limit",
            "time_in_force": "GTC",
            "quantity": Decimal("0.02"),
            "price": Decimal("51000"),
            "client_order_id": "web_77",
        }
        request = OrderRequest(**(usual | changes))
        return pool.call(self.key, lambda venue: venue.place_order(request))

    def ask_elsewhere(self, ask: Callable[[Any], Awaitable[Answer]]) -> Answer:
        """Another program asks with the same key: it has read the venue's markets just now."""

        async def asked() -> Answer:
            session = sessions.open_simulator_session()
            connect, adapter = adapters.load_adapter(self.key.venue_market)
            client = connect(
                session,
                api_key=self.key.api_key,
                secret=sealing.open_sealed(bytes(self.key.sealed_secret)),
                passphrase=adapters.open_passphrase(self.key),
            )
            try:
                return await ask(adapter(client, clock=timezone.now))
            finally:
                await session.close()

        return asyncio.run(asked())

    def look_over(self) -> None:
        """The whole lists of the venue are read, as it is done from time to time."""
        sweeping.read_full_lists([self.key])

    def fault(
        self, kind: str, path: str = "", method: str = "", *, order: str = "", **more: object
    ) -> int:
        """Something goes wrong for this key; gives the number of the fault."""
        match = {"key": self.key.api_key, "path": path, "method": method, "order": order}
        laid = self.simulator.control.post("faults", kind=kind, match=match, **more)
        return int(laid["fault"]["id"])

    def mend(self, *faults: int) -> None:
        """These faults, or all of them, are over."""
        for number in faults:
            self.simulator.control.delete("faults", id=number)
        if not faults:
            self.simulator.control.delete("faults")

    def orders_there(self) -> list[dict[str, Any]]:
        found = self.simulator.control.get("orders", account=self.key.api_key)
        return list(found["orders"])

    def trades_there(self) -> list[dict[str, Any]]:
        found = self.simulator.control.get("trades", account=self.key.api_key)
        return list(found["trades"])

    def count_requests(self, key: ExchangeKey | None = None) -> int:
        """Count requests that reached the venue, in all or with one key."""
        state = self.simulator.control.get("state")
        return int(state["requests_by_key"].get(key.api_key, 0) if key else state["requests"])

    def sockets(self) -> int:
        return int(self.simulator.control.get("state")["sockets"])

    def count_hits(self) -> int:
        """Count how often the present faults have struck."""
        return sum(fault["hits"] for fault in self.simulator.control.get("faults")["faults"])

    # What becomes of it

    def wait(self, order: Order, status: str) -> Order:
        return wait_for_status(order, status)

    def wait_for_frame(self, kind: str, **data: object) -> Frame:
        """The first frame of this kind with this data, as soon as the socket has it."""
        found = wait_until(lambda: self.heard(kind, **data), what=f"{kind} {data} at the socket")
        return found[0]

    def heard(self, kind: str, **data: object) -> list[Frame]:
        return [f for f in self.trader.heard(kind) if data.items() <= f["data"].items()]

    def agree(self) -> None:
        """The socket has heard everything, and who folds it has what the database has."""
        wait_until(self.tab.is_current, what="the socket to be current")
        try:
            self.tab.check()
        except AssertionError:  # a worker of other tests may have said more between two looks
            wait_until(self.tab.is_current, what="the socket to be current again")
            self.tab.check()

    def lease(self) -> StreamLease | None:
        return StreamLease.objects.filter(key=self.key).first()

    def is_live(self) -> bool:
        now = self.lease()
        return bool(now and now.state == StreamState.LIVE and _is_reconciled(now))

    def wait_live(self) -> None:
        wait_until(self.is_live, what=f"the stream live: {list(StreamLease.objects.values())}")

    @contextmanager
    def broken_stream(self) -> Iterator[None]:
        """Run a block that breaks the stream, and wait until it is back and reconciled."""
        before = self.lease()
        assert before
        yield
        wait_until(
            lambda: (now := self.lease()) and now.restarts > before.restarts and self.is_live(),
            what=f"the stream to be back after {before.restarts} restarts",
        )

    def _named(self, order: Order) -> dict[str, object]:
        return {"clientOrderId": order.client_order_id, "account": order.key.api_key}


def attach_key(
    simulator: SimulatorProcess, user: User, market: MarketEndpoints, **more: object
) -> ExchangeKey:
    """A paper account at that market, and its key here."""
    account = simulator.open_account(
        BALANCES,
        futures={"USDT": "100000"},
        label=f"{user.username} {market.market}",
        permissions={"futures": True},
        **more,
    )
    return actions.attach(
        user=user,
        label=f"{market.venue} {market.market}",
        venue=market.venue,
        market=market.market,
        api_key=account["key"],
        secret=account["secret"],
        passphrase=account.get("passphrase", ""),
        is_paper=True,
    )


@contextmanager
def follow_streams() -> Iterator[Supervisor]:
    """The streams of all active keys, as `manage.py stream` follows them; here, in a thread."""
    supervisor, loop = Supervisor(), pool._get_pool().loop
    running = asyncio.run_coroutine_threadsafe(supervisor.run(), loop)
    try:
        yield supervisor
    finally:
        loop.call_soon_threadsafe(supervisor.end)
        running.result(20)
        for threads in (
            streams_threads.writing,
            streams_threads.asking,
            streams_threads.leasing,
            holdings.fetching,
        ):
            run_in_each_thread(threads, connections.close_all)


def run_in_each_thread(threads: ThreadPoolExecutor, do: Callable[[], object]) -> None:
    """Once in every thread of the pool: none can take a second before all have one."""
    together = Barrier(threads._max_workers)

    def once() -> None:
        together.wait(60)
        do()

    for done in [threads.submit(once) for _ in range(threads._max_workers)]:
        done.result(90)


def _is_reconciled(now: StreamLease) -> bool:
    since, at = now.connected_since, now.last_reconcile_at
    return bool(since and at and at >= since)
