"""Orders placed by REST and by the venue's own WebSocket, in turns, through ccxt.

The venue answers after `LATENCY_MS`, as one on another continent: what is left is what the two ways
cost on this side, and whether one of them goes to the venue more often than the other.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

from bench import Result, percentile
from bench.support import servers
from bench.support.resting_orders import Control, run_simulator
from bench.support.simulated_venue import BALANCES, PERMISSIONS

ORDERS, QUICK_ORDERS = 200, 40
LATENCY_MS: Final = 50
PRICE, QUANTITY = 50000, 0.01
MARKETS: Final = [
    (venue, market) for venue in ("binance", "okx", "bybit") for market in ("spot", "futures")
]
WAYS: Final = ("REST", "WebSocket")


def run(*, quick: bool) -> Result:
    number = QUICK_ORDERS if quick else ORDERS
    with servers.run_services(), run_simulator() as venue:
        _slow_down(venue)
        found = {
            f"{name} {market}": asyncio.run(_measure_ways(venue, name, market, number))
            for name, market in MARKETS
        }
    ratios = {
        name.replace(" ", "_"): round(
            percentile(times["WebSocket"], 50) / percentile(times["REST"], 50), 3
        )
        for name, times in found.items()
    }
    return Result(
        title=f"One limit order placed, {number} times each way; {LATENCY_MS} ms to the venue (ms)",
        columns=["market", "way", "p50", "p90", "p99"],
        rows=[
            [name, way, *(f"{percentile(times[way], p) * 1000:.1f}" for p in (50, 90, 99))]
            for name, times in found.items()
            for way in WAYS
        ],
        figures={
            f"{name.replace(' ', '_')}_{way.lower()}_p50_ms": round(
                percentile(times[way], 50) * 1000, 1
            )
            for name, times in found.items()
            for way in WAYS
        },
        ratios=ratios,
    )


def _slow_down(venue: Control) -> None:
    unlimited = dict.fromkeys(("weight_per_minute", "orders_per_10s", "orders_per_day"), 10**9)
    venue("POST", "limits", **unlimited, futures_weight_per_minute=10**9, windows_factor=10**6)
    for kind in ("latency", "latency_sockets"):
        venue("POST", "faults", kind=kind, latency_ms=LATENCY_MS)


async def _measure_ways(
    venue: Control, name: str, market: str, number: int
) -> dict[str, list[float]]:
    """Place by the two ways in turns, so that both see the same machine."""
    times: dict[str, list[float]] = {way: [] for way in WAYS}
    async with _connect_client(venue, name, market) as client:
        symbol = "BTC/USDT" if market == "spot" else "BTC/USDT:USDT"
        quantity = 1 if (name, market) == ("okx", "futures") else QUANTITY  # contracts there
        ways: dict[str, Callable[..., Awaitable[Any]]] = {
            "REST": client.create_order,
            "WebSocket": client.create_order_ws,
        }
        for turn in range(number + 1):
            for way, place in ways.items():
                began = time.perf_counter()
                await place(symbol, "limit", "buy", quantity, PRICE)
                if turn:  # the first one connects
                    times[way].append(time.perf_counter() - began)
    return times


@asynccontextmanager
async def _connect_client(venue: Control, name: str, market: str) -> AsyncIterator[Any]:
    from exchanges import adapters
    from exchanges.instruments import VenueMarket
    from exchanges.through_ccxt import sessions

    account = venue(
        "POST",
        "accounts",
        balances=BALANCES,
        futures={"USDT": "1000000"},
        permissions=PERMISSIONS,
    )
    session = sessions.open_simulator_session()
    connect, _ = adapters.load_adapter(VenueMarket(name, market, is_paper=True))
    client = connect(
        session,
        api_key=account["key"],
        secret=account["secret"],
        passphrase=account["passphrase"],
    )
    client.enableRateLimit = False
    try:
        await client.load_markets()
        yield client
    finally:
        await client.close()
        await session.close()
