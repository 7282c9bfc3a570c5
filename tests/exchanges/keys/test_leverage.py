"""Leverage: asked for through a worker, at each venue that has it, and told to the owner."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from exchanges import pool
from exchanges.base import PositionReport, RequestNotSent
from exchanges.keys import actions, leverage, venue_calls
from exchanges.keys.call_pages import VenueChangeRate
from exchanges.models import ExchangeKey
from exchanges.worker_calls import CallRefused
from orders import submission
from tests.services import wait_until
from tests.simulator import SimulatorProcess
from tests.trading import Trader, record_order
from users.models import User

Attach = Callable[[str, str], ExchangeKey]
SYMBOL = "BTC/USDT:USDT"
WISH = {"symbol": SYMBOL, "leverage": 7, "margin_mode": "isolated"}
VENUES = ["binance", "okx", "bybit"]


@pytest.fixture(autouse=True)
def _ways_out() -> Any:
    yield
    pool.close()


@pytest.fixture
def ada(client: Client, user: User) -> Client:
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return client


def ask(client: Client, key: ExchangeKey, **changes: object) -> Any:
    address = f"/api/v1/keys/{key.pk}/leverage/"
    return client.post(address, WISH | changes, content_type="application/json")


def held(key: ExchangeKey) -> PositionReport:
    (position,) = pool.call(key, lambda venue: venue.fetch_positions())
    return position


@pytest.mark.parametrize("venue", VENUES)
def test_it_is_set_before_an_order_that_wants_it(
    key_at: Attach, simulator: SimulatorProcess, venue: str
) -> None:
    key = key_at(venue, "futures")
    order = record_order(
        key, symbol=SYMBOL, type="market", price=None, leverage=7, margin_mode="isolated"
    )
    submission.submit_order(order.pk)
    position = held(key)
    assert position.leverage == 7
    assert position.margin_mode == "isolated"
    order.refresh_from_db()
    assert (order.status, order.leverage) == ("filled", 7)


def test_it_is_set_by_a_worker_and_told_to_every_socket_of_the_owner(
    trader: Trader, key_at: Attach, worker: None
) -> None:
    key = key_at("binance", "futures")
    with trader.listen():
        answer = trader.ask("POST", f"keys/{key.pk}/leverage/", WISH)
        words = "BTC/USDT:USDT is at 7 times, isolated, at Binance."
        assert answer == (200, {"ok": True, "message": words})
        wait_until(lambda: trader.heard("leverage_set"), what="the outcome at the socket")
    (told,) = trader.heard("leverage_set")
    assert told["data"] == WISH | {"key": key.pk, "ok": True, "message": words}


def test_a_refusal_is_told_in_the_venues_words(key_at: Attach, user: User) -> None:
    key = key_at("binance", "futures")
    request = leverage.LeverageRequest(symbol="NO/SUCH:USDT", leverage=7, margin_mode="cross")
    with pytest.raises(CallRefused, match=r"^Binance refuses: "):
        venue_calls.set_leverage(key, request)


@pytest.mark.parametrize(
    ("change", "status"),
    [({"leverage": 0}, 400), ({"leverage": 126}, 400), ({"margin_mode": "x"}, 400)],
)
def test_what_makes_no_sense_is_refused_at_the_door(
    ada: Client, key_at: Attach, change: dict[str, object], status: int
) -> None:
    assert ask(ada, key_at("binance", "futures"), **change).status_code == status


def test_spot_and_switched_off_keys_have_none(ada: Client, key_at: Attach) -> None:
    spot, off = key_at("binance", "spot"), key_at("bybit", "futures")
    actions.deactivate(off.pk)
    assert ask(ada, spot).status_code == 409
    assert "Only futures have leverage" in ask(ada, spot).json()["detail"]
    assert "switched off" in ask(ada, off).json()["detail"]


def test_the_key_of_another_does_not_exist(
    client: Client, other_user: User, key_at: Attach
) -> None:
    client.force_login(other_user, "django.contrib.auth.backends.ModelBackend")
    key = key_at("binance", "futures")
    assert ask(client, key).status_code == 404
    assert client.get(f"/keys/{key.pk}/leverage/").status_code == 404


def test_nobody_answers(ada: Client, key_at: Attach, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leverage, "TIMEOUT_SECONDS", 0.05)
    answer = ask(ada, key_at("binance", "futures"))
    assert (answer.status_code, "is one running" in answer.json()["detail"]) == (504, True)


def test_the_page_asks_and_says_what_came_of_it(ada: Client, key_at: Attach, worker: None) -> None:
    key = key_at("okx", "futures")
    assert "Leverage …" in ada.get("/keys/").content.decode()
    page = ada.post(f"/keys/{key.pk}/leverage/", WISH, follow=True)
    assert "is at 7 times, isolated, at OKX." in page.content.decode()
    assert ada.post(f"/keys/{key.pk}/leverage/", WISH | {"leverage": ""}).status_code == 422


def test_both_doors_count_together(
    ada: Client, key_at: Attach, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leverage, "TIMEOUT_SECONDS", 0.05)
    monkeypatch.setattr(VenueChangeRate, "rate", "2/min")
    key = key_at("binance", "futures")
    assert ask(ada, key).status_code == 504
    pages = [ada.post(f"/keys/{key.pk}/leverage/", WISH).content.decode() for _ in range(2)]
    assert ["Wait a minute." in page for page in pages] == [False, True]
    assert ask(ada, key).status_code == 429


def test_while_the_leverage_is_uncertain_the_order_is_not_sent(
    key_at: Attach, simulator: SimulatorProcess, settings: Any
) -> None:
    settings.VENUE_TIMEOUT_SECONDS = 0.5
    key = key_at("binance", "futures")
    match = {"path": "/fapi/v1/leverage", "method": "POST", "key": key.api_key}
    simulator.control.post("faults", kind="hang", match=match, times=1)
    order = record_order(key, symbol=SYMBOL, leverage=7)
    with pytest.raises(RequestNotSent, match="leverage not set"):
        submission.submit_order(order.pk)
    order.refresh_from_db()
    assert (order.status, order.submitted_at) == ("pending", None)
    assert simulator.control.get("orders", account=key.api_key)["orders"] == []
    submission.submit_order(order.pk)
    order.refresh_from_db()
    assert order.status == "new"
