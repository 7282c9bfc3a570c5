"""Many keys, each with orders that rest at the simulated venue: what sweeps and streams follow."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from bench.support.whole_installation import open_control

Control = Callable[..., Any]
WORKERS: Final = 8
UNLIMITED: Final = {
    **dict.fromkeys(("weight_per_minute", "orders_per_10s", "orders_per_day"), 10**9),
    "windows_factor": 10**6,
}
SPOT: Final = {"BTC/USDT": "0.001", "ETH/USDT": "0.01", "SOL/USDT": "0.5", "XRP/USDT": "60"}


@dataclass(frozen=True, slots=True)
class OrderMarket:
    """A venue and market to place orders at, with the amounts of each symbol."""

    name: str
    venue: str
    market: str = "spot"

    @property
    def amounts(self) -> Mapping[str, str]:
        if self.market == "spot":
            return SPOT
        return {f"{symbol}:USDT": amount for symbol, amount in SPOT.items()}


ORDER_MARKETS: Final = (
    OrderMarket("binance", "binance"),
    OrderMarket("binance_usdm", "binance", "futures"),
    OrderMarket("okx", "okx"),
    OrderMarket("bybit", "bybit"),
)


@contextmanager
def run_simulator() -> Iterator[Control]:
    """A venue that stands still; gives a way to its control API."""
    home = Path(os.environ["FILLWATCH_HOME"]) / "simulator"
    home.mkdir()
    command = [sys.executable, "-m", "exchanges.simulator", "--home", str(home), "--port", "0"]
    with (
        (home / "simulator.log").open("w") as log,
        subprocess.Popen(
            [*command, "--paused"], stdout=subprocess.PIPE, stderr=log, text=True
        ) as process,
    ):
        assert process.stdout
        process.stdout.readline()
        try:
            yield open_control(home)
        finally:
            process.terminate()


def place_resting_orders(
    venue: Control, case: OrderMarket, *, keys: int, orders_each: int
) -> list[Any]:
    """Every key with its orders, resting; nothing is left of a crowd before."""
    from orders.models import Order

    _delete_keys_and_orders()
    venue("POST", "reset")
    venue("POST", "limits", **UNLIMITED)
    prices = {name: Decimal(price) for name, price in venue("GET", "state")["prices"].items()}
    with ThreadPoolExecutor(WORKERS) as workers:
        made = list(
            workers.map(
                lambda number: _attach_key_with_orders(venue, case, number, prices, orders_each),
                range(keys),
            )
        )
    placed = Order.objects.filter(status="new").count()
    if placed != keys * orders_each:
        raise RuntimeError(f"only {placed} of {keys * orders_each} orders rest at the venue")
    return made


def _delete_keys_and_orders() -> None:
    from exchanges import pool
    from exchanges.models import ExchangeKey
    from orders.models import Order

    Order.objects.all().delete()
    ExchangeKey.objects.all().delete()
    pool.close()


def _attach_key_with_orders(
    venue: Control, case: OrderMarket, number: int, prices: Mapping[str, Decimal], orders_each: int
) -> Any:
    from django.db import connection

    money = {"USDT": "10000000"}
    market = (case.venue, case.market)
    key = attach_account(venue, market, f"bench{number}", case.name, balances=money, futures=money)
    for turn in range(orders_each):
        _place_order(key, case, prices, f"fwb{number}x{turn}", turn)
    connection.close()
    return key


def attach_account(
    venue: Control, market: tuple[str, str], owner: str, label: str, **money: dict[str, str]
) -> Any:
    """Open a paper account with this money, and attach its key here."""
    from django.contrib.auth import get_user_model

    from exchanges.keys import actions

    account = venue("POST", "accounts", label=label, permissions={"futures": True}, **money)
    user, _ = get_user_model().objects.get_or_create(username=owner)
    return actions.attach(
        user=user,
        label=label,
        venue=market[0],
        market=market[1],
        api_key=account["key"],
        secret=account["secret"],
        passphrase=account["passphrase"] if market[0] == "okx" else "",
        is_paper=True,
    )


def _place_order(
    key: Any, case: OrderMarket, prices: Mapping[str, Decimal], name: str, turn: int
) -> None:
    from django.utils import timezone

    from orders import reconciler, submission
    from orders.models import Order

    symbol = list(case.amounts)[turn % len(case.amounts)]
    price = prices[symbol.partition(":")[0].replace("/", "")] * Decimal("0.7")
    order = Order(
        user=key.user,
        key=key,
        symbol=symbol,
        side="buy",
        type="limit",
        quantity=Decimal(case.amounts[symbol]),
        price=price.quantize(Decimal("0.1")),
        client_order_id=name,
        created_at=timezone.now(),
    )
    reset_ccxt_pace()
    submission.submit_order(reconciler.record_intent(order).pk)


def reset_ccxt_pace() -> None:
    """Forget ccxt's recent requests: its own throttle would slow the set-up."""
    from exchanges import pool

    for master in pool._get_pool().masters.values():
        master.client.throttler.timestamps.clear()
