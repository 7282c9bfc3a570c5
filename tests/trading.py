"""A trader in the tests: a paper key at the simulated venue, orders, and a socket."""

import asyncio
import json
import secrets
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from types import TracebackType
from typing import Any

import pytest
from django.utils import timezone
from rest_framework_simplejwt.tokens import AccessToken

from exchanges.keys import actions
from exchanges.models import ExchangeKey
from orders import placement, reconciler
from orders.models import Order
from realtime.client.stream import StreamClient
from tests.services import wait_until
from tests.simulator import SimulatorProcess
from users.models import User

BALANCES = {"USDT": "100000", "BTC": "2"}
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@pytest.fixture
def open_key(simulator: SimulatorProcess) -> Callable[[User], ExchangeKey]:
    """Open a paper account and attach its key: open_key(user)."""

    def attach(user: User) -> ExchangeKey:
        account = simulator.open_account(BALANCES, label=user.username)
        return actions.attach(
            user=user,
            label="Paper",
            venue="binance",
            market="spot",
            api_key=account["key"],
            secret=account["secret"],
            is_paper=True,
        )

    return attach


@pytest.fixture
def key_at(
    transactional_db: None, user: User, simulator: SimulatorProcess
) -> Callable[[str, str], ExchangeKey]:
    """A key at any venue and market, with money on either side: key_at("okx", "futures")."""

    def attach(venue: str, market: str) -> ExchangeKey:
        account = simulator.open_account(
            BALANCES, futures={"USDT": "100000"}, permissions={"futures": True}, label=venue
        )
        return actions.attach(
            user=user,
            label=f"{venue} {market}",
            venue=venue,
            market=market,
            api_key=account["key"],
            secret=account["secret"],
            passphrase=account["passphrase"] if venue == "okx" else "",
            is_paper=True,
        )

    return attach


@pytest.fixture
def key(transactional_db: None, user: User, open_key: Callable[[User], ExchangeKey]) -> ExchangeKey:
    return open_key(user)


def place(key: ExchangeKey, **changes: Any) -> Order:
    """A small limit buy far below the price, unless told otherwise."""
    wanted: dict[str, Any] = {
        "symbol": "BTC/USDT",
        "side": "buy",
        "type": "limit",
        "time_in_force": "GTC",
        "quantity": Decimal("0.01"),
        "price": Decimal("50000"),
    }
    wish = placement.PlacementRequest(key=key, **(wanted | changes))
    return placement.place_order(user=key.user, request=wish, now=timezone.now())


def reload_order(order: Order) -> Order:
    return Order.objects.select_related("key", "bot").get(pk=order.pk)


def wait_for_status(order: Order, status: str) -> Order:
    wait_until(
        lambda: reload_order(order).status == status,
        what=f"order {order.pk} {status}: {reload_order(order)}",
    )
    return reload_order(order)


@dataclass
class Trader:
    """A user at the doors of the web process: the API by HTTP, events by the socket."""

    web: str
    user: User
    frames: list[dict[str, Any]] = field(default_factory=list)
    patience: float = 20.0

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, Any]:
        request = urllib.request.Request(  # noqa: S310 (our own web process)
            f"{self.web}/api/v1/{path}",
            None if body is None else json.dumps(body).encode(),
            {
                "Authorization": f"Bearer {self.token()}",
                "Content-Type": "application/json",
                **headers,
            },
            method=method,
        )
        try:
            with DIRECT.open(request, timeout=self.patience) as answer:
                return answer.status, json.loads(answer.read() or "null")
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read() or "null")

    def token(self) -> str:
        return str(AccessToken.for_user(self.user))

    def heard(self, kind: str) -> list[dict[str, Any]]:
        return [frame for frame in self.frames if frame["type"] == kind]

    def listen(self, since: Any = None) -> "TraderSocket":
        return TraderSocket(self, since)


class TraderSocket:
    """The trader's socket in a thread of its own; what counts lands in `trader.frames`."""

    def __init__(self, trader: Trader, since: Any = None) -> None:
        async def token() -> str:
            return trader.token()

        self.trader = trader
        url = trader.web.replace("http", "ws", 1) + "/ws/"
        self.stream = StreamClient(url, token, since=since, first_delay=0.05)
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))
        self._stop: Callable[[], object] = lambda: None
        self._ready = threading.Event()

    async def _run(self) -> None:
        task = asyncio.current_task()
        assert task
        loop = asyncio.get_running_loop()
        self._stop = lambda: loop.call_soon_threadsafe(task.cancel)
        try:
            async for frame in self.stream.frames():
                if frame["type"] == "live":
                    self._ready.set()
                self.trader.frames.append(frame)
        except asyncio.CancelledError:
            pass

    def __enter__(self) -> "TraderSocket":
        self._thread.start()
        assert self._ready.wait(20), "the socket never became live"
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()
        self._thread.join(10)


@pytest.fixture
def trader(web: str, transactional_db: None, user: User) -> Trader:
    return Trader(web, user)


@pytest.fixture
def other_trader(web: str, transactional_db: None, other_user: User) -> Trader:
    return Trader(web, other_user)


def record_order(key: ExchangeKey, **changes: Any) -> Order:
    """The same as `place`, written down but handed to nobody: the test itself is the worker."""
    wanted: dict[str, Any] = {
        "symbol": "BTC/USDT",
        "side": "buy",
        "type": "limit",
        "quantity": Decimal("0.01"),
        "price": Decimal("50000"),
        "client_order_id": f"fw{secrets.token_hex(14)}",
        "created_at": timezone.now(),
    }
    return reconciler.record_intent(Order(user=key.user, key=key, **(wanted | changes)))
