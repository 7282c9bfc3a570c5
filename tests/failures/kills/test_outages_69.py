"""FAILURE 69: each part of one installation dies or stands still, and the rest goes on.

The expectations are in tests/failures/harness/outage_table.py, which the documents show.
"""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.config.api.conftest import read_document
from tests.conftest import PASSWORD
from tests.failures.harness.outage_table import ROWS, OutageRow, read_table, write_table
from tests.failures.harness.outages import AWAY, Outage, strike_part
from tests.failures.harness.whole import WholeInstallation, run_whole
from tests.services import wait_until

pytestmark = pytest.mark.server
PAGES = ["orders", "bots", "portfolio", "keys", "markets", "signals", "holdings", "preferences"]


@pytest.fixture(scope="module")
def ours(copy_cluster: Callable[[Path], None]) -> Iterator[WholeInstallation]:
    settings = {"ORDER_CHECK_SECONDS": "1", "VENUE_TIMEOUT_SECONDS": "2"}
    with run_whole(copy_cluster, **settings) as installation:
        yield installation


@pytest.mark.parametrize(("part", "how"), ROWS, ids=str)
def test_69_the_rest_goes_on(part: str, how: str, ours: WholeInstallation) -> None:
    row: OutageRow = ROWS[part, how]
    trader = ours.make_trader()
    resting = ours.place_resting(trader)
    with trader.listen() as ears:
        with strike_part(ours, part, how):
            outage = Outage(ours, trader, ears, row)
            outage.check_answers()
            outage.check_placing()
            outage.check_fill(resting)
            outage.check_socket()
        outage.check_end(resting)


@pytest.mark.parametrize("how", ["killed", "frozen"])
def test_69_everything_says_that_postgresql_is_away(how: str, ours: WholeInstallation) -> None:
    trader = ours.make_trader()
    with strike_part(ours, "postgres", how):
        for name in PAGES:
            status, content = ours.get_page(f"/{name}/")
            assert (name, status) == (name, 503)
            assert AWAY in content
            assert "</html>" in content
        for path in list_paths():
            status, answer = trader.ask_soon("GET", path)
            assert status == 200 or (status, list(answer)) == (503, ["detail"]), path
        credentials = {"username": "ada", "password": PASSWORD}
        status, answer = trader.ask_soon("POST", "auth/token/", credentials)
        assert status == 503
        assert answer["detail"] == f"{AWAY} Look whether it was done before you try again."
        assert ours.get_page("/static/fillwatch/favicon.svg")[0] == 200
        assert ours.get_page("/healthz")[0] == 200
    wait_until(lambda: trader.ask_soon("POST", "auth/token/", credentials)[0] == 200)


@pytest.mark.parametrize("how", ["killed", "frozen"])
def test_69_everything_is_answered_without_redis(how: str, ours: WholeInstallation) -> None:
    trader = ours.make_trader()
    credentials = {"username": "ada", "password": PASSWORD}
    with strike_part(ours, "valkey", how):
        pages = {name: ours.get_page(f"/{name}/")[0] for name in PAGES}
        assert pages == dict.fromkeys(PAGES, 200)
        lists = {path: trader.ask_soon("GET", path)[0] for path in list_paths()}
        assert [path for path, status in lists.items() if status not in range(200, 500)] == []
        assert trader.ask_soon("POST", "auth/token/", credentials)[0] == 200


def list_paths() -> list[str]:
    """List the API's addresses that one can read without naming a thing."""
    paths = read_document()["paths"].items()
    return [
        path.removeprefix("/api/v1/")
        for path, operations in paths
        if "get" in operations and "{" not in path and not path.endswith(".csv")
    ]


def test_69_nothing_is_written_by_halves(ours: WholeInstallation) -> None:
    """PostgreSQL is killed while orders are placed: each is there with its events, or not."""
    trader, over = ours.make_trader(), threading.Event()
    accepted: list[int] = []

    def place_repeatedly() -> None:
        while not over.is_set():
            status, order = ours.place_order(trader)
            if status == 201:
                accepted.append(order["id"])

    placers = [threading.Thread(target=place_repeatedly) for _ in range(3)]
    for placer in placers:
        placer.start()
    try:
        wait_until(lambda: len(accepted) > 5, what="orders placed")
        with strike_part(ours, "postgres", "killed"):
            before = len(accepted)
        wait_until(lambda: len(accepted) > before + 5, what="orders placed again")
    finally:
        over.set()
        for placer in placers:
            placer.join()
    kept = {row[0] for row in ours.read_rows("SELECT id FROM orders_order")}
    assert kept >= set(accepted)
    proof = ours.run_command("check_streams")
    assert proof.returncode == 0, proof.stdout + proof.stderr


def test_69_doctor_names_what_stands_still(ours: WholeInstallation) -> None:
    with strike_part(ours, "valkey", "frozen"), strike_part(ours, "postgres", "frozen"):
        answer = ours.run_command("doctor")
    assert answer.returncode == 1
    for words in ("postgres   PostgreSQL does not answer", "redis      Redis does not answer"):
        assert words in answer.stdout
    assert "Traceback" not in answer.stderr


def test_the_documents_show_what_is_tested() -> None:
    assert read_table() == write_table(), "run `python -m tests.failures.harness.outage_table`"
