"""Past prices for charts, by API: a worker asks the venue, and all who look share the answer."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from exchanges.prices import chart_candles
from tests.exchanges.prices.price_watch import MARKETS, SPOT, paper_name
from tests.simulator import SimulatorProcess
from users.models import User

pytestmark = pytest.mark.usefixtures("empty_redis")


def read_candles(user: User, instrument: str, **query: str) -> Any:
    client = APIClient()
    client.force_authenticate(user)
    return client.get("/api/v1/markets/candles/", {"instrument": instrument, **query})


@pytest.mark.parametrize(("venue", "kind"), MARKETS)
def test_the_venue_is_asked_once(
    worker: None, simulator: SimulatorProcess, user: User, other_user: User, venue: str, kind: str
) -> None:
    name = paper_name(venue, kind)
    answer = read_candles(user, name, interval="1m")
    assert answer.status_code == 200, answer.json()
    data = answer.json()
    assert (data["instrument"], data["interval"], data["simulated"]) == (name, "1m", True)
    assert data["candles"]
    for candle in data["candles"]:
        low, high = float(candle["low"]), float(candle["high"])
        assert low <= float(candle["open"]) <= high
        assert low <= float(candle["close"]) <= high
    assert [one["at"] for one in data["candles"]] == sorted(one["at"] for one in data["candles"])

    asked = simulator.control.get("state")["endpoints"]
    assert read_candles(other_user, name, interval="1m").json() == data
    assert simulator.control.get("state")["endpoints"] == asked


def test_unknown_symbols_and_intervals_are_refused(user: User) -> None:
    assert read_candles(user, "binance.spot.paper:NO/NE").status_code == 404
    assert read_candles(user, "nonsense").status_code == 404
    assert read_candles(user, SPOT, interval="7m").status_code == 400
    assert read_candles(user, SPOT, intervall="1m").status_code == 400
    assert APIClient().get("/api/v1/markets/candles/", {"instrument": SPOT}).status_code == 401


def test_a_symbol_that_its_venue_does_not_have(
    worker: None, simulator: SimulatorProcess, user: User
) -> None:
    answer = read_candles(user, paper_name("binance", "spot", "GONE"))
    assert answer.status_code == 503
    assert "could not be asked" in answer.json()["detail"]


def test_what_somebody_has_read_is_not_asked_again(user: User) -> None:
    chart_candles.keep_candles(SPOT, "1d", [])
    assert read_candles(user, SPOT, interval="1d").json()["candles"] == []
