"""Unmodified ccxt watches tickers and best bids and asks at every venue, with faults."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import ccxt.pro
import pytest

from exchanges.simulator.server import RunningSimulator
from tests.exchanges.simulator.ccxt_clients import connect_binance
from tests.exchanges.simulator.client import Client, eventually

SPOT, SWAP = ("BTC/USDT", "ETH/USDT"), ("BTC/USDT:USDT", "ETH/USDT:USDT")
at_each = pytest.mark.parametrize(
    "venue",
    [
        pytest.param((kind, list(symbols)), id=f"{name}-{symbols[0]}")
        for name, kind, symbols in (
            ("binance", ccxt.pro.binance, SPOT),
            ("usdm", ccxt.pro.binanceusdm, SWAP),
            ("okx", ccxt.pro.okx, SPOT),
            ("okx", ccxt.pro.okx, SWAP),
            ("bybit", ccxt.pro.bybit, SPOT),
            ("bybit", ccxt.pro.bybit, SWAP),
        )
    ],
    indirect=True,
)


@pytest.fixture
async def venue(
    request: pytest.FixtureRequest, simulator: RunningSimulator
) -> AsyncIterator[tuple[Any, list[str]]]:
    """Connect ccxt to a venue without a key; return it with two symbols."""
    kind, symbols = request.param
    async with connect_binance(simulator.describe(), "", "", kind) as exchange:
        exchange.number = str
        await exchange.load_markets()
        yield exchange, symbols


async def within_ten_seconds(waiting: Any) -> Any:
    return await asyncio.wait_for(waiting, 10)


async def list_subscriptions(client: Client) -> list[str]:
    answer = (await client.control("GET", "sockets")).body
    return sorted(name for row in answer["sockets"] for name in row["asked"])


async def mute_tickers(client: Client) -> None:
    """Mute market data until faults are cleared.

    Once a ticker is lost, none that was sent before the fault is still on its way to the client.
    """
    await client.control("POST", "faults", kind="mute_sockets")

    async def count_lost() -> int:
        answer = (await client.control("GET", "faults")).body
        return sum(fault["hits"] for fault in answer["faults"])

    await eventually(count_lost)


@at_each
async def test_tickers(venue: tuple[Any, list[str]]) -> None:
    exchange, symbols = venue
    while len(exchange.tickers) < 2:
        await within_ten_seconds(exchange.watch_tickers(symbols))
    assert exchange.tickers.keys() == set(symbols)
    assert float(exchange.tickers[symbols[0]]["last"]) == 64000


@at_each
async def test_best_bids_and_asks(venue: tuple[Any, list[str]], client: Client) -> None:
    exchange, symbols = venue
    while len(exchange.bidsasks) < 2:
        await within_ten_seconds(exchange.watch_bids_asks(symbols))
    top = exchange.bidsasks[symbols[0]]
    assert float(top["bid"]) < 64000 < float(top["ask"])
    assert float(top["bidVolume"]) > 0
    symbol = "BTCUSDT-PERP" if ":" in symbols[0] else "BTCUSDT"
    await client.control("POST", "price", symbol=symbol, price="65000")
    while float(exchange.bidsasks[symbols[0]]["bid"]) < 64500:
        await within_ten_seconds(exchange.watch_bids_asks(symbols))


@at_each
async def test_each_stream_is_subscribed_once_and_unsubscribed(
    venue: tuple[Any, list[str]], client: Client
) -> None:
    exchange, symbols = venue
    for _ in range(3):
        await within_ten_seconds(exchange.watch_tickers(symbols))
    assert len(await list_subscriptions(client)) == 2
    await within_ten_seconds(exchange.un_watch_tickers(symbols))
    assert await list_subscriptions(client) == []


@at_each
async def test_muted_market_data_resumes(venue: tuple[Any, list[str]], client: Client) -> None:
    """Market data stops while pings and answers go on, and then resumes."""
    exchange, symbols = venue
    await within_ten_seconds(exchange.watch_tickers(symbols))
    await mute_tickers(client)
    waiting = asyncio.create_task(exchange.watch_tickers(symbols))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(waiting), 1.3)  # longer than between two tickers
    await client.control("DELETE", "faults")
    assert await within_ten_seconds(waiting)


@at_each
async def test_a_cut_connection_is_restored(venue: tuple[Any, list[str]], client: Client) -> None:
    exchange, symbols = venue
    await within_ten_seconds(exchange.watch_tickers(symbols))
    await mute_tickers(client)
    waiting = asyncio.create_task(exchange.watch_tickers(symbols))
    await client.control("POST", "faults", kind="drop_sockets")
    with pytest.raises(ccxt.NetworkError):
        await within_ten_seconds(waiting)
    await client.control("DELETE", "faults")
    assert await within_ten_seconds(exchange.watch_tickers(symbols))
