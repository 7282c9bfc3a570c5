"""Prices to whoever watches: no sign-in, the newest at the rate of each socket, staleness told."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from exchanges.models import Symbol
from realtime import prices, redis
from realtime.shapes.market import BookData, PriceData
from tests.realtime.conftest import Connect
from tests.realtime.socket.wire import Frame, Wire
from tests.services import wait_until
from users.models import User

BTC, ETH = "binance.spot.paper:BTC/USDT", "binance.spot.paper:ETH/USDT"
FEED = prices.FOLLOWED + "binance.spot.paper"


@pytest.fixture(autouse=True)
def _known(transactional_db: None) -> None:
    """Two instruments trade here, and a process follows them."""
    steps = dict.fromkeys(("price_step", "quantity_step", "min_quantity", "min_cost"), 1)
    for base in ("BTC", "ETH"):
        Symbol.objects.create(
            venue="binance",
            market="spot",
            is_paper=True,
            name=f"{base}/USDT",
            base=base,
            quote="USDT",
            read_at=timezone.now(),
            **steps,
        )
    redis.redis_client().set(FEED, "a process")


def price(instrument: str, last: int, *, stale: bool = False) -> PriceData:
    return PriceData(
        instrument=instrument,
        simulated=True,
        last=str(last),
        bid="1",
        ask=None,
        at="2026-01-01T00:00:00.000000Z",
        stale=stale,
    )


def book(instrument: str, bid: str) -> BookData:
    return BookData(
        instrument=instrument,
        simulated=True,
        bid=bid,
        bid_quantity="2",
        ask=None,
        ask_quantity=None,
        at="2026-01-01T00:00:00.000000Z",
        stale=False,
    )


@pytest.fixture
def at_market(open_socket: Connect, socket_url: str) -> Callable[[], Wire]:
    """A socket of nobody in particular at the market's endpoint."""

    def connect() -> Wire:
        wire = open_socket(at=socket_url + "market/")
        assert wire.next("hello")["data"]["authenticated"] == "no"
        return wire

    return connect


def watch(wire: Wire, *instruments: str, **more: Any) -> dict[str, Any]:
    wire.say("watch", instruments=list(instruments), **more)
    answer: dict[str, Any] = wire.next("watching", "error")["data"]
    return answer


def last(frame: Frame) -> tuple[str, str, bool]:
    data = frame["data"]
    return data["instrument"], data["last"], data["stale"]


def test_without_signing_in(at_market: Callable[[], Wire]) -> None:
    wire = at_market()
    answer = watch(wire, BTC, "binance.spot.paper:NO/SUCH", interval_ms=100)
    assert answer == {
        "instruments": [BTC],
        "unknown": ["binance.spot.paper:NO/SUCH"],
        "refused": [],
        "interval_ms": 100,
        "words": "",
    }
    prices.publish_changes([("price_update", price(BTC, 1))])
    assert last(wire.next("price_update")) == (BTC, "1", False)


def test_what_was_last_said_comes_at_once(at_market: Callable[[], Wire]) -> None:
    prices.publish_changes([("price_update", price(BTC, 1)), ("book_update", book(BTC, "5"))])
    wire = at_market()
    watch(wire, BTC, topics=["prices", "books"])
    assert {wire.next()["type"], wire.next()["type"]} == {"price_update", "book_update"}


def test_only_what_is_watched_and_only_of_the_topics(at_market: Callable[[], Wire]) -> None:
    first, second = at_market(), at_market()
    watch(first, BTC, topics=["books"], interval_ms=100)
    watch(second, ETH, interval_ms=100)
    prices.publish_changes([("price_update", price(BTC, 1)), ("book_update", book(BTC, "5"))])
    prices.publish_changes([("price_update", price(ETH, 2))])
    assert first.next()["type"] == "book_update"
    assert last(second.next()) == (ETH, "2", False)
    watch(second, BTC)  # instead of those before
    assert last(second.next()) == (BTC, "1", False)


