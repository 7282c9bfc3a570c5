"""Binance's public streams (stream.binance.com)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import ClientWebSocketResponse

from tests.exchanges.simulator.client import Client


@asynccontextmanager
async def open_stream(client: Client, path: str) -> AsyncIterator[ClientWebSocketResponse]:
    async with client.session.ws_connect(client.base + path) as socket:
        yield socket


async def send_request(socket: ClientWebSocketResponse, method: str, *params: object) -> Any:
    await socket.send_json({"method": method, "params": list(params), "id": 7})
    while True:
        message = await socket.receive_json(timeout=10)
        if "id" in message:
            return message


async def wait_for_event(socket: ClientWebSocketResponse, event: str) -> Any:
    while True:
        message = await socket.receive_json(timeout=10)
        if message.get("e") == event:
            return message


async def test_subscribing_listing_and_unsubscribing(client: Client) -> None:
    async with open_stream(client, "/ws") as socket:
        assert await send_request(socket, "SUBSCRIBE", "btcusdt@trade") == {"result": None, "id": 7}
        assert (await send_request(socket, "LIST_SUBSCRIPTIONS"))["result"] == ["btcusdt@trade"]
        await send_request(socket, "UNSUBSCRIBE", "btcusdt@trade")
        assert (await send_request(socket, "LIST_SUBSCRIPTIONS"))["result"] == []


@pytest.mark.parametrize("text", ["nonsense", "[]", '{"method": "DANCE", "id": 7}'])
async def test_invalid_requests_are_answered_with_errors(client: Client, text: str) -> None:
    async with open_stream(client, "/ws") as socket:
        await socket.send_str(text)
        assert "error" in await socket.receive_json(timeout=10)


async def test_a_trade_is_published_at_once(client: Client) -> None:
    async with open_stream(client, "/ws/btcusdt@trade") as socket:
        await client.order(type="MARKET", quantity="0.1")
        trade = await wait_for_event(socket, "trade")
    assert (trade["s"], trade["p"], trade["q"]) == ("BTCUSDT", "64000.01000000", "0.10000000")
    assert trade["m"] is False


async def test_a_moved_price_moves_the_best_offers(client: Client) -> None:
    async with open_stream(client, "/ws/btcusdt@bookTicker") as socket:
        await client.control("POST", "price", symbol="BTCUSDT", price="65000")
        quote = await socket.receive_json(timeout=10)
    assert (quote["b"], quote["a"]) == ("64999.99000000", "65000.01000000")


@pytest.mark.parametrize(
    ("stream", "event", "last"),
    [
        ("btcusdt@ticker", "24hrTicker", lambda frame: frame["c"]),
        ("btcusdt@miniTicker", "24hrMiniTicker", lambda frame: frame["c"]),
        ("btcusdt@kline_1m", "kline", lambda frame: frame["k"]["c"]),
    ],
)
async def test_prices_are_published_each_second(
    client: Client, stream: str, event: str, last: Any
) -> None:
    async with open_stream(client, f"/ws/{stream}") as socket:
        assert last(await wait_for_event(socket, event)) == "64000.00000000"


async def test_combined_streams_name_their_stream(client: Client) -> None:
    async with open_stream(client, "/stream?streams=btcusdt@trade/ethusdt@trade") as socket:
        await client.order(type="MARKET", quantity="0.1")
        message = await socket.receive_json(timeout=10)
    assert (message["stream"], message["data"]["e"]) == ("btcusdt@trade", "trade")


async def test_depth_changes_rebuild_the_book(client: Client) -> None:
    async with open_stream(client, "/ws/btcusdt@depth@100ms") as socket:
        start = (await client.public("/api/v3/depth", symbol="BTCUSDT", limit=5000)).body
        await client.order(price="63999.99", quantity="0.5")
        await client.order(type="MARKET", quantity="0.4")
        book = {side: dict(start[side]) for side in ("bids", "asks")}
        last = start["lastUpdateId"]
        for _ in range(2):
            frame = await wait_for_event(socket, "depthUpdate")
            assert frame["U"] == last + 1
            last = frame["u"]
            book["bids"].update(frame["b"])
            book["asks"].update(frame["a"])
    end = (await client.public("/api/v3/depth", symbol="BTCUSDT", limit=5000)).body
    assert end["lastUpdateId"] == last
    for side, levels in book.items():
        there = {price: quantity for price, quantity in levels.items() if float(quantity)}
        assert there == dict(end[side])


async def test_partial_books_are_complete(client: Client) -> None:
    async with open_stream(client, "/ws/btcusdt@depth5@100ms") as socket:
        await client.order(price="63999.99", quantity="0.5")
        frame = await socket.receive_json(timeout=10)
    assert len(frame["bids"]) == len(frame["asks"]) == 5


async def test_an_unknown_stream_is_accepted_and_silent(client: Client) -> None:
    async with open_stream(client, "/ws/nope@trade") as socket:
        assert (await send_request(socket, "SUBSCRIBE", "btcusdt@dance"))["result"] is None
