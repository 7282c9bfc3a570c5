"""Reports by API and on pages: each for its owner, with the same figures in every form."""

import csv
from datetime import date, timedelta
from io import StringIO

import pytest
from django.test import Client
from django.utils import timezone

from operations.health.series import buckets
from operations.models import HealthHour, PeriodReport, ReportKind
from operations.reports.periods import find_period
from operations.reports.record import OPERATORS, ReportOwner, make_report
from tests.bots.pnl.fills import create_key
from tests.operations.conftest import Ask
from tests.operations.reports.conftest import JOINED, TradedWeek, end_orders
from tests.orders.reports import NOON
from users.models import KeyGrant, User

LATER = NOON + timedelta(days=9)


@pytest.fixture
def report(week: TradedWeek) -> PeriodReport:
    period = find_period(ReportKind.WEEKLY, NOON.date(), "UTC")
    return make_report(ReportOwner(week.user), period, now=LATER)[0]


def test_a_report_is_listed_read_and_downloaded(
    report: PeriodReport, ask: Ask, client: Client
) -> None:
    user = report.user
    assert user
    [row] = ask(user, "GET", "reports/?kind=weekly&since=2026-02-01&until=2026-02-28").json()[
        "results"
    ]
    assert (row["id"], row["starts_on"], row["ends_on"]) == (report.pk, "2026-02-23", "2026-03-01")
    assert ask(user, "GET", "reports/?kind=daily").json()["results"] == []
    assert ask(user, "GET", "reports/?kind=hourly").status_code == 400
    content = ask(user, "GET", f"reports/{report.pk}/").json()["content"]
    [result] = content["results"]

    table = ask(user, "GET", f"reports/{report.pk}/csv/", accept="text/csv")
    assert table["Content-Type"] == "text/csv; charset=utf-8"
    lines = list(csv.DictReader(StringIO(table.content.decode())))
    [total] = [
        one for one in lines if (one["section"], one["figure"]) == ("Profit and loss", "Result")
    ]
    assert (total["item"], total["money"], total["value"]) == ("USDT", "live", result["total"])

    client.force_login(user)
    page = client.get(f"/reports/{report.pk}/").content.decode()
    file = client.get(f"/reports/{report.pk}/html/")
    text = file.content.decode()
    for shown in ("Weekly report: 23 February to 1 March 2026", "grid", "BTC/USDT"):
        assert shown in page
        assert shown in text
    assert "attachment" in file["Content-Disposition"]
    assert "<script" not in text
    assert "http" not in text  # it needs nothing from elsewhere
    assert f'title="{result["total"]}"' in text
    assert "SIMULATED" not in page + text  # all of it is real money


def test_another_users_report_is_not_there(
    report: PeriodReport, other_user: User, staff_user: User, ask: Ask, client: Client
) -> None:
    for user in (other_user, staff_user):
        client.force_login(user)
        for path in ("", "csv/", "html/"):
            assert ask(user, "GET", f"reports/{report.pk}/{path}").status_code == 404
            assert ask(user, "GET", f"reports/installation/{report.pk}/{path}").status_code in (
                403,
                404,
            )
            assert client.get(f"/reports/{report.pk}/{path}").status_code == 404
        assert f"/reports/{report.pk}/" not in client.get("/reports/").content.decode()


def test_the_installations_report_is_for_operators(
    db: None, user: User, staff_user: User, ask: Ask, client: Client
) -> None:
    for number, down in enumerate((0, 30)):
        HealthHour.objects.create(
            service="worker", hour=NOON + timedelta(hours=number), healthy=120 - down, down=down,
            responses=100, response_ms_sum=500, response_ms_max=70 + number,
        )  # fmt: skip
    buckets.save_values({"queue:default": 7, "budget:binance.spot": 0.5}, at=NOON)
    buckets.save_values({"queue:default": 3}, at=NOON + timedelta(hours=2))
    period = find_period(ReportKind.DAILY, NOON.date(), "UTC")
    report, _ = make_report(OPERATORS, period, now=NOON + timedelta(hours=13))
    [service] = report.content["services"]
    assert (service["up_share"], service["worst_ms"], service["checks"]) == (0.875, 71.0, 240)
    assert [row["highest"] for row in report.content["peaks"]] == [0.5, 7]
    assert report.content["days"][0]["errors"] is None  # no log reaches back so far
    assert {row["times"] for row in report.content["alerts"]} == {None}  # no rule watched

    path = f"reports/installation/{report.pk}/"
    assert ask(staff_user, "GET", path).json()["content"] == report.content
    assert ask(user, "GET", path).status_code == 403
    client.force_login(staff_user)
    page = client.get(f"/reports/{report.pk}/").content.decode()
    assert "87.50 %" in page
    assert "not watched" in page
    assert client.get("/reports/?of=installation").status_code == 200
    client.force_login(user)
    assert client.get(f"/reports/{report.pk}/").status_code == 404
    assert client.get("/reports/?of=installation").status_code == 403


def test_one_is_made_now_by_api_and_by_page(db: None, user: User, ask: Ask, client: Client) -> None:
    user.date_joined = JOINED
    user.save()
    body = {"kind": "weekly", "on": "2026-02-25"}
    made = ask(user, "POST", "reports/", body)
    assert (made.status_code, made.json()["starts_on"]) == (201, "2026-02-23")
    assert made.json()["content"]["counts"]["placed"] == 0
    assert ask(user, "POST", "reports/", body).status_code == 200
    tomorrow = timezone.now().date() + timedelta(days=1)
    for wrong in ({"kind": "daily", "on": f"{tomorrow}"}, {"kind": "daily"}, {**body, "of": "all"}):
        assert ask(user, "POST", "reports/", wrong).status_code == 400
    client.force_login(user)
    answer = client.post("/reports/", {"kind": "daily", "on": "2026-02-25"}, follow=True)
    text = answer.content.decode()
    assert "Daily report: 25 February 2026" in text
    assert "No order was placed or ended" in text
    refused = client.post("/reports/", {"kind": "daily", "on": f"{tomorrow}"})
    assert (refused.status_code, "not over yet" in refused.content.decode()) == (422, True)
    assert client.post("/reports/", {"kind": "monthly", "on": "x"}).status_code == 422


def test_a_member_reads_of_a_shared_key_until_it_is_taken_back(
    db: None, user: User, other_user: User, ask: Ask, client: Client
) -> None:
    key = create_key(user)
    end_orders(key, "canceled", 4)
    User.objects.all().update(date_joined=JOINED)
    other_user.refresh_from_db()
    grant = KeyGrant.objects.create(
        key=key, member=other_user, member_name=other_user.username, role="viewer",
        created_at=NOON, accepted_at=NOON,
    )  # fmt: skip
    period = find_period(ReportKind.DAILY, date(2026, 3, 1), "UTC")
    report, _ = make_report(ReportOwner(other_user), period, now=LATER)
    content = ask(other_user, "GET", f"reports/{report.pk}/").json()["content"]
    assert content["counts"]["cancelled"] == 0  # none of the member's own
    [shared] = content["shared"]
    assert (shared["label"], shared["counts"]["cancelled"]) == ("plain", 4)
    client.force_login(other_user)
    for path in ("", "html/"):
        assert "SIMULATED" in client.get(f"/reports/{report.pk}/{path}").content.decode()
    assert "Shared with you" in ask(other_user, "GET", f"reports/{report.pk}/csv/").content.decode()
    grant.delete()
    assert ask(other_user, "GET", f"reports/{report.pk}/").json()["content"]["shared"] == []
    assert "Shared" not in ask(other_user, "GET", f"reports/{report.pk}/csv/").content.decode()