def test_each_socket_at_its_own_rate_and_the_newest_wins(at_market: Callable[[], Wire]) -> None:
    fast, slow = at_market(), at_market()
    watch(fast, BTC, interval_ms=100)
    watch(slow, BTC, interval_ms=60_000)
    prices.publish_changes([("price_update", price(BTC, 1))])
    assert (last(fast.next()), last(slow.next())) == ((BTC, "1", False), (BTC, "1", False))
    for number in range(2, 6):
        prices.publish_changes([("price_update", price(BTC, number))])
        fast.next("price_update")
    prices.publish_changes([("price_update", price(BTC, 6))])
    assert fast.next("price_update")["data"]["last"] == "6"
    slow.say("ping")
    assert slow.next()["type"] == "pong"  # and no price: its minute is not over


def test_so_many_of_a_feed_and_no_more(at_market: Callable[[], Wire], settings: Settings) -> None:
    settings.MARKET_INSTRUMENTS = 1
    first, second = at_market(), at_market()
    watch(first, BTC)
    answer = watch(second, BTC, ETH)
    assert (answer["instruments"], answer["refused"]) == ([BTC], [ETH])
    assert "MARKET_ANONYMOUS_SHARE" in answer["words"]
    settings.MARKET_INSTRUMENTS = 8
    assert watch(second, BTC, ETH)["refused"] == []


def test_users_have_room_whatever_anonymous_sockets_watch(
    at_market: Callable[[], Wire], open_socket: Connect, user: User, settings: Settings
) -> None:
    settings.MARKET_INSTRUMENTS = 4  # and a quarter of it is one
    assert watch(at_market(), BTC, ETH)["refused"] == [ETH]
    assert watch(at_market(), ETH)["refused"] == [ETH]
    signed_in = open_socket(user)
    signed_in.next("ready")
    assert watch(signed_in, ETH)["refused"] == []
    others = {f"binance.spot.paper:{base}/USDT" for base in ("ADA", "SOL")}
    assert prices.request_following(others) == set()
    assert watch(at_market(), ETH)["refused"] == []  # followed for the user anyway


def test_a_full_feed_is_not_full_for_the_others(settings: Settings) -> None:
    settings.MARKET_INSTRUMENTS = 1
    assert prices.request_following([BTC]) == set()
    assert prices.request_following([ETH, "okx.spot.paper:BTC/USDT", BTC]) == {ETH}


def test_what_nobody_watches_any_more_is_not_wanted(
    at_market: Callable[[], Wire], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prices, "WANTED_SECONDS", 0.6)
    leaving, staying = at_market(), at_market()
    watch(leaving, BTC, ETH)
    watch(staying, BTC)
    prices.publish_changes([("price_update", price(ETH, 1))])
    leaving.close()
    wait_until(lambda: prices.list_requested() == {BTC}, what="only what is watched is wanted")
    assert prices.read_newest([ETH]) == []
    end = time.monotonic() + 1.2  # as long as it would take to forget what is not said again
    wait_until(
        lambda: prices.list_requested() == {BTC} and time.monotonic() > end, what="still wanted"
    )


def test_stale_once_when_no_process_follows_it_any_more(
    at_market: Callable[[], Wire], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prices, "WANTED_SECONDS", 0.6)
    wire = at_market()
    prices.publish_changes([("price_update", price(BTC, 1))])
    watch(wire, BTC, interval_ms=100)
    assert last(wire.next("price_update")) == (BTC, "1", False)
    redis.redis_client().delete(FEED)
    assert last(wire.next("price_update")) == (BTC, "1", True)
    prices.publish_changes(
        [("price_update", price(BTC, 2))]
    )  # once it was told, it is not told again
    assert last(wire.next("price_update")) == (BTC, "2", False)


def test_nobody_follows_it_when_a_watcher_comes(at_market: Callable[[], Wire]) -> None:
    prices.publish_changes([("price_update", price(BTC, 1))])
    redis.redis_client().delete(FEED)
    wire = at_market()
    watch(wire, BTC)
    assert last(wire.next("price_update")) == (BTC, "1", True)


def test_beside_the_users_events_at_the_main_endpoint(live: Connect, user: User) -> None:
    wire = live(user)
    watch(wire, BTC, interval_ms=100)
    prices.publish_changes([("price_update", price(BTC, 1))])
    frame = wire.next("price_update")
    assert "seq" not in frame
    assert last(frame) == (BTC, "1", False)
