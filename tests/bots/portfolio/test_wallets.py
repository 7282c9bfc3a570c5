"""What everything is worth: over venues, in one currency, nothing twice and nobody else's."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings
from rest_framework.test import APIClient

from bots.models import PortfolioValue
from bots.portfolio import wallets
from bots.portfolio.valuation import Portfolio
from exchanges.models import Balance, ExchangeKey
from exchanges.payloads import balance_data
from realtime.values import ZERO, format_money
from tests.bots.portfolio.holdings import (
    create_balance,
    create_key,
    create_position,
    store_prices,
    stream_price,
)
from tests.orders.reports import NOON
from users.models import User

Holds = Callable[..., ExchangeKey]


@pytest.fixture
def holds(user: User) -> Holds:
    """holds("okx", USDT="10"): a live spot key of ada's by default."""
    return partial(create_key, user)


def value_of(user: User, currency: str = "USDT", *, simulated: bool = False) -> Portfolio:
    return wallets.value_portfolio(user.pk, simulated=simulated, currency=currency, now=NOON)


def test_wallets_of_several_venues_in_one_currency(user: User, holds: Holds) -> None:
    holds("binance", USDT="1000", BTC="0.1")
    holds("okx", ETH="2")
    store_prices("binance")
    store_prices("okx", ETH_USDT="2600")
    portfolio = value_of(user)
    assert portfolio.total == 1000 + 5000 + 5200
    assert [f"{wallet.venue} {format_money(wallet.value)}" for wallet in portfolio.wallets] == [
        "binance 6000",
        "okx 5200",
    ]
    assert [f"{one.currency} {format_money(one.value or ZERO)}" for one in portfolio.amounts] == [
        "ETH 5200",
        "BTC 5000",
        "USDT 1000",
    ]
    assert value_of(user, "EUR").total == Decimal("8960")
    assert sum(one.share or 0 for one in portfolio.amounts) == pytest.approx(
        Decimal(1), abs=Decimal("1e-7")
    )


def test_amounts_held_for_orders_count(user: User, holds: Holds) -> None:
    create_balance(holds(), "USDT", "60", held=40)
    assert value_of(user).total == 100


def test_amounts_are_never_rounded(user: User, holds: Holds) -> None:
    """A coin of which a wallet has billions, and with eighteen decimals."""
    key = holds()
    create_balance(key, "PEPE", "12345678901234567.000000000000000001", held=1)
    (amount,) = value_of(user).amounts
    assert amount.amount == Decimal("12345678901234568.000000000000000001")
    balance = Balance.objects.get(key=key)
    assert balance_data(balance, key)["total"] == "12345678901234568.000000000000000001"


def test_paper_and_live_are_two_portfolios(user: User, holds: Holds) -> None:
    holds(USDT="1")
    holds(USDT="10000", paper=True)
    assert value_of(user).total == 1
    assert value_of(user, simulated=True).total == 10000


def test_paper_prices_do_not_value_live_wallets(user: User, holds: Holds) -> None:
    holds(BTC="1")
    store_prices(paper=True)
    assert value_of(user).unpriced == ("BTC",)


def test_an_amount_without_a_price_is_listed(user: User, holds: Holds) -> None:
    holds(USDT="5", ODD="1000000")
    store_prices()
    portfolio = value_of(user)
    assert portfolio.total == 5
    assert portfolio.unpriced == ("ODD",)
    last = portfolio.amounts[-1]
    assert (last.currency, last.value, last.share) == ("ODD", None, None)
    assert last.amount == 1000000


def test_before_any_price_is_known(user: User, holds: Holds) -> None:
    holds(USDT="5", BTC="1")
    portfolio = value_of(user)
    assert portfolio.total == 5
    assert (portfolio.unpriced, portfolio.as_of) == (("BTC",), None)
    assert portfolio.choices == ("USDT",)


def test_an_empty_portfolio(user: User) -> None:
    portfolio = value_of(user)
    assert portfolio.total == 0
    assert not portfolio.wallets
    assert not portfolio.unpriced


def test_another_venues_price_is_used_where_the_own_has_none(user: User, holds: Holds) -> None:
    holds("bybit", RARE="3")
    store_prices("bybit")
    store_prices("binance", RARE_USDT="7")
    assert value_of(user).total == 21


