"""One report for each owner and period: twice, at once, half-way, and told once."""

from datetime import date, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from pytest_django.fixtures import DjangoAssertNumQueries

from operations.models import Notification, OutboxMessage, PeriodReport, ReportKind
from operations.notifications.ways import actions as ways
from operations.reports import due, record
from operations.reports.periods import find_period
from operations.reports.record import OPERATORS, ReportOwner, make_report
from tests.bots.pnl.fills import create_key
from tests.operations.reports.conftest import JOINED, TradedWeek, end_orders
from tests.orders.reports import NOON
from users.models import User

DAILY, WEEKLY = ReportKind.DAILY, ReportKind.WEEKLY
MORNING = datetime.fromisoformat("2026-03-02T06:01:00+00:00")  # one o'clock in New York


def make_all(kind: ReportKind = DAILY, *, now: datetime = MORNING) -> str:
    return due.make_due(kind, now=now, seconds=60)


@pytest.fixture
def trader(db: None, user: User) -> User:
    User.objects.filter(pk=user.pk).update(date_joined=JOINED)
    create_key(user)
    user.refresh_from_db()
    return user


def test_the_job_makes_each_report_once_and_tells_once(
    trader: User, other_user: User, staff_user: User
) -> None:
    way = ways.add_webhook(trader, "hook", "https://example.org/hook", now=NOON).way
    assert make_all() == "made: 2"  # the trader's and the operators'; the other has no key
    assert make_all() == ""
    assert make_all(WEEKLY) == "made: 2"
    report = PeriodReport.objects.get(user=trader, kind=DAILY)
    assert (report.starts_on, report.time_zone) == (date(2026, 3, 1), "UTC")
    [told, weekly] = Notification.objects.filter(user=trader, category="reports").order_by("pk")
    assert (told.title, told.link) == ("Daily report: 1 March 2026", f"/reports/{report.pk}/")
    assert weekly.title == "Weekly report: 23 February to 1 March 2026"
    sent = OutboxMessage.objects.filter(way=way, category="reports")
    assert [one.link for one in sent.order_by("pk")] == [told.link, weekly.link]
    [of_staff, _] = Notification.objects.filter(user=staff_user).order_by("pk")
    assert of_staff.title == "Daily report of the installation: 1 March 2026"
    assert not Notification.objects.filter(user=other_user).exists()


def test_the_day_of_a_person_ends_at_their_midnight(trader: User) -> None:
    User.objects.filter(pk=trader.pk).update(time_zone="America/New_York")
    reports = PeriodReport.objects.filter(user=trader)
    make_all(now=MORNING - timedelta(hours=2))  # 23:01 of 1 March there
    assert reports.get().starts_on == date(2026, 2, 28)
    make_all()
    newest = reports.first()
    assert newest
    assert (newest.starts_on, newest.until.hour) == (date(2026, 3, 1), 5)


def test_a_report_that_is_made_by_hand_is_not_told_and_not_made_again(trader: User) -> None:
    owner = ReportOwner(trader)
    made, is_new = record.request_report(owner, DAILY, date(2026, 3, 1), now=MORNING)
    again, is_new_again = record.request_report(owner, DAILY, date(2026, 3, 1), now=MORNING)
    assert (made.pk, is_new, is_new_again) == (again.pk, True, False)
    assert make_all() == "made: 1"  # the operators'
    assert not Notification.objects.filter(user=trader).exists()
    made.pk = None  # as a writer would that has not looked
    with pytest.raises(IntegrityError, match="report_once_per_period"), transaction.atomic():
        made.save()


@pytest.mark.parametrize(
    ("day", "reason"),
    [
        ("2026-03-02", "over"),
        ("2026-01-14", "later"),
        ("9999-12-31", "over"),
        ("0001-01-01", "later"),
    ],
)
def test_a_period_that_is_not_over_or_came_before_the_account_is_refused(
    trader: User, day: str, reason: str
) -> None:
    for kind in (DAILY, WEEKLY):
        on = date.fromisoformat(day)
        if kind == WEEKLY and day == "2026-01-14":
            continue  # its week is that of the first day
        with pytest.raises(record.ReportRefused, match=reason):
            record.request_report(ReportOwner(trader), kind, on, now=MORNING)
    assert not PeriodReport.objects.exists()


BREAK_TELLING = """
CREATE FUNCTION break_telling() RETURNS trigger LANGUAGE plpgsql
    AS $$ BEGIN RAISE EXCEPTION 'broken'; END $$;
CREATE TRIGGER break_telling BEFORE INSERT ON operations_notification
    FOR EACH ROW WHEN (NEW.user_id = {}) EXECUTE FUNCTION break_telling();
"""


def test_what_fails_half_way_leaves_nothing_and_others_get_theirs(
    trader: User, other_user: User
) -> None:
    create_key(other_user, label="second")
    User.objects.filter(pk=other_user.pk).update(date_joined=JOINED, time_zone="No/Where")
    with connection.cursor() as cursor:
        cursor.execute(BREAK_TELLING.format(trader.pk))
        with pytest.raises(due.ReportsFailed, match="1 daily"):
            make_all()
        assert not PeriodReport.objects.filter(user=trader).exists()  # it was written before
        assert PeriodReport.objects.get(user=other_user).time_zone == "UTC"
        cursor.execute("DROP TRIGGER break_telling ON operations_notification")
    assert make_all() == "made: 1"  # the next run makes up for it
    assert Notification.objects.filter(user=trader).count() == 1


def test_ten_thousand_orders_cost_as_many_queries_as_ten(
    trader: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    key = trader.exchange_keys.get()
    end_orders(key, "filled", 10_000)
    period = find_period(DAILY, NOON.date(), "Europe/Berlin")
    with django_assert_max_num_queries(45):
        report, _ = make_report(ReportOwner(trader), period, now=MORNING, tells=True)
    assert report.content["counts"]["filled"] == 10_000
    assert report.content["sources"] == [{"source": "stream", "orders": 10_000}]


def test_the_week_of_a_trader_is_one_row(week: TradedWeek) -> None:
    make_all(WEEKLY)
    report = PeriodReport.objects.get(user=week.user)
    assert report.content["results"][0]["provisional"] is False
    make_report(OPERATORS, find_period(DAILY, NOON.date(), "UTC"), now=MORNING)
