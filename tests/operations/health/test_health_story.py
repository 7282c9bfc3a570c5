"""Parts of a whole installation die and freeze: the summary and the users' pages say so, and clear.

Everything is the installation's own, so nothing here uses Django's models.
"""

import json
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests.failures.harness.whole import OutsideTrader, WholeInstallation, run_whole
from tests.services import wait_until
from tests.trading import DIRECT

pytestmark = pytest.mark.server

TOKEN: Final = "token-of-the-machines"
PARTS: Final = ("worker", "beat", "stream", "simulator")
DELAYS: Final = {"worker", "checks", "stream binance.spot.paper"}
PATIENCE: Final = 90.0


@pytest.fixture(scope="module")
def ours(copy_cluster: Callable[[Path], None]) -> Iterator[WholeInstallation]:
    with run_whole(copy_cluster, METRICS_TOKEN=TOKEN, DELAY_SECONDS="5") as installation:
        make_staff = "UPDATE users_user SET is_staff = true, is_superuser = true RETURNING id"
        assert installation.read_rows(make_staff)
        yield installation


def read_unwell(trader: OutsideTrader) -> dict[str, str]:
    """Return the services that are not healthy; the summary agrees with them."""
    status, summary = trader.ask("GET", "monitoring/health/summary/")
    if status == 503:  # for about a second after PostgreSQL is back
        return {"summary": "not answered"}
    assert status == 200, summary
    unwell = {
        row["service"]: row["status"] for row in summary["services"] if row["status"] != "healthy"
    }
    assert (summary["status"] == "healthy") == (not unwell)
    assert all(row["reason"] for row in summary["services"] if row["service"] in unwell)
    return unwell


def ask_as_machine(ours: WholeInstallation, path: str) -> Any:
    request = urllib.request.Request(  # noqa: S310 (our own web process)
        f"{ours.address}/api/v1/monitoring/{path}", headers={"Authorization": f"Bearer {TOKEN}"}
    )
    with DIRECT.open(request, timeout=20) as answer:
        return json.load(answer)


def list_late(trader: OutsideTrader) -> set[str]:
    """List what the newest frames about each thing call late."""
    newest = {frame["data"]["about"]: frame["data"] for frame in trader.heard("delay_update")}
    return {about for about, data in newest.items() if data["late"]}


def wait_until_green(trader: OutsideTrader) -> None:
    last: dict[str, str] = {}

    def is_green() -> bool:
        last.clear()
        last.update(read_unwell(trader))
        return not last

    try:
        wait_until(is_green, timeout=PATIENCE, every=0.5)
    except AssertionError:
        raise AssertionError(f"still not healthy: {last}") from None


@pytest.mark.parametrize("how", ["frozen", "killed"])
def test_dead_and_frozen_parts_show_and_clear(ours: WholeInstallation, how: str) -> None:
    trader = ours.make_trader()
    wait_until_green(trader)
    with trader.listen():
        for part in PARTS:
            ours.parts[part].freeze() if how == "frozen" else ours.parts[part].kill()
        wait_until(
            lambda: {read_unwell(trader).get(part) for part in PARTS} == {"down"},
            timeout=PATIENCE,
            every=0.5,
            what="the summary says that all four are down",
        )
        wait_until(lambda: list_late(trader) >= DELAYS, timeout=PATIENCE, what="the page says so")
        words = {frame["data"]["words"] for frame in trader.heard("delay_update")}
        assert "Binance spot (simulated) is not followed" in words
        for part in PARTS:
            ours.parts[part].thaw() if how == "frozen" else ours.parts[part].start()
        assert ours.list_dead() == []
        wait_until(lambda: not list_late(trader), timeout=PATIENCE, what="the page is live again")
        wait_until_green(trader)


def test_frozen_servers_are_told_by_what_answers(ours: WholeInstallation) -> None:
    trader = ours.make_trader()
    ours.parts["valkey"].freeze()
    try:
        assert read_unwell(trader)["redis"] == "down"
        assert ask_as_machine(ours, "redis/health/")["status"] == "down"
    finally:
        ours.parts["valkey"].thaw()
    wait_until(lambda: "redis" not in read_unwell(trader), timeout=PATIENCE, what="Redis is back")
    ours.parts["postgres"].freeze()
    try:
        summary = ask_as_machine(ours, "health/summary/")
        states = {row["service"]: row["status"] for row in summary["services"]}
        assert (summary["status"], states["postgresql"], states["redis"]) == (
            "down",
            "down",
            "healthy",
        )
        assert len(ask_as_machine(ours, "services/")) == len(states)
    finally:
        ours.parts["postgres"].thaw()
    assert ours.list_dead() == []
    wait_until_green(trader)
