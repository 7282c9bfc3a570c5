"""FAILURES 71: the first key at a market. Its symbols, prices and bots work at once."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from exchanges import pool, symbols
from exchanges.models import ExchangeKey, Symbol
from orders.models import Order
from tests.conftest import PASSWORD
from tests.exchanges.prices.conftest import following
from tests.services import wait_until
from tests.simulator import SimulatorProcess
from tests.trading import BALANCES, Trader, wait_for_status

INSTRUMENT = "bybit.spot.paper:BTC/USDT"
ORDER = {
    "symbol": "BTC/USDT",
    "side": "buy",
    "type": "limit",
    "quantity": "0.01",
    "price": "50000",
}
BOT = {
    "name": "First",
    "symbol": "BTC/USDT",
    "strategy": "grid",
    "settings": {"lower": "40000", "upper": "60000", "levels": 3, "quantity": "0.01"},
}
Attach = Callable[..., int]


@pytest.fixture
def attach(simulator: SimulatorProcess, trader: Trader) -> Attach:
    """Attach a key by the API, as its owner does: attach("bybit")."""

    def attach_key(venue: str, market: str = "spot", **changes: Any) -> int:
        account = simulator.open_account(
            BALANCES, futures={"USDT": "1000"}, permissions={"futures": True}, label=venue
        )
        sign_in = {"username": trader.user.username, "password": PASSWORD}
        _, pair = trader.ask("POST", "auth/token/", sign_in)  # a key needs a recent password
        trader.user.refresh_from_db()  # the web process hashed it anew
        passphrase = {"passphrase": account["passphrase"]} if venue == "okx" else {}
        status, key = trader.ask(
            "POST",
            "keys/",
            {
                "label": f"{venue} {market}",
                "venue": venue,
                "market": market,
                "api_key": account["key"],
                "secret": account["secret"],
                "simulated": True,
                **passphrase,
                **changes,
            },
            Authorization=f"Bearer {pair['access']}",
        )
        assert status == 201, key
        return int(key["id"])

    return attach_key


def list_markets(trader: Trader, venue: str = "bybit") -> list[str]:
    status, page = trader.ask("GET", f"markets/?venue={venue}&simulated=true&limit=500")
    assert status == 200, page
    return [row["instrument"] for row in page["results"]]


def test_71_a_first_key_makes_its_market_known(
    worker: None, trader: Trader, attach: Attach
) -> None:
    assert list_markets(trader) == []
    key = attach("bybit")
    wait_until(lambda: INSTRUMENT in list_markets(trader), what="the market to be known")
    assert not Symbol.objects.exclude(venue="bybit", market="spot").exists()

    status, bot = trader.ask("POST", "bots/", {"key": key, **BOT})
    assert status == 201, bot
    status, order = trader.ask("POST", "orders/", {"key": key, **ORDER})
    assert status == 201, order
    wait_for_status(Order.objects.get(pk=order["id"]), "new")
    status, refusal = trader.ask("POST", "orders/", {"key": key, **ORDER, "quantity": "0.0000001"})
    assert (status, list(refusal)) == (400, ["quantity"])


def test_71_its_prices_are_followed(worker: None, trader: Trader, attach: Attach) -> None:
    feeds = following("first feeds")
    feeds.start()
    try:
        attach("bybit")
        wait_until(
            lambda: trader.ask("GET", f"markets/prices/?instrument={INSTRUMENT}")[1]["prices"],
            what="a price of the new market",
        )
    finally:
        feeds.end()


@pytest.mark.parametrize("venue", ["binance", "okx", "bybit"])
@pytest.mark.parametrize("market", ["spot", "futures"])
def test_71_at_every_market(
    worker: None, trader: Trader, attach: Attach, venue: str, market: str
) -> None:
    attach(venue, market)
    wait_until(lambda: list_markets(trader, venue), what=f"{venue} {market} to be known")


def test_71_a_refused_key_makes_nothing_known(worker: None, trader: Trader, attach: Attach) -> None:
    key = attach("bybit", secret="wrong")
    wait_until(
        lambda: not ExchangeKey.objects.get(pk=key).is_active, what="the key to be switched off"
    )
    assert symbols.read_new(now=timezone.now()) == 0
    assert list_markets(trader) == []


def test_71_until_then_a_bot_is_told_to_wait(trader: Trader, attach: Attach) -> None:
    """No worker has read the symbols yet."""
    status, refusal = trader.ask("POST", "bots/", {"key": attach("bybit"), **BOT})
    assert (status, refusal) == (
        400,
        {"symbol": ["The symbols of Bybit are being read. Try again in a few seconds."]},
    )


def test_71_what_the_test_did_not_read_the_timetable_reads(
    key_at: Callable[[str, str], ExchangeKey], trader: Trader, start_beat: Callable[..., None]
) -> None:
    """The queue lost the test of the key, or the venue broke down in the middle of it."""
    key_at("bybit", "spot")
    start_beat()
    wait_until(lambda: INSTRUMENT in list_markets(trader), what="the market to be known")


def test_71_the_hourly_reading_prefers_a_key_that_works(
    simulator: SimulatorProcess, key: ExchangeKey
) -> None:
    ExchangeKey.objects.filter(pk=key.pk).update(last_checked_at=timezone.now())
    key.pk, key.label, key.api_key, key.last_checked_at = None, "Untested", "x" * 20, None
    key.sealed_secret = b"cannot be opened"
    key.save(force_insert=True)
    assert symbols.read_all()


def test_71_known_symbols_are_not_asked_for_again(
    simulator: SimulatorProcess, key: ExchangeKey
) -> None:
    assert symbols.read_if_new(key, now=timezone.now())
    assert symbols.read_if_new(key, now=timezone.now()) == 0


def test_71_a_venue_that_lists_nothing_takes_no_symbols_away(
    simulator: SimulatorProcess, key_at: Callable[[str, str], ExchangeKey]
) -> None:
    key = key_at("bybit", "spot")
    known = symbols.read_market(key)
    pool.close()  # the markets are loaded again
    nothing = {"retCode": 0, "retMsg": "OK", "result": {"category": "spot", "list": []}}
    simulator.control.post(
        "faults",
        kind="status",
        status=200,
        body=json.dumps(nothing),
        match={"path": "/v5/market/instruments-info"},
    )
    assert symbols.read_market(key) == 0
    assert Symbol.objects.count() == known
    pool.close()
