"""The one sentence of Fillwatch as one test: read this first.

A user's order at an exchange is placed, checked, found filled, written down with its numbered
event, pushed to that user's sockets and to nobody else's. So it is on Channels' own layers too.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from celery import current_app
from django.db import connection, connections
from pytest_django import Settings

from config import asgi
from config.launcher import processes
from exchanges import pool
from exchanges.models import ExchangeKey
from orders import tasks
from orders.models import Fill, Order
from realtime import streams
from tests.realtime import layers
from tests.realtime.socket.wire import web_thread
from tests.services import free_port, process_environment, run_part, wait_until
from tests.simulator import SimulatorProcess
from tests.trading import Trader
from users.models import User

SETTINGS = {layers.OURS: "config.settings", layers.STOCK: "tests.stock_layer_settings"}


@pytest.fixture(params=layers.BACKENDS)
def web(
    request: pytest.FixtureRequest,
    transactional_db: None,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[str]:
    """The address of a running installation: its web process, worker and beat."""
    if request.param == layers.IN_MEMORY:
        settings.CHANNEL_LAYERS = layers.with_backend(layers.IN_MEMORY)
        # Requests have threads of their own here, which must not leave a connection open.
        monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", 0)
        with web_thread(0, run_in_one_process) as url:
            yield url.replace("ws", "http", 1).removesuffix("/ws/")
        pool.close()
    else:
        with run_processes(SETTINGS[request.param]) as url:
            yield url


@contextlib.contextmanager
def run_processes(settings_module: str) -> Iterator[str]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = process_environment() | {
        "DJANGO_SETTINGS_MODULE": settings_module,
        "FILLWATCH_URL": url,
        "ORDER_CHECK_SECONDS": "1",
    }
    current_app.control.purge()
    with (
        run_part(processes.web_part(port=port, environment=environment)),
        run_part(processes.worker_part(environment=environment)),
        run_part(processes.beat_part(environment=environment)),
    ):
        yield url
    current_app.control.purge()


async def run_in_one_process(scope: Any, receive: Any, send: Any) -> None:
    """The web application; beside it, on its loop, what the worker and the beat do elsewhere.

    The layer in memory brings nothing from one process to another, nor from loop to loop.
    """
    if scope["type"] != "lifespan":
        await asgi.application(scope, receive, send)
        return
    work = asyncio.create_task(work_always())
    try:
        await asgi.application(scope, receive, send)
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)


async def work_always() -> None:
    while True:
        await sync_to_async(work_once)()
        await asyncio.sleep(0.1)


def work_once() -> None:
    for order in Order.objects.filter(status="pending"):
        tasks.submit_order(order.pk)
    tasks.check_pending()
    connection.close()


@pytest.fixture
def trader(web: str, user: User) -> Trader:
    return Trader(web, user)


@pytest.fixture
def other_trader(web: str, other_user: User) -> Trader:
    return Trader(web, other_user)


def test_the_whole_way_of_one_order(
    trader: Trader,
    other_trader: Trader,
    simulator: SimulatorProcess,
    open_key: Callable[[User], ExchangeKey],
) -> None:
    key, _ = open_key(trader.user), open_key(other_trader.user)
    with trader.listen(), other_trader.listen():
        # A wish comes in by the API and is answered with the committed intent.
        wish = {"symbol": "BTC/USDT", "side": "buy", "type": "limit"}
        amounts = {"price": "63000", "quantity": "0.01"}
        status, intent = trader.ask("POST", "orders/", wish | amounts | {"key": key.pk})
        assert (status, intent["status"]) == (201, "pending")

        # A worker carries it to the venue, whose acceptance comes back as an event.
        def told() -> list[str]:
            return [frame["data"]["status"] for frame in trader.heard("order_update")]

        wait_until(lambda: "new" in told(), what="the venue's acceptance")
        assert told() == ["pending", "new"]

        # The price falls through the order: the venue fills it and tells nobody.
        simulator.control.post("price", symbol="BTCUSDT", price="62000")

        # The beat's check finds out; the row, the fill and their events are written as one.
        wait_until(lambda: trader.heard("order_filled"), what="the fill at the socket")
        order = Order.objects.get(pk=intent["id"])
        fill = Fill.objects.get(order=order)
        assert (order.status, order.filled, order.average_price) == (
            "filled",
            Decimal("0.01"),
            63000,
        )
        assert (fill.quantity, fill.price, fill.fee_currency) == (order.filled, 63000, "BTC")

        # Every tab of this user was told, in order, without a gap; nobody else was.
        events = [frame for frame in trader.frames if "seq" in frame]
        assert [frame["seq"] for frame in events] == list(range(2, len(events) + 2))
        assert events[-1]["data"]["version"] == order.version
        assert streams.fetch_head(trader.user.pk).seq == events[-1]["seq"]
        assert [frame for frame in other_trader.frames if "seq" in frame] == []
