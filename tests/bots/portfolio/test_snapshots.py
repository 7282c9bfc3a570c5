"""What everything was worth: one point a round, true or not there at all, fewer as they age."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from bots import tasks
from bots.models import PortfolioValue
from bots.portfolio import snapshots, wallets
from bots.portfolio.valuation import Portfolio
from exchanges.holdings import fetch
from exchanges.models import ExchangeKey
from orders import submission
from orders.checks import sweep
from orders.models import Order
from tests.bots.portfolio.holdings import create_key, create_position, store_prices
from tests.orders.reports import NOON
from tests.simulator import SimulatorProcess
from tests.trading import record_order, reload_order
from users.models import User

ROUND = timedelta(minutes=5)


def values(user: User, currency: str = "USDT", *, simulated: bool = False) -> list[str | None]:
    points = wallets.read_history(user.pk, simulated=simulated, currency=currency, now=NOON + ROUND)
    return [None if one.value is None else f"{one.value.normalize():f}" for one in points]


def test_one_value_a_round(user: User) -> None:
    create_key(user, USDT="1000", BTC="0.1")
    store_prices()
    assert [
        snapshots.record_values(now=NOON + second * timedelta(seconds=1)) for second in (0, 30, 299)
    ] == [
        1,
        0,
        0,
    ]
    store_prices(at=NOON + ROUND, BTC_USDT="60000")
    snapshots.record_values(now=NOON + ROUND + timedelta(seconds=7))
    assert values(user) == ["6000", "7000"]
    assert PortfolioValue.objects.latest("at").at == NOON + ROUND


def test_history_in_another_currency_at_the_prices_of_its_time(user: User) -> None:
    create_key(user, BTC="1")
    store_prices()
    snapshots.record_values(now=NOON)
    store_prices(at=NOON + ROUND, BTC_USDT="60000", EUR_USDT="1")
    snapshots.record_values(now=NOON + ROUND)
    assert values(user, "EUR") == ["40000", "60000"]
    assert values(user, "BTC") == ["1", "1"]
    assert values(user, "GBP") == [None, None]


def test_paper_and_live_each_have_their_curve(user: User) -> None:
    create_key(user, USDT="1")
    create_key(user, paper=True, USDT="10000")
    snapshots.record_values(now=NOON)
    assert (values(user), values(user, simulated=True)) == (["1"], ["10000"])


def test_a_curve_ends_at_zero_when_everything_is_lost(user: User, other_user: User) -> None:
    create_key(user, USDT="0")
    assert snapshots.record_values(now=NOON) == 1
    assert (values(user), values(other_user)) == (["0"], [])


def test_a_currency_that_never_had_a_price_is_listed(user: User) -> None:
    create_key(user, USDT="1", ODD="5")
    store_prices()
    snapshots.record_values(now=NOON)
    assert PortfolioValue.objects.get().unpriced == ["ODD"]


def test_an_old_price_leaves_a_gap(user: User, other_user: User) -> None:
    create_key(user, BTC="1")
    create_key(other_user, USDT="1")
    store_prices(at=NOON - timedelta(minutes=16))
    snapshots.record_values(now=NOON)
    assert (values(user), values(other_user)) == ([], ["1"])


def test_a_market_that_was_never_reached_leaves_a_gap(user: User) -> None:
    create_key(user, "okx", ODD="5", USDT="1")
    store_prices("binance")
    snapshots.record_values(now=NOON)
    assert values(user) == []
    store_prices("okx")
    snapshots.record_values(now=NOON)
    assert values(user) == ["1"]


def test_an_unknown_unrealised_profit_leaves_a_gap(user: User) -> None:
    create_position(create_key(user, "okx", market="futures", USDT="1"), None)
    snapshots.record_values(now=NOON)
    assert values(user) == []


def test_an_absurd_price_does_not_stop_other_users_values(user: User, other_user: User) -> None:
    create_key(user, MAD="90000000000000000000")
    create_key(other_user, USDT="1")
    store_prices(MAD_BTC="99999999999")
    snapshots.record_values(now=NOON)
    assert (values(user), values(other_user)) == ([], ["1"])


@pytest.mark.parametrize("owner", ["user", "other_user"])
def test_an_api_key_that_two_people_attached_is_a_wallet_of_each(
    owner: str, user: User, other_user: User
) -> None:
    """Otherwise one of them would have a curve of nothing, whatever the page says."""
    first, second = (user, other_user) if owner == "user" else (other_user, user)
    create_key(first, "okx", api_key="same", USDT="5")
    create_key(second, "okx", market="futures", api_key="same", USDT="5")
    snapshots.record_values(now=NOON)
    assert (values(user), values(other_user)) == (["5"], ["5"])


def test_an_absurd_price_converts_into_small_currencies(user: User) -> None:
    PortfolioValue.objects.create(user=user, is_paper=False, at=NOON, value=9 * 10**19,
                         rates={"JPY": "0.005"})  # fmt: skip
    assert values(user, "JPY") == ["18000000000000000000000"]


def test_as_few_queries_for_many_as_for_one(
    user: User, other_user: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    create_key(user, USDT="1")
    store_prices()
    with django_assert_num_queries(10):
        snapshots.record_values(now=NOON)
    for _ in range(3):
        create_key(other_user, USDT="1", BTC="1")
    with django_assert_num_queries(10):
        snapshots.record_values(now=NOON + ROUND)


# As they age


def kept(user: User, ages: list[timedelta], now: datetime) -> list[timedelta]:
    PortfolioValue.objects.bulk_create(
        PortfolioValue(user=user, is_paper=paper, at=now - age, value=1)
        for age in ages
        for paper in (True, False)
    )
    snapshots.thin_values(now=now)
    live = PortfolioValue.objects.filter(user=user, is_paper=False).order_by("at")
    assert live.count() == PortfolioValue.objects.filter(user=user, is_paper=True).count()
    return [now - at for at in live.values_list("at", flat=True)]


def test_values_are_thinned_to_hours_then_days(user: User) -> None:
    now = datetime(2026, 11, 21, tzinfo=UTC)
    week, quarter = timedelta(days=7), timedelta(days=90)
    ages = [
        *(ROUND * number for number in range(24)),
        *(week + ROUND * (number + 1) for number in range(24)),
        *(quarter + timedelta(hours=number + 1) for number in range(48)),
    ]
    found = kept(user, ages, now)
    assert len([age for age in found if age < week]) == 24
    assert [age - week for age in found if week < age < quarter] == [
        timedelta(hours=2),
        timedelta(hours=1),
    ]
    assert [age - quarter for age in found if age > quarter] == [
        timedelta(days=2),
        timedelta(days=1),
    ]
    assert snapshots.thin_values(now=now) == 0


# On the real parts


def test_a_worker_asks_each_market_once_a_round(
    key: ExchangeKey, simulator: SimulatorProcess
) -> None:
    simulator.control.post("walk", paused=True)
    simulator.control.post("price", symbol="BTCUSDT", price="50000")
    fetch.refresh_key(key.pk)
    begun = snapshots.round_start(timezone.now())
    assert [
        snapshots.fetch_prices(now=begun + timedelta(seconds=after)) for after in (1, 299, 301)
    ] == [
        1,
        0,
        1,
    ]
    whole = wallets.value_portfolio(
        key.user_id, simulated=True, currency="USDT", now=timezone.now()
    )
    assert whole.total == 100000 + 2 * Decimal(50000)
    tasks.record_portfolio_values()
    assert PortfolioValue.objects.get(user=key.user_id).value == whole.total


@pytest.mark.parametrize("venue", ["binance", "okx", "bybit"])
def test_a_futures_wallet_has_the_value_that_its_venue_reports(
    key_at: Callable[[str, str], ExchangeKey], simulator: SimulatorProcess, venue: str
) -> None:
    """What was there, less the fee, and what the open position has won: once."""
    simulator.control.post("walk", paused=True)
    key = key_at(venue, "futures")
    before = appraised(key).total
    order = record_order(
        key, symbol="ETH/USDT:USDT", type="market", price=None, quantity=Decimal(2)
    )
    submission.submit_order(order.pk)
    Order.objects.update(checked_at=None)
    sweep.run_sweep(force=True)
    bought = reload_order(order)
    assert bought.average_price
    simulator.control.post("price", symbol="ETHUSDT-PERP", price="3333")
    after = appraised(key)
    won = 2 * (3333 - bought.average_price)
    assert after.unrealised == won
    assert after.total == before + won - Decimal(bought.fees["USDT"])


def appraised(key: ExchangeKey) -> Portfolio:
    fetch.refresh_key(key.pk)
    snapshots.fetch_prices(now=timezone.now())
    return wallets.value_portfolio(key.user_id, simulated=True, currency="USDT", now=timezone.now())
