"""A request that waits for a worker and its venue keeps nobody else waiting."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis

from config.launcher import processes
from tests.exchanges.prices.price_watch import SPOT
from tests.services import free_port, process_environment, run_part, wait_until
from tests.simulator import SimulatorProcess
from tests.trading import Trader
from users.models import User

WAITING = 2  # requests, more than there are connections


@pytest.fixture
def narrow_web(transactional_db: None) -> Iterator[str]:
    """A web server with a single database connection, which requests wait for for five seconds."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = process_environment() | {"FILLWATCH_URL": url, "DATABASE_POOL_SIZE": "1"}
    environment |= {"DATABASE_POOL_SECONDS": "5"}
    with run_part(processes.web_part(port=port, environment=environment)):
        yield url


def count_waiting() -> int:
    """Count the requests that wait for the result of a worker."""
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
        return sum(row["cmd"] == "blpop" for row in client.client_list())


def test_other_pages_are_answered_while_requests_wait_for_a_venue(
    narrow_web: str, worker: None, simulator: SimulatorProcess, user: User
) -> None:
    trader = Trader(narrow_web, user)
    path = f"markets/candles/?instrument={SPOT}&interval="
    assert trader.ask("GET", f"{path}15m")[0] == 200  # the venue's adapter is there from now on
    simulator.freeze()
    try:
        with ThreadPoolExecutor(WAITING) as threads:
            waiting = [threads.submit(trader.ask, "GET", path + length) for length in ("1h", "1d")]
            # With the connection in its hands, the first one would keep the second from this.
            wait_until(lambda: count_waiting() == WAITING, what="requests that wait")
            answers = [trader.ask("GET", name)[0] for name in ("me/", "orders/", "keys/")]
            simulator.thaw()
            ends = {one.result()[0] for one in waiting}
    finally:
        simulator.thaw()
    assert answers == [200, 200, 200]
    assert ends <= {200, 504}  # 504: this machine took longer than a chart waits


def test_other_pages_are_answered_while_requests_wait_for_log_lines(
    narrow_web: str, staff_user: User
) -> None:
    trader = Trader(narrow_web, staff_user)
    path = "monitoring/logs/?wait=7&q=no-line-has-these-words"
    with ThreadPoolExecutor(WAITING) as threads:
        waiting = [threads.submit(trader.ask, "GET", path) for _ in range(WAITING)]
        answers = [trader.ask("GET", "me/")[0] for _ in range(3)]
        ends = [one.result()[0] for one in waiting]
    assert answers + ends == [200] * (3 + WAITING)
