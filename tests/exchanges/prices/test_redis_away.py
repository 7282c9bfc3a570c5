"""A price that changed while Redis was away is told when it is back, also of a quiet market."""

import asyncio
import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from pytest_django import Settings

from exchanges.instruments import VenueMarket
from exchanges.prices.feeds import Feeds, FollowedMarket
from exchanges.through_ccxt.price_dialect import LastPrice
from realtime import prices
from realtime.counters import counts
from tests.services import wait_until

BTC = "binance.spot.paper:BTC/USDT"
CLOCK = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def followed() -> Iterator[FollowedMarket]:
    """A market whose prices are published from a thread, as by a stream process."""
    market = FollowedMarket(VenueMarket("binance", "spot", True))
    market.board.set_symbols(["BTC/USDT"], now=0)
    feeds, loop = Feeds("test"), asyncio.new_event_loop()
    feeds._followed[str(market.market)] = market
    telling = loop.create_task(feeds._publish_changes())

    def publish_changes() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(asyncio.gather(telling, return_exceptions=True))

    thread = threading.Thread(target=publish_changes)
    thread.start()
    yield market
    loop.call_soon_threadsafe(telling.cancel)
    thread.join()
    loop.close()


@pytest.mark.usefixtures("empty_redis")
def test_the_last_price_is_told_after_an_outage(
    settings: Settings, followed: FollowedMarket
) -> None:
    here, settings.REDIS_URL = settings.REDIS_URL, "redis://127.0.0.1:1/0"
    published, report = counts.published, LastPrice("BTCUSDT", "60000", None)
    followed.board.record_report("BTC/USDT", report, now=0, clock=CLOCK)
    wait_until(lambda: counts.published > published, what="it was sent once, and is kept nowhere")
    settings.REDIS_URL = here
    wait_until(lambda: prices.read_newest([BTC]), what="it is kept")
