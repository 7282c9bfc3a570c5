"""Income in the books: apart and in the sum, a bot's where it is its alone; deposits are none."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from rest_framework.test import APIClient

from bots.income.attribution import find_only_bot
from bots.income.moved import list_moved
from bots.income.record import record_income
from bots.models import Bot, IncomeEntry, PortfolioValue
from bots.pnl import fill_counter
from bots.portfolio.curve import CurvePoint, add_paid_in, value_changes
from exchanges.base import StatementKind, StatementRow
from exchanges.models import ExchangeKey
from tests.bots.pnl.fills import FillSpec, create_bot, create_key, write_fills
from tests.bots.portfolio.holdings import store_prices
from tests.orders.reports import NOON
from users.models import User

SWAP = "BTC/USDT:USDT"


@pytest.fixture
def key(user: User) -> ExchangeKey:
    return create_key(user, market="futures")


@pytest.fixture
def api(user: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


def pay(
    key: ExchangeKey,
    amount: str,
    kind: StatementKind = "funding",
    *,
    at: datetime = NOON,
    asset: str = "USDT",
) -> IncomeEntry:
    row = StatementRow(
        id=f"x{IncomeEntry.objects.count()}",
        kind=kind,
        asset=asset,
        amount=Decimal(amount),
        at=at,
        symbol=SWAP if kind == "funding" else "",
    )
    record_income(key, [row], read_at=at)
    return IncomeEntry.objects.get(venue_id=row.id)


def trade(key: ExchangeKey, minute: int, side: str, quantity: str, bot: Bot | None = None) -> None:
    spec = FillSpec(minute, side, Decimal(quantity), Decimal(100), is_bots=bot is not None)
    write_fills(key, [spec], bot, symbol=SWAP)
    fill_counter.count_fills(key.pk)


def ask(api: APIClient, name: str, **asked: Any) -> Any:
    return api.get(f"/api/v1/analytics/{name}/", asked).json()


def test_funding_is_the_bots_whose_position_it_is(key: ExchangeKey) -> None:
    bot, other = create_bot(key), create_bot(key, "other")
    trade(key, 1, "buy", "2", bot)
    trade(key, 3, "buy", "1")
    trade(key, 5, "sell", "1")
    trade(key, 7, "sell", "2", bot)
    trade(key, 9, "buy", "1", bot)
    trade(key, 9, "buy", "1", other)
    times = [NOON + timedelta(minutes=minute) for minute in (0, 2, 4, 6, 8, 10)]
    owners = [find_only_bot(key.pk, SWAP, at) for at in times]
    assert owners == [None, bot.pk, None, bot.pk, None, None]


def test_a_fill_heard_late_makes_funding_a_bots(key: ExchangeKey) -> None:
    bot = create_bot(key)
    assert pay(key, "-0.5").bot_id is None
    trade(key, -1, "buy", "2", bot)
    record_income(key, [], read_at=NOON + timedelta(minutes=5))
    assert IncomeEntry.objects.get().bot_id == bot.pk


def test_the_summary_has_income_apart_and_in_the_sum(api: APIClient, key: ExchangeKey) -> None:
    bot = create_bot(key)
    trade(key, -9, "buy", "2", bot)
    pay(key, "-0.5")
    pay(key, "0.123456789012345678", "rebate")
    pay(key, "1000", "deposit")
    pay(key, "-7", "transfer")
    (whole,) = ask(api, "summary")
    assert (whole["net"], whole["funding"], whole["income"], whole["total"]) == (
        *("0", "-0.5", "0.123456789012345678"),
        "-0.376543210987654322",
    )
    (its,) = ask(api, "summary", bot=bot.pk)
    assert (its["funding"], its["income"], its["total"]) == ("-0.5", "0", "-0.5")
    (compared,) = ask(api, "bots")
    assert (compared["bot"], compared["funding"], compared["total"]) == (bot.pk, "-0.5", "-0.5")
    later = ask(api, "summary", since="2026-03-02")
    assert [one["total"] for one in later] == ["0"]


def test_a_currency_of_income_alone_is_listed(api: APIClient, key: ExchangeKey) -> None:
    pay(key, "0.25", "rebate", asset="BNB")
    (one,) = ask(api, "summary")
    assert (one["currency"], one["net"], one["total"]) == ("BNB", "0", "0.25")


def test_each_day_has_its_income(api: APIClient, key: ExchangeKey) -> None:
    trade(key, 0, "buy", "2")
    trade(key, 1, "sell", "2")
    pay(key, "-1", at=NOON + timedelta(days=1))
    pay(key, "3", "interest", at=NOON + timedelta(days=2))
    (one,) = ask(api, "daily")
    days = [(day["on"], day["fills"], day["total"], day["equity"]) for day in one["days"]]
    assert days == [
        ("2026-03-01", 2, "0", "0"),
        ("2026-03-02", 0, "-1", "-1"),
        ("2026-03-03", 0, "3", "2"),
    ]
    (one,) = ask(api, "daily", since="2026-03-03")
    assert [(day["on"], day["equity"]) for day in one["days"]] == [("2026-03-03", "2")]


def test_income_is_listed_to_its_owner_alone(
    api: APIClient, key: ExchangeKey, other_user: User
) -> None:
    pay(create_key(other_user, label="theirs"), "5")
    for number in range(3):
        pay(key, f"{number + 1}", at=NOON + timedelta(minutes=number))
    pay(key, "9", "deposit", at=NOON + timedelta(hours=1))
    page = api.get("/api/v1/income/", {"kind": "funding", "limit": "2"}).json()
    assert [row["amount"] for row in page["results"]] == ["3", "2"]
    rest = api.get(page["next"]).json()
    assert [row["amount"] for row in rest["results"]] == ["1"]
    assert api.get("/api/v1/income/", {"kind": "gift"}).status_code == 400
    assert api.get("/api/v1/income/", {"cursor": "cD14"}).status_code == 404


@pytest.mark.django_db
def test_what_was_paid_in_keeps_the_value_of_then(user: User, key: ExchangeKey) -> None:
    store_prices(paper=True, at=NOON)
    entry = pay(key, "0.5", "deposit", asset="BTC", at=NOON)
    IncomeEntry.objects.filter(pk=entry.pk).update(value=Decimal(25_000))
    pay(key, "-1000", "withdrawal", at=NOON)
    pay(key, "3", "rebate", at=NOON)
    scope: dict[str, Any] = {"simulated": True, "since": None, "now": NOON}
    in_dollars = list_moved(user.pk, currency="USDT", **scope)
    assert [amount for _, amount in in_dollars] == [25_000, -1000]
    in_coins = list_moved(user.pk, currency="BTC", **scope)
    assert [amount for _, amount in in_coins] == [Decimal("0.5"), Decimal("-0.02")]


@pytest.mark.django_db
def test_what_was_paid_in_is_converted_by_the_rate_of_then(user: User, key: ExchangeKey) -> None:
    """A coin costs twice as much by now; what was paid in of it is no loss and no profit."""
    store_prices(paper=True, at=NOON)  # a coin costs 50,000
    paid_at = NOON - timedelta(days=9)
    for days, price in ((10, "20000"), (8, "25000"), (1, "49000")):
        at = NOON - timedelta(days=days)
        PortfolioValue.objects.create(
            user=user, is_paper=True, at=at, value=1, rates={"BTC": price}
        )
    coins = pay(key, "0.5", "deposit", asset="BTC", at=paid_at)
    IncomeEntry.objects.filter(pk=coins.pk).update(value=Decimal(12_500))
    pay(key, "1000", "deposit", at=paid_at)
    scope: dict[str, Any] = {"simulated": True, "since": None, "now": NOON}
    moved = list_moved(user.pk, currency="BTC", **scope)
    assert [amount for _, amount in moved] == [Decimal("0.5"), Decimal("0.04")]


def test_deposits_never_look_like_profit() -> None:
    before = CurvePoint(NOON - timedelta(days=1), Decimal(1000))
    moved = [(NOON - timedelta(hours=9), Decimal(5000)), (NOON - timedelta(hours=1), Decimal(-500))]
    day, *_ = value_changes([before], Decimal(5600), now=NOON, moved=moved)
    assert (day.amount, day.share) == (Decimal(100), Decimal("0.1"))
    points = [before, CurvePoint(NOON - timedelta(hours=5), Decimal(6000)), CurvePoint(NOON, None)]
    earlier = (NOON - timedelta(days=2), Decimal(77))
    assert [point.paid_in for point in add_paid_in(points, [earlier, *moved])] == [0, 5000, 4500]


def test_what_was_paid_in_before_a_value_was_recorded_is_part_of_it() -> None:
    start = NOON - timedelta(days=1)
    first = CurvePoint(start, Decimal(1000), recorded_at=start + timedelta(minutes=4))
    moved = [(start + timedelta(minutes=2), Decimal(1000))]
    points = add_paid_in([first, CurvePoint(NOON, Decimal(1000))], moved)
    assert [point.paid_in for point in points] == [0, 0]
    day, *_ = value_changes([first], Decimal(1000), now=NOON, moved=moved)
    assert day.amount == 0
