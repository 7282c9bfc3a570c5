"""Six clients that reconnect by themselves, and what must be true of each in the end."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from exchanges.models import ExchangeKey
from orders.models import Fill, Order
from orders.payloads import order_data, trade_data
from realtime import streams
from tests.trading import Trader, TraderSocket
from users.models import User

SOCKETS_EACH = 3
Frame = dict[str, Any]


@dataclass
class RecordedTab:
    """One socket of a user, with ears of its own and all that it ever heard."""

    trader: Trader
    ears: TraderSocket

    @property
    def events(self) -> list[Frame]:
        return [frame for frame in self.trader.frames if "seq" in frame]

    @property
    def last_seq(self) -> int:
        return max((frame["seq"] for frame in self.events), default=0)

    @property
    def reconnects(self) -> int:
        return len(self.trader.heard("live")) - 1

    def is_current(self) -> bool:
        return self.last_seq == streams.fetch_head(self.trader.user.pk).seq

    def check(self) -> None:
        """Check that the socket's folded events equal the database."""
        user = self.trader.user
        assert not self.trader.heard("reset"), "a client had to start over"
        assert count_lost(self) == count_doubled(self) == 0
        assert self.last_seq == streams.fetch_head(user.pk).seq
        orders = Order.objects.filter(user=user).select_related("key", "bot")
        assert _fold_orders(self.events) == {
            order.pk: _without_freshness(order_data(order)) for order in orders
        }
        self._check_fills()
        self._check_notes()

    def _check_fills(self) -> None:
        """Each is told once, and once more if its fee came later."""
        told = [frame["data"] for frame in self.events if frame["type"] == "trade"]
        completed = [trade for trade in told if trade["fee"] is not None]
        assert len({trade["id"] for trade in completed}) == len(completed)
        fills = {fill.pk: trade_data(fill) for fill in Fill.objects.filter(user=self.trader.user)}
        assert {trade["id"]: trade for trade in told} == fills

    def _check_notes(self) -> None:
        """Notes have no number; of another user's orders they may not speak either."""
        own = set(Order.objects.filter(user=self.trader.user).values_list("pk", flat=True))
        for note in self.trader.heard("orders_checked"):
            assert set(note["data"]["orders"]) <= own


def count_lost(tab: RecordedTab) -> int:
    """Numbers that are missing between the first and the last that this socket heard."""
    numbers = {frame["seq"] for frame in tab.events}
    return max(numbers) - min(numbers) + 1 - len(numbers) if numbers else 0


def count_doubled(tab: RecordedTab) -> int:
    return sum(count - 1 for count in Counter(frame["seq"] for frame in tab.events).values())


def _fold_orders(events: Sequence[Frame]) -> dict[int, object]:
    state: dict[int, object] = {}
    for frame in events:
        if frame["type"] == "order_update":
            state[frame["data"]["id"]] = _without_freshness(frame["data"])
    return state


def _without_freshness(data: Any) -> dict[str, object]:
    """All but the freshness, which moves without an event."""
    return {name: value for name, value in data.items() if name != "checked_at"}


@contextmanager
def open_tabs(address: str, keys: Sequence[ExchangeKey]) -> Iterator[list[RecordedTab]]:
    """Three sockets for the user of each key, live until the block ends."""
    with ExitStack() as stack:
        yield [
            stack.enter_context(_open_tab(address, key.user))
            for key in keys
            for _ in range(SOCKETS_EACH)
        ]


@contextmanager
def _open_tab(address: str, user: User) -> Iterator[RecordedTab]:
    trader = Trader(address, user)
    with trader.listen() as ears:
        yield RecordedTab(trader, ears)
