"""Reports are told and read in their reader's language; files for programs stay English."""

from datetime import datetime, timedelta

from django.test import Client
from django.utils import timezone
from django.utils.translation import get_language

from operations.models import Notification, ReportKind
from operations.reports import due
from operations.reports.periods import find_period
from operations.reports.record import ReportOwner, make_report
from tests.bots.pnl.fills import create_key
from tests.operations.reports.conftest import JOINED, TradedWeek
from tests.orders.reports import NOON
from users.models import User

MORNING = datetime.fromisoformat("2026-03-02T06:01:00+00:00")


def speak(user: User, language: str) -> None:
    User.objects.filter(pk=user.pk).update(language=language, date_joined=JOINED)
    user.refresh_from_db()


def test_each_is_told_in_his_language(db: None, user: User, other_user: User) -> None:
    for person, language in ((user, "de"), (other_user, "")):
        speak(person, language)
        create_key(person)
    due.make_due(ReportKind.DAILY, now=MORNING, seconds=60)
    texts = dict(Notification.objects.values_list("user", "title"))
    assert texts[user.pk] == "Tagesbericht: 1 März 2026"
    assert texts[other_user.pk] == "Daily report: 1 March 2026"
    told = Notification.objects.get(user=user)
    assert told.message == "Es wurde keine Order aufgegeben oder beendet."
    assert get_language() == "en"


def test_a_page_is_german_and_a_csv_english(week: TradedWeek, client: Client) -> None:
    period = find_period(ReportKind.WEEKLY, NOON.date(), "UTC")
    report, _ = make_report(ReportOwner(week.user), period, now=NOON + timedelta(days=9))
    speak(week.user, "de")
    client.force_login(week.user, "django.contrib.auth.backends.ModelBackend")
    page = client.get(f"/reports/{report.pk}/").content.decode()
    file = client.get(f"/reports/{report.pk}/html/").content.decode()
    for text in ("Wochenbericht: 23 Februar bis 1 März 2026", "Gewinn und Verlust", "Funding"):
        assert text in page
        assert text in file
    table = client.get(f"/reports/{report.pk}/csv/").content.decode()
    assert "Profit and loss,USDT,live,Result," in table


def test_a_refusal_is_german(db: None, user: User, client: Client) -> None:
    speak(user, "de")
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    today = f"{timezone.now():%Y-%m-%d}"
    page = client.post("/reports/", {"kind": "daily", "on": today}).content.decode()
    assert "Dieser Zeitraum ist noch nicht vorbei." in page
