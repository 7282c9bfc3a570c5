"""Names that a market list lacks: asked for once, learnt, and not asked for all the time."""

from datetime import UTC, datetime, timedelta
from typing import Any

import ccxt.pro
import pytest

from exchanges.base import RequestRefused
from exchanges.bybit.adapter import BybitLinear
from exchanges.through_ccxt.listings import ASK_AGAIN, Listings
from exchanges.through_ccxt.values import UnreadableRow

NOW = datetime(2026, 11, 21, tzinfo=UTC)


class Clock:
    now = NOW

    def __call__(self) -> datetime:
        return self.now


def market(name: str, settle: str = "USDT") -> dict[str, Any]:
    kind = {"contract": True, "swap": True, "linear": True, "active": True, "type": "swap"}
    named = {"id": name, "symbol": f"{name}/{settle}:{settle}", "base": name, "quote": settle}
    return {**named, **kind, "settle": settle}


@pytest.fixture
def client() -> Any:
    client = ccxt.pro.bybit()
    client.set_markets([client.safe_market_structure(market("OLD"))])
    return client


def refresh(client: Any, *markets: dict[str, Any]) -> Any:
    async def read_again() -> None:
        read_again.times += 1  # type: ignore[attr-defined]
        client.set_markets([client.safe_market_structure(row) for row in markets])

    read_again.times = 0  # type: ignore[attr-defined]
    return read_again


async def test_an_unknown_id_is_asked_for_once_in_a_while(client: Any) -> None:
    clock = Clock()
    listings = Listings(client, clock)
    listings.refresh = again = refresh(client, market("OLD"))
    for _ in range(3):
        assert not listings.knows("NEW")
        assert not await listings.learn()
    assert again.times == 1
    clock.now += ASK_AGAIN + timedelta(seconds=1)
    listings.note("NEW")
    listings.refresh = refresh(client, market("OLD"), market("NEW"))
    assert await listings.learn()
    assert listings.knows("NEW")


async def test_what_is_known_asks_for_nothing(client: Any) -> None:
    listings = Listings(client, Clock())
    listings.refresh = again = refresh(client)
    assert listings.knows("OLD")
    assert not await listings.learn()
    assert again.times == 0


async def test_a_new_coin_to_settle_in_is_listed_with_its_orders(client: Any) -> None:
    """Bybit lists contracts by that coin only: the stream is the first to speak of it."""
    asked: list[Any] = []

    async def answer(params: dict[str, Any]) -> Any:
        asked.append(params["settleCoin"])
        return {"result": {"list": []}}

    adapter = BybitLinear(client, clock=Clock())
    client.private_get_v5_order_realtime = answer
    await adapter.fetch_open_orders(None)
    assert asked == ["USDT"]
    adapter.listings.refresh = refresh(client, market("OLD"), market("NEW", "USDX"))
    with pytest.raises(UnreadableRow):
        adapter._to_streamed_symbol("NEW")
    await adapter.fetch_open_orders(None)
    assert asked == ["USDT", "USDT", "USDX"]


async def test_a_symbol_that_is_not_listed_is_refused(client: Any) -> None:
    adapter = BybitLinear(client, clock=Clock())
    adapter.listings.refresh = again = refresh(client, market("OLD"))
    for _ in range(2):
        with pytest.raises(RequestRefused):
            await adapter._market_id("GONE/USDT:USDT")
    assert again.times == 1
