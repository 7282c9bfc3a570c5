"""Markets by API: what can be watched, and what was last said of it, by everybody who signs in."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from exchanges.instruments import Instrument
from exchanges.models import Symbol
from realtime import prices, redis
from realtime.shapes.market import BookData, PriceData
from users.models import User

Get = Callable[..., Any]
BTC, ETH = "binance.spot:BTC/USDT", "okx.futures.paper:ETH/USDT:USDT"


@pytest.fixture
def get(client: Client, user: User) -> Get:
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return lambda address="", **params: client.get(f"/api/v1/markets/{address}", params)


@pytest.fixture(autouse=True)
def _known(db: None) -> None:
    for one in (
        Instrument("binance", "spot", False, "BTC/USDT"),
        Instrument("binance", "spot", True, "BTC/USDT"),
        Instrument("okx", "futures", True, "ETH/USDT:USDT"),
    ):
        Symbol.objects.create(**_fields(one), read_at=timezone.now())


def _fields(one: Instrument) -> dict[str, Any]:
    return {
        "venue": one.venue,
        "market": one.market,
        "is_paper": one.is_paper,
        "name": one.symbol,
        "base": one.symbol.partition("/")[0],
        "quote": "USDT",
        "price_step": "0.0100",
        "quantity_step": "0.00001",
        "min_quantity": "0.00001",
        "min_cost": "5",
    }


def names(answer: Any) -> list[str]:
    return [row["instrument"] for row in answer.json()["results"]]


def test_what_trades_here(get: Get) -> None:
    rows = get().json()["results"]
    assert [row["instrument"] for row in rows] == [BTC, "binance.spot.paper:BTC/USDT", ETH]
    assert rows[0] | {"simulated": True} == rows[1] | {"instrument": BTC}
    assert (rows[0]["price_step"], rows[2]["symbol"]) == ("0.01", "ETH/USDT:USDT")


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"venue": "okx"}, [ETH]),
        ({"market": "futures"}, [ETH]),
        ({"simulated": "false"}, [BTC]),
        ({"search": "btcusdt", "simulated": "false"}, [BTC]),
        ({"search": "usdt eth"}, [ETH]),
        ({"search": "eth/usdt:"}, [ETH]),
        ({"search": "doge"}, []),
        ({"venue": "binance", "market": "futures"}, []),
    ],
)
def test_narrowed(get: Get, asked: dict[str, str], found: list[str]) -> None:
    assert names(get(**asked)) == found


def test_page_by_page(get: Get, client: Client) -> None:
    first = get(limit=2)
    assert len(names(first)) == 2
    rest = client.get(first.json()["next"])
    assert names(first) + names(rest) == [BTC, "binance.spot.paper:BTC/USDT", ETH]
    assert rest.json()["next"] is None


def say(instrument: str, **changes: Any) -> None:
    common = {"instrument": instrument, "simulated": False, "bid": "1", "ask": "2", "stale": False}
    at = {"at": "2026-01-01T00:00:00.000000Z"}
    price: Any = PriceData(**common, **at, last="1.5")  # type: ignore[typeddict-item]
    book: Any = BookData(**common, **at, bid_quantity="3", ask_quantity="4")  # type: ignore[typeddict-item]
    prices.publish_changes([("price_update", price | changes), ("book_update", book | changes)])


def test_the_last_known_prices(get: Get) -> None:
    redis.redis_client().set(prices.FOLLOWED + "binance.spot", "a process")
    say(BTC)
    answer = get("prices/", instrument=[BTC, ETH, "okx.spot:NO/SUCH"]).json()
    assert [(one["instrument"], one["last"]) for one in answer["prices"]] == [(BTC, "1.5")]
    assert [(one["bid_quantity"], one["stale"]) for one in answer["books"]] == [("3", False)]
    assert answer["unknown"] == ["okx.spot:NO/SUCH"]
    assert answer["refused"] == []


def test_who_looks_watches_for_a_while(get: Get) -> None:
    get("prices/", instrument=[BTC, "okx.spot:NO/SUCH"])
    assert prices.list_requested() == {BTC}


def test_what_no_process_follows_is_stale(get: Get) -> None:
    say(BTC)
    answer = get("prices/", instrument=BTC).json()
    assert [one["stale"] for one in answer["prices"] + answer["books"]] == [True, True]


def test_too_many(get: Get, settings: Settings) -> None:
    settings.MARKET_INSTRUMENTS = 0
    answer = get("prices/", instrument=BTC).json()
    assert (answer["prices"], answer["refused"]) == ([], [BTC])
    assert "MARKET_INSTRUMENTS" in answer["words"]


@pytest.mark.parametrize("wrong", [[], ["nonsense"], [BTC] * 101, ["binance.spot:" + "x" * 99]])
def test_what_makes_no_sense_is_refused_in_words(get: Get, wrong: list[str]) -> None:
    answer = get("prices/", instrument=wrong)
    assert answer.status_code == 400
    assert "binance.spot:BTC/USDT" in answer.json()["instrument"][0]


def test_it_is_documented(client: Client) -> None:
    schema = client.get("/api/schema/?format=json").json()
    for name, fields in (("Market", {"instrument", "simulated"}), ("Prices", {"prices", "words"})):
        assert fields <= schema["components"]["schemas"][name]["properties"].keys()


@pytest.mark.parametrize("path", ["", "prices/?instrument=" + BTC])
def test_nobody_reads_without_signing_in(client: Client, path: str) -> None:
    assert client.get(f"/api/v1/markets/{path}").status_code == 401