@pytest.mark.parametrize("price", ["0", "-1", "NaN", "Infinity", "1e400", "1e-30", "", "many"])
def test_an_absurd_price_is_ignored(user: User, holds: Holds, price: str) -> None:
    holds(ODD="1")
    store_prices(ODD_USDT=price)
    assert value_of(user).unpriced == ("ODD",)


def test_without_redis_there_are_no_prices(user: User, holds: Holds, settings: Settings) -> None:
    holds(USDT="1", BTC="1")
    store_prices()
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    portfolio = value_of(user)
    assert portfolio.total == 1
    assert portfolio.unpriced == ("BTC",)


def test_streamed_prices_come_before_fetched_ones(user: User, holds: Holds) -> None:
    holds(BTC="1")
    store_prices(at=NOON - timedelta(minutes=4))
    stream_price("binance.spot:BTC/USDT", "51000")
    assert value_of(user).total == 51000
    stream_price("binance.spot:BTC/USDT", "52000", stale=True)
    assert value_of(user).total == 50000
    stream_price("binance.spot:BTC/USDT", "52000", at=NOON - timedelta(seconds=31))
    assert value_of(user).total == 50000


def test_a_portfolio_is_as_old_as_its_oldest_price(user: User, holds: Holds) -> None:
    earlier = NOON - timedelta(minutes=4)
    holds("binance", BTC="1")
    holds("okx", ETH="1")
    store_prices("binance")
    store_prices("okx", at=earlier)
    assert value_of(user).as_of == earlier


def test_prices_of_yesterday_are_not_used(user: User, holds: Holds) -> None:
    holds(BTC="1")
    store_prices(at=NOON - timedelta(days=2))
    assert value_of(user).unpriced == ("BTC",)


def test_an_inactive_key_shows_its_last_holdings(user: User, holds: Holds) -> None:
    key = holds(USDT="5")
    ExchangeKey.objects.filter(pk=key.pk).update(is_active=False)
    (wallet,) = value_of(user).wallets
    assert (wallet.value, wallet.is_active, wallet.holdings_at) == (Decimal(5), False, NOON)


# Futures: what open positions have won counts once


def test_unrealised_profit_is_added_and_shown(user: User, holds: Holds) -> None:
    """Free and held of such a wallet have the gain in them already: they do not count."""
    key = holds(market="futures")
    create_balance(key, "USDT", "900", held=250, cash=Decimal(1000))
    create_position(key, "150")
    portfolio = value_of(user)
    assert portfolio.total == 1150
    assert portfolio.unrealised == 150


def test_unrealised_losses_are_subtracted(user: User, holds: Holds) -> None:
    key = holds("bybit", market="futures")
    create_balance(key, "USDT", "900", held=100, cash=Decimal(1000))
    create_position(key, "-1200")
    portfolio = value_of(user)
    assert portfolio.total == -200
    assert portfolio.unrealised == -1200
    assert {one.share for one in portfolio.amounts} == {None}


def test_a_profit_in_coins_is_valued_by_their_price(user: User, holds: Holds) -> None:
    create_position(holds("okx", market="futures"), "0.01", symbol="BTC/USD:BTC")
    store_prices("okx")
    assert value_of(user).total == 500


def test_a_profit_that_the_venue_has_not_reported(user: User, holds: Holds) -> None:
    key = holds("okx", market="futures", USDT="10")
    create_position(key, None, entry_price=Decimal(40000), mark_price=Decimal(40500), quantity=2)
    create_position(key, None, symbol="ETH/USDT:USDT")
    portfolio = value_of(user)
    assert portfolio.total == 1010
    assert portfolio.unknown == (f"{key.label}: ETH/USDT:USDT",)


def test_an_expiring_contract_is_settled_in_its_currency(user: User, holds: Holds) -> None:
    key = holds(market="futures", USDT="10")
    create_position(key, "5", symbol="BTC/USDT:USDT-261225")
    create_position(
        key, None, symbol="ETH/USD:ETH-261225", entry_price=Decimal(1), mark_price=Decimal(2)
    )
    portfolio = value_of(user)
    assert portfolio.total == 15
    assert not portfolio.unpriced
    assert portfolio.unknown == (f"{key.label}: ETH/USD:ETH-261225",)


