"""Position mode: set through a worker at each venue, recorded, and refused in the venue's words."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from exchanges import pool, tasks
from exchanges.keys import actions, position_mode, venue_calls
from exchanges.models import ExchangeKey
from exchanges.worker_calls import CallRefused
from orders import submission
from tests.services import wait_until
from tests.trading import Trader, record_order
from users.models import User

Attach = Callable[[str, str], ExchangeKey]
SYMBOL = "BTC/USDT:USDT"
VENUES = ["binance", "okx", "bybit"]


@pytest.fixture(autouse=True)
def _ways_out() -> Iterator[None]:
    yield
    pool.close()


@pytest.fixture
def ada(client: Client, user: User) -> Client:
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return client


def test_it_is_set_by_a_worker_and_told_to_the_owner(
    trader: Trader, key_at: Attach, worker: None
) -> None:
    key = key_at("binance", "futures")
    words = f"Each contract of “{key.label}” has a long and a short position at Binance now."
    with trader.listen():
        answer = trader.ask("POST", f"keys/{key.pk}/position-mode/", {"mode": "hedge"})
        assert answer == (200, {"ok": True, "message": words})
        wait_until(
            lambda: [
                frame
                for frame in trader.heard("key_update")
                if frame["data"]["position_mode"] == "hedge"
            ],
            what="the mode at the socket",
        )
    status, shown = trader.ask("GET", f"keys/{key.pk}/")
    assert (status, shown["position_mode"]) == (200, "hedge")


@pytest.mark.parametrize("venue", VENUES)
def test_it_is_refused_while_a_position_is_open(key_at: Attach, venue: str) -> None:
    key = key_at(venue, "futures")
    order = record_order(key, symbol=SYMBOL, type="market", price=None)
    submission.submit_order(order.pk)
    with pytest.raises(CallRefused, match=r"^\w+ refuses: .*[Pp]osition"):
        venue_calls.set_position_mode(key, "hedge")
    tasks.set_position_mode(key.pk, "hedge")
    key.refresh_from_db()
    assert key.position_mode == ""


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"mode": "both"}, 400),
        ({}, 400),
        ({"mode": "hedge", "symbol": SYMBOL}, 400),
    ],
)
def test_what_is_no_mode_is_refused(
    ada: Client, key_at: Attach, change: dict[str, Any], status: int
) -> None:
    key = key_at("okx", "futures")
    address = f"/api/v1/keys/{key.pk}/position-mode/"
    assert ada.post(address, change, content_type="application/json").status_code == status


def test_spot_and_switched_off_keys_and_strangers_have_none(
    ada: Client, key_at: Attach, other_user: User, client: Client
) -> None:
    spot, off = key_at("binance", "spot"), key_at("okx", "futures")
    actions.deactivate(off.pk)
    for key in (spot, off):
        address = f"/api/v1/keys/{key.pk}/position-mode/"
        answer = ada.post(address, {"mode": "hedge"}, content_type="application/json")
        assert answer.status_code == 409
    assert ada.get(f"/keys/{spot.pk}/position-mode/").status_code == 404
    client.force_login(other_user, "django.contrib.auth.backends.ModelBackend")
    address = f"/api/v1/keys/{off.pk}/position-mode/"
    answer = client.post(address, {"mode": "hedge"}, content_type="application/json")
    assert answer.status_code == 404


def test_the_page_asks_and_shows_what_the_account_has(
    ada: Client, key_at: Attach, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = key_at("bybit", "futures")
    ExchangeKey.objects.filter(pk=key.pk).update(position_mode="hedge")
    page = ada.get(f"/keys/{key.pk}/position-mode/").content.decode()
    assert '<option value="hedge" selected>' in page
    assert "hedge mode" in ada.get("/keys/").content.decode()
    assert "hedge mode" in ada.get("/holdings/").content.decode()
    monkeypatch.setattr(position_mode, "TIMEOUT_SECONDS", 0.1)
    late = ada.post(f"/keys/{key.pk}/position-mode/", {"mode": "one_way"})
    assert late.status_code == 422
    assert "No worker answered in time" in late.content.decode()
