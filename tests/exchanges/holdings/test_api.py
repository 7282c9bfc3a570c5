"""Balances and positions by API: the mirror's, the owner's, and nobody else's."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from exchanges import venues
from exchanges.base import BalanceReport
from exchanges.holdings import fetch, record
from exchanges.holdings.record import HoldingsReport
from exchanges.models import ExchangeKey
from orders import submission
from tests.exchanges.holding_reports import balance_report, position_report
from tests.simulator import SimulatorProcess
from tests.trading import record_order
from users.models import User

Attach = Callable[..., ExchangeKey]
PERP = "BTC/USDT:USDT"


@pytest.fixture
def get(client: Client, user: User) -> Callable[[str], Any]:
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return lambda address: client.get(f"/api/v1/{address}")


def say(key: ExchangeKey, *said: Any) -> None:
    now = timezone.now()
    seen = HoldingsReport(
        at=now,
        balances=[one for one in said if hasattr(one, "free")],
        positions=[one for one in said if hasattr(one, "quantity")],
        complete=True,
    )
    record.record(key.pk, seen, now=now)


def test_what_there_is_and_whose(
    attach: Attach, get: Callable[[str], Any], other_user: User
) -> None:
    first, second = attach(), attach(label="Second", api_key="second-api-key")
    theirs = attach(user=other_user, api_key="not-yours-at-all")
    say(
        first,
        balance_report("USDT", "10", "5"),
        balance_report("BTC", "1"),
        position_report(PERP, "-2"),
    )
    say(first, balance_report("USDT", "10", "5"), position_report(PERP, "-2", leverage="5"))
    say(second, balance_report("ETH", "3"), position_report(PERP, "1"))
    say(theirs, balance_report("BTC", "9"), position_report(PERP, "9"))
    held = {(one["key"], one["currency"]): one["total"] for one in get("balances/").json()}
    assert held == {(first.pk, "USDT"): "15", (second.pk, "ETH"): "3"}
    assert [one["currency"] for one in get(f"balances/?key={second.pk}").json()] == ["ETH"]
    assert [one["quantity"] for one in get(f"positions/?key={first.pk}").json()] == ["-2"]
    assert len(get("positions/").json()) == 2
    for address in (f"balances/?key={theirs.pk}", f"positions/?key={theirs.pk}"):
        assert (get(address).status_code, get(address).json()) == (200, [])


def test_closed_positions_are_left_out(attach: Attach, get: Callable[[str], Any]) -> None:
    key = attach()
    say(key, position_report(PERP, "1"))
    say(key)
    assert get("positions/").json() == []


def test_their_shapes_are_documented(get: Callable[[str], Any], client: Client) -> None:
    schema = client.get("/api/schema/?format=json").json()
    for path, field in (("balances", "held"), ("positions", "liquidation_price")):
        answer = schema["paths"][f"/api/v1/{path}/"]["get"]["responses"]["200"]
        named = answer["content"]["application/json"]["schema"]["items"]["$ref"].split("/")[-1]
        assert field in schema["components"]["schemas"][named]["properties"]


@pytest.mark.parametrize("path", ["balances/", "positions/", "venues/"])
def test_nobody_reads_without_signing_in(client: Client, path: str, db: None) -> None:
    assert client.get(f"/api/v1/{path}").status_code == 401


FUTURES = [(venue, "futures") for venue in venues.VENUES]


@pytest.mark.parametrize(("venue", "market"), FUTURES)
def test_total_is_the_wallet_at_every_venue(
    key_at: Callable[[str, str], ExchangeKey],
    simulator: SimulatorProcess,
    get: Callable[[str], Any],
    venue: str,
    market: str,
) -> None:
    """What a position has won so far is not in it; nor does it make the held margin less."""
    key = key_at(venue, market)
    simulator.control.post("price", symbol="BTCUSDT-PERP", price="50000")
    (before,) = _read_usdt(key, get)
    order = record_order(
        key, symbol=PERP, type="market", price=None, quantity=Decimal("0.1"), leverage=10
    )
    submission.submit_order(order.pk)
    (row,) = _read_usdt(key, get)
    fee = Decimal(before["total"]) - Decimal(row["total"])
    assert 0 < fee < 10
    simulator.control.post("price", symbol="BTCUSDT-PERP", price="51000")
    (after,) = _read_usdt(key, get)
    assert after["total"] == row["total"], "the position has won 100"
    assert Decimal(after["held"]) >= 500, "its margin"


def _read_usdt(key: ExchangeKey, get: Callable[[str], Any]) -> Any:
    assert fetch.refresh_key(key.pk)
    return get(f"balances/?key={key.pk}&currency=usdt").json()


def test_a_wallet_with_nothing_free_is_listed(attach: Attach, get: Callable[[str], Any]) -> None:
    """Its own coins are lost, and a position's profit is all there is to use."""
    nothing, five = Decimal(0), Decimal(5)
    say(
        attach(),
        BalanceReport(currency="USDT", free=five, held=nothing, cash=nothing),
        BalanceReport(currency="BTC", free=nothing, held=nothing, cash=five),
        BalanceReport(currency="ETH", free=nothing, held=nothing, cash=nothing),
    )
    listed = {row["currency"]: row["total"] for row in get("balances/").json()}
    assert listed == {"USDT": "0", "BTC": "5"}