def test_one_wallet_behind_two_keys_is_counted_once(user: User, holds: Holds) -> None:
    """OKX and Bybit trade all markets out of one; the key that was asked last tells."""
    spot = holds("okx", api_key="same", USDT="100")
    futures = holds("okx", market="futures", api_key="same", USDT="90")
    create_position(futures, "5")
    futures.holdings_at = NOON + timedelta(seconds=1)
    futures.save()
    portfolio = value_of(user)
    assert portfolio.total == 95
    assert {wallet.key: wallet.same_wallet_as for wallet in portfolio.wallets} == {
        spot.pk: futures.pk,
        futures.pk: None,
    }


def test_two_wallets_behind_one_key_are_two(user: User, holds: Holds) -> None:
    holds("binance", api_key="same", USDT="100")
    holds("binance", market="futures", api_key="same", USDT="90")
    assert value_of(user).total == 190


# By API


@pytest.fixture
def api(user: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


def test_the_api_of_the_portfolio(api: APIClient, user: User, holds: Holds) -> None:
    key, now = holds(USDT="1000", BTC="0.1", ODD="1"), timezone.now()
    store_prices(at=now)
    answer = api.get("/api/v1/portfolio/", {"currency": "btc"}).json()
    assert (answer["currency"], answer["total"], answer["simulated"]) == ("BTC", "0.12", False)
    assert answer["unpriced"] == ["ODD"]
    assert answer["choices"] == ["USDT", "EUR", "BTC", "ETH"]
    (wallet,) = answer["keys"]
    assert (wallet["key"], wallet["value"]) == (key.pk, "0.12")
    assert wallet["currencies"][0] == {
        "currency": "BTC",
        "amount": "0.1",
        "unrealised": "0",
        "value": "0.1",
        "price_at": None,
        "share": "0.83333333",
    }


def test_who_has_only_paper_sees_it_without_saying_so(api: APIClient, holds: Holds) -> None:
    assert api.get("/api/v1/portfolio/").json()["simulated"] is False
    holds(USDT="1000", paper=True)
    for path in ("portfolio/", "portfolio/history/"):
        assert api.get(f"/api/v1/{path}").json()["simulated"] is True
        assert api.get(f"/api/v1/{path}?simulated=false").json()["simulated"] is False
    assert api.get("/api/v1/portfolio/").json()["total"] == "1000"
    holds(USDT="5")
    assert api.get("/api/v1/portfolio/").json()["total"] == "5"


def test_an_unknown_currency_is_refused_with_those_that_are_known(
    api: APIClient, holds: Holds
) -> None:
    store_prices(at=timezone.now())
    answer = api.get("/api/v1/portfolio/", {"currency": "XXX"})
    assert answer.status_code == 400
    assert answer.json() == {"currency": ["XXX is none of these: USDT, EUR, BTC, ETH."]}
    assert api.get("/api/v1/portfolio/history/", {"currency": "XXX"}).status_code == 400


@pytest.mark.parametrize(
    ("name", "value"),
    [("simulated", "maybe"), ("since", "yesterday"), ("since", "2026-02-31T00:00:00Z"),
     ("since", "0001-01-01T00:00:00+14:00"), ("since", "2026-03-01T00:00:00")],
)  # fmt: skip
def test_invalid_queries_are_refused(api: APIClient, name: str, value: str) -> None:
    answer = api.get("/api/v1/portfolio/history/", {name: value})
    assert answer.status_code == 400
    assert name in answer.json()


@pytest.mark.parametrize("path", ["portfolio/", "portfolio/history/"])
def test_other_users_see_only_their_own(
    path: str, holds: Holds, other_user: User, user: User
) -> None:
    holds(USDT="5")
    PortfolioValue.objects.create(user=user, is_paper=False, at=NOON, value=5)
    client = APIClient()
    assert client.get(f"/api/v1/{path}").status_code == 401
    client.force_authenticate(other_user)
    answer = client.get(f"/api/v1/{path}").json()
    assert answer.get("keys", answer.get("points")) == []


def test_few_queries_however_many_keys(
    user: User, holds: Holds, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(5):
        holds(USDT="5", BTC="1")
    store_prices()
    with django_assert_num_queries(3):
        value_of(user)
