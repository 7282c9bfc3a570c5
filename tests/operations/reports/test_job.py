"""The jobs on a real worker: queued many times at once, each report is made and told once."""

from datetime import timedelta

from django.utils import timezone

from operations import tasks
from operations.models import Notification, PeriodReport
from tests.bots.pnl.fills import create_key
from tests.services import wait_until
from users.models import User

TIMES = 4


def test_jobs_that_run_at_once_make_one_report_each(
    worker: None, transactional_db: None, user: User
) -> None:
    User.objects.update(date_joined=timezone.now() - timedelta(days=30))
    create_key(user)
    for _ in range(TIMES):
        tasks.make_daily_reports.delay()
        tasks.make_weekly_reports.delay()
    reports = PeriodReport.objects.filter(user=user)
    told = Notification.objects.filter(user=user, category="reports")
    wait_until(lambda: reports.count() == told.count() == 2, what="both reports are told")
    assert sorted(reports.values_list("kind", flat=True)) == ["daily", "weekly"]
    assert {f"/reports/{pk}/" for pk in reports.values_list("pk", flat=True)} == set(
        told.values_list("link", flat=True)
    )
