"""FAILURE 69: Redis dies or stands still: pages, API, placing, sign-in, sockets, fills go on."""

import urllib.error
import urllib.request
from collections.abc import Callable, Iterator

import pytest
from django.test import Client

from config.launcher import processes
from exchanges.models import ExchangeKey, StreamLease
from orders.models import Order
from tests.config.api.conftest import read_document
from tests.conftest import PASSWORD, sign_in
from tests.failures.harness.processes import KillableInstallation, KillableProcess
from tests.services import wait_until
from tests.simulator import SimulatorProcess
from tests.trading import DIRECT, Trader, wait_for_status
from users.models import User

PAGES = ["orders", "bots", "portfolio", "keys", "markets", "signals", "holdings", "preferences"]
LIMIT = {"symbol": "BTC/USDT", "side": "buy", "type": "limit", "price": "50000", "quantity": "0.01"}


@pytest.fixture
def key(transactional_db: None, user: User, open_key: Callable[[User], ExchangeKey]) -> ExchangeKey:
    return open_key(user)


@pytest.fixture
def stream(ours: KillableInstallation, key: ExchangeKey) -> Iterator[None]:
    environment = dict(ours.worker.part.environment)
    process = KillableProcess(processes.stream_part(environment=environment))
    process.start()
    live = StreamLease.objects.filter(key=key, state="live", last_reconcile_at__isnull=False)
    try:
        wait_until(live.exists, what="the stream live")
        yield
    finally:
        process.end()


def get_status(address: str, cookie: str) -> int:
    request = urllib.request.Request(address, headers={"Cookie": cookie})  # noqa: S310 (our own)
    try:
        with DIRECT.open(request, timeout=20) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def list_failing(trader: Trader) -> dict[str, int]:
    """Ask for every list of the API; return those that are not answered."""
    statuses: dict[str, int] = {}
    for path, operations in read_document()["paths"].items():
        if "get" in operations and "{" not in path and not path.endswith(".csv"):
            statuses[path], _ = trader.ask("GET", path.removeprefix("/api/v1/"))
    return {path: status for path, status in statuses.items() if status >= 500}


def list_told(trader: Trader) -> list[tuple[int, str]]:
    return [
        (frame["data"]["id"], frame["data"]["status"]) for frame in trader.heard("order_update")
    ]


@pytest.mark.parametrize("how", ["dead", "frozen"])
def test_69_everything_goes_on_without_redis(
    how: str,
    ours: KillableInstallation,
    stream: None,
    key: ExchangeKey,
    user: User,
    other_user: User,
    simulator: SimulatorProcess,
    client: Client,
) -> None:
    sign_in(client, user)
    cookie = f"sessionid={client.cookies['sessionid'].value}"
    trader = Trader(ours.address, user)
    _, resting = trader.ask("POST", "orders/", LIMIT | {"key": key.pk})
    order = Order.objects.get(pk=resting["id"])
    wait_for_status(order, "new")
    with trader.listen():
        ours.valkey.kill() if how == "dead" else ours.valkey.freeze()
        pages = {name: get_status(f"{ours.address}/{name}/", cookie) for name in PAGES}
        assert pages == dict.fromkeys(PAGES, 200)
        assert list_failing(trader) == {}
        name = {"clientOrderId": order.client_order_id, "account": key.api_key}
        simulator.control.post("fill", **name)
        wait_until(lambda: trader.heard("order_filled"), what="the fill at the socket")
        status, placed = trader.ask("POST", "orders/", LIMIT | {"key": key.pk})
        assert status == 201
        credentials = {"username": other_user.username, "password": PASSWORD}
        assert trader.ask("POST", "auth/token/", credentials)[0] == 200
        ours.valkey.start() if how == "dead" else ours.valkey.thaw()
        wait_for_status(Order.objects.get(pk=placed["id"]), "new")
        told = (placed["id"], "new")
        wait_until(lambda: told in list_told(trader), what="the placed order at the socket")
