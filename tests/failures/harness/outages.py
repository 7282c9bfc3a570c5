"""One outage of one part, and what is seen of it from outside."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from tests.failures.harness.outage_table import OutageRow
from tests.failures.harness.whole import NO_ANSWER, PATIENCE, OutsideTrader, WholeInstallation
from tests.services import wait_until
from tests.trading import TraderSocket

ANSWERS: Final = {"works": 200, "503 in words": 503, "no answer": NO_ANSWER}
PLACINGS: Final = {
    "sent at once": 201,
    "kept, sent after the end": 201,
    "503 in words": 503,
    "no answer": NO_ANSWER,
}
SHORT_PATIENCE: Final = 1.0
AWAY: Final = "The database cannot be reached just now."


@contextmanager
def strike_part(ours: WholeInstallation, part: str, how: str) -> Iterator[None]:
    """Kill or freeze a part; start or thaw it in the end. No other part ends because of it."""
    process = ours.parts[part]
    process.kill() if how == "killed" else process.freeze()
    try:
        yield
    finally:
        process.start() if how == "killed" else process.thaw()
        process.wait_ready()
        assert ours.list_dead() == []


@dataclass
class Outage:
    ours: WholeInstallation
    trader: OutsideTrader
    ears: TraderSocket
    row: OutageRow
    placed: list[int] = field(default_factory=list)
    is_filled: bool = False

    def check_answers(self) -> None:
        if self.row.page == "no answer":  # which needs no patience to see
            self.trader.patience = SHORT_PATIENCE
        status, content = self.ours.get_page("/orders/", seconds=self.trader.patience)
        assert status == ANSWERS[self.row.page]
        assert (AWAY in content) == (status == 503)
        assert self.trader.ask_soon("GET", "orders/")[0] == ANSWERS[self.row.read]

    def check_placing(self) -> None:
        status, order = self.ours.place_order(self.trader)
        assert status == PLACINGS[self.row.placing]
        if status != 201:
            return
        self.placed.append(order["id"])
        if self.row.placing == "sent at once":
            self._wait_sent()

    def check_fill(self, resting: dict[str, Any]) -> None:
        """Have an order filled at the venue, unless it is the venue that is away."""
        if self.row.placing == "kept, sent after the end" and self.row.fill_told != "meanwhile":
            return
        self._fill(resting)
        if self.row.fill_recorded == "meanwhile":
            self._wait_recorded(resting)
        if self.row.fill_told == "meanwhile":
            self._wait_told(resting)

    def check_socket(self) -> None:
        stream = self.ears.stream
        if self.row.socket == "closed with 4003":
            wait_until(lambda: stream._bye and stream._bye["code"] == 4003, what="a bye of 4003")
        elif self.row.socket == "broken off":
            wait_until(lambda: stream.state != "live", what="the socket broken off")
        else:
            assert stream.state == "live"

    def check_end(self, resting: dict[str, Any]) -> None:
        """Check that what was missed is made up for, and nothing is there twice."""
        self.trader.patience = PATIENCE
        if not self.is_filled:
            self._fill(resting)
        self._wait_recorded(resting)
        self._wait_told(resting)
        self._wait_sent()
        assert self._count_fills(resting) == 1
        assert len(self._list_told(resting)) == 1
        assert self.trader.heard("reset") == []
        wait_until(lambda: self.ours.get_page("/orders/")[0] == 200, what="pages again")

    def _fill(self, resting: dict[str, Any]) -> None:
        self.ours.fill_order(resting)
        self.is_filled = True

    def _wait_sent(self) -> None:
        def are_sent() -> bool:
            return all(self.ours.read_status(pk) == "new" for pk in self.placed)

        wait_until(are_sent, what="the orders sent")

    def _wait_recorded(self, resting: dict[str, Any]) -> None:
        wait_until(lambda: self._count_fills(resting), what="the fill recorded")

    def _wait_told(self, resting: dict[str, Any]) -> None:
        wait_until(lambda: self._list_told(resting), what="the fill told")

    def _count_fills(self, resting: dict[str, Any]) -> int:
        query = "SELECT count(*) FROM orders_fill WHERE order_id = %s"
        return int(self.ours.read_rows(query, resting["id"])[0][0])

    def _list_told(self, resting: dict[str, Any]) -> list[Any]:
        frames = self.trader.heard("order_filled")
        return [frame for frame in frames if frame["data"]["id"] == resting["id"]]
