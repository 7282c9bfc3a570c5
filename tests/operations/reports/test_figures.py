"""The figures of a report are those of the rows, counted here another way."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from bots.models import IncomeEntry, LogEntry
from exchanges.models import ExchangeKey
from operations.alerts import record as alerts
from operations.models import ReportKind
from operations.reports.figures.user_figures import build_figures
from operations.reports.periods import find_last_period, find_period
from orders.models import Fill
from tests.bots.pnl.fills import create_key
from tests.operations.conftest import Ask
from tests.operations.reports.conftest import SYMBOLS, TradedWeek, earn_between, end_orders
from tests.orders.reports import NOON
from users.models import User

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu")
LATER = NOON + timedelta(days=9)


def build(user: User, kind: str, day: date, zone: str) -> dict[str, Any]:
    return build_figures(user, find_period(ReportKind(kind), day, zone), now=LATER)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(("kind", "day"), [("daily", 28), ("weekly", 27)])
def test_profit_is_that_of_the_fills_between_two_midnights(
    week: TradedWeek, zone: str, kind: str, day: int
) -> None:
    on = date(2026, 2, day)
    period = find_period(ReportKind(kind), on, zone)
    content = build(week.user, kind, on, zone)
    spans = [(one.since, one.until) for one in (period, period.former)]
    now, before = ([earn_between(specs, *span) for specs in week.specs.values()] for span in spans)
    [result] = content["results"]
    assert Decimal(result["gross"]) == sum(gross for gross, _ in now)
    assert Decimal(result["fees"]) == sum(fees for _, fees in now)
    assert Decimal(result["total_before"]) == sum(gross - fees for gross, fees in before)
    nets = {row["symbol"]: Decimal(row["net"]) for row in content["symbols"]}
    assert nets == {one: gross - fees for one, (gross, fees) in zip(SYMBOLS, now, strict=True)}
    fills = Fill.objects.filter(executed_at__gte=period.since, executed_at__lt=period.until)
    assert result["fills"] == content["counts"]["fills"] == len(fills) > 0
    volume = sum(fill.price * fill.quantity for fill in fills)
    assert Decimal(content["volume"][0]["amount"]) == volume
    bots_fills = fills.filter(order__bot=week.bot).count()
    assert [(row["name"], row["fills"]) for row in content["bots"]] == [("grid", bots_fills)]


def test_the_days_of_a_week_add_up_to_it(week: TradedWeek) -> None:
    for zone in ("UTC", "Europe/Berlin"):
        whole = build(week.user, "weekly", date(2026, 2, 23), zone)
        days = [
            build(week.user, "daily", date(2026, 2, 23) + timedelta(days=number), zone)
            for number in range(7)
        ]
        for name in ("gross", "fees", "total", "rounds", "wins", "losses"):
            parts = [Decimal(day["results"][0][name]) for day in days if day["results"]]
            assert sum(parts) == Decimal(whole["results"][0][name]), (zone, name)
        assert sum(day["counts"]["filled"] for day in days) == whole["counts"]["filled"]


def test_a_day_of_utc_is_what_analytics_say(week: TradedWeek, ask: Ask) -> None:
    IncomeEntry.objects.create(
        user=week.user, key=week.key, bot=week.bot, kind="funding", asset="USDT",
        amount=Decimal("-0.123456789"), at=NOON, venue_id="1",
    )  # fmt: skip
    on = NOON.date()
    content = build(week.user, "daily", on, "UTC")
    [summary] = ask(week.user, "GET", f"analytics/summary/?since={on}&until={on}").json()
    [result] = content["results"]
    for name in ("gross", "fees", "net", "funding", "income", "total", "fills", "rounds", "wins",
                 "losses", "best", "worst", "provisional"):  # fmt: skip
        assert result[name] == summary[name], name
    [bot] = ask(week.user, "GET", f"analytics/bots/?since={on}&until={on}").json()
    assert content["bots"][0]["total"] == bot["total"]


def test_orders_fees_and_sources_are_counted_by_venue_and_symbol(
    db: None, user: User, other_user: User
) -> None:
    key, other = create_key(user), create_key(other_user)
    for status, number in (("canceled", 3), ("rejected", 2), ("expired", 1), ("denied", 1)):
        end_orders(key, status, number)
        end_orders(other, status, 7)
    end_orders(key, "canceled", 5, at=NOON - timedelta(days=1))
    User.objects.filter(pk=user.pk).update(date_joined=NOON - timedelta(days=9))
    user.refresh_from_db()
    content = build(user, "daily", NOON.date(), "UTC")
    [row] = content["by_symbol"]
    assert (row["venue"], row["market"], row["simulated"]) == ("binance", "spot", True)
    assert content["counts"] == {
        "placed": 7, "external": 0, "filled": 0, "cancelled": 3, "rejected": 2, "denied": 1,
        "expired": 1, "fills": 0,
    }  # fmt: skip
    assert content["counts_before"]["cancelled"] == 5
    assert content["sources"] == [{"source": "stream", "orders": 7}]  # as it was told first


def test_troubles_are_listed_with_their_reasons(db: None, user: User, key_row: ExchangeKey) -> None:
    before_details = {"message": "stopped: too little money"}
    german = {"message": "gestoppt: zu wenig Geld", "details": {"stop_reason": "zu wenig Geld"}}
    for entry in (before_details, german):
        LogEntry.objects.create(user=user, level="error", created_at=NOON, **entry)
    name = f"key:{key_row.pk}"
    alerts.begin_alert(user_id=user.pk, name=name, title="Refused", message="-2015", now=NOON)
    content = build(user, "daily", NOON.date(), "UTC")
    reasons = [row["reason"] for row in content["stopped_bots"]]
    assert reasons == ["too little money", "zu wenig Geld"]
    assert (content["stops"], content["alerts_raised"]) == (2, 1)
    assert (content["keys"][0]["label"], content["keys"][0]["message"]) == ("plain", "-2015")
    day_after = build(user, "daily", NOON.date() + timedelta(days=1), "UTC")
    assert (day_after["stopped_bots"], day_after["alerts"]) == ([], [])
    assert [row["label"] for row in day_after["keys"]] == ["plain"]  # it goes on


def test_what_is_not_known_is_null_and_no_zero(db: None, user: User, key_row: ExchangeKey) -> None:
    period = find_period(ReportKind.DAILY, NOON.date(), "UTC")
    User.objects.filter(pk=user.pk).update(date_joined=period.since)
    user.refresh_from_db()
    content = build_figures(user, period, now=NOON + timedelta(days=500))
    assert content["counts_before"] is None  # the account was not there
    assert content["stopped_bots"] is content["stops"] is content["alerts"] is None  # deleted
    assert content["results"] == content["fees"] == content["by_symbol"] == []


@pytest.fixture
def key_row(user: User) -> ExchangeKey:
    return create_key(user)


@pytest.mark.parametrize(
    ("zone", "now", "expected"),
    [
        ("UTC", "2026-03-02T00:00:00+00:00", "2026-03-01"),
        ("Europe/Berlin", "2026-03-01T22:59:59+00:00", "2026-02-28"),
        ("Europe/Berlin", "2026-03-01T23:00:00+00:00", "2026-03-01"),
        ("Asia/Kathmandu", "2026-03-01T18:15:00+00:00", "2026-03-01"),
    ],
)
def test_a_day_is_over_at_midnight_of_its_zone(zone: str, now: str, expected: str) -> None:
    period = find_last_period(ReportKind.DAILY, zone, now=datetime.fromisoformat(now))
    assert period.starts_on.isoformat() == expected


def test_a_day_on_which_clocks_change_has_other_hours() -> None:
    spring = find_period(ReportKind.DAILY, date(2026, 3, 29), "Europe/Berlin")
    autumn = find_period(ReportKind.DAILY, date(2026, 10, 25), "Europe/Berlin")
    assert spring.until - spring.since == timedelta(hours=23)
    assert autumn.until - autumn.since == timedelta(hours=25)
    assert spring.former.until == spring.since
    monday = find_period(ReportKind.WEEKLY, date(2026, 3, 1), "UTC")
    assert (monday.starts_on, monday.ends_on) == (date(2026, 2, 23), date(2026, 3, 1))
