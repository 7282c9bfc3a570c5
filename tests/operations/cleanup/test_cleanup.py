"""The clean-up: which rows go, which stay, and that no table that grows is forgotten."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings

from bots.models import LogEntry, StopAll
from config.launcher.home import BASE
from operations import tasks
from operations.cleanup import prune
from operations.cleanup.tables import BY_OTHERS, KEPT, PRUNED
from operations.models import Alert, JobChange, Notification
from tests.realtime.socket.wire import write
from users.models import User

# Tables of settings, and those with a row for each user, key, bot, job or process.
SMALL = """
    account.emailaddress account.emailconfirmation auth.group auth.permission
    axes.accessattemptexpiration bots.autotrade bots.bot bots.botlimits bots.hook
    bots.incomecursor bots.pnlbook contenttypes.contenttype django_celery_beat.clockedschedule
    django_celery_beat.crontabschedule django_celery_beat.intervalschedule
    django_celery_beat.periodictask django_celery_beat.periodictasks
    django_celery_beat.solarschedule exchanges.balance exchanges.deadmansswitch
    exchanges.exchangekey exchanges.position exchanges.streamlease exchanges.streamprocess
    exchanges.symbol mfa.authenticator operations.beatlease operations.jobstate
    operations.marketscenario operations.notificationcursor operations.notificationpreferences
    operations.notificationway operations.servicelog operations.telegramupdates realtime.stream
    operations.alertrule socialaccount.socialaccount socialaccount.socialapp
    socialaccount.socialtoken users.keygrant users.user
"""


def test_every_table_that_grows_is_pruned_or_kept_on_purpose() -> None:
    models = {model._meta.label_lower for model in apps.get_models() if not model._meta.proxy}
    decided = [*PRUNED, *BY_OTHERS, *KEPT, *SMALL.split()]
    assert len(decided) == len(set(decided))
    assert models == set(decided)


def test_the_document_has_all_of_them() -> None:
    lines = (BASE / "docs" / "cleanup.md").read_text().splitlines()
    by_age = {table: rule.describe_period() for table, rule in PRUNED.items()}
    periods = {**by_age, **BY_OTHERS, **KEPT}
    assert [f"| `{table}` | {text} |" for table, text in periods.items()] == [
        line for line in lines if line.startswith("| `")
    ]


@pytest.mark.parametrize("table", PRUNED)
def test_the_times_of_a_rule_are_fields(table: str) -> None:
    names = {field.name for field in apps.get_model(table)._meta.get_fields()}
    assert names.issuperset(PRUNED[table].times)


@pytest.fixture
def old_rows(user: User, settings: Settings) -> None:
    """An old, a young and an open row in each of some tables."""
    settings.RECORD_DAYS = settings.NOTIFICATION_DAYS = settings.LOG_DAYS = 10
    now = timezone.now()
    old, young = now - timedelta(days=10, seconds=1), now - timedelta(days=9, hours=23)
    for name, ended_at in (("old", old), ("young", young), ("open", None)):
        Alert.objects.create(user=user, name=name, title=name, began_at=old, ended_at=ended_at)
        Notification.objects.create(user=user, title=name, created_at=old, read_at=ended_at)
        JobChange.objects.create(job_name=name, action="run", by="olga", at=ended_at or now)
    Notification.objects.create(user=user, title="dismissed", created_at=old, dismissed_at=old)
    LogEntry.objects.all().delete()
    for name, at in (("old", old), ("young", young)):
        LogEntry.objects.create(user=user, level="info", message=name, created_at=at)
    for ended_at in (old, None):
        StopAll.objects.create(user=user, asked_at=old, ended_at=ended_at, bots=0, orders=0, left=0)


def list_kept() -> list[list[str]]:
    assert StopAll.objects.filter(ended_at=None).exists(), "it has not ended"
    return [
        sorted(Alert.objects.values_list("name", flat=True)),
        sorted(Notification.objects.values_list("title", flat=True)),
        sorted(JobChange.objects.values_list("job_name", flat=True)),
    ]


def test_old_rows_go_and_others_stay(old_rows: None) -> None:
    tasks.clean_up()
    assert list_kept() == [["open", "young"]] * 3
    assert [entry.message for entry in LogEntry.objects.all()] == ["young"]
    assert StopAll.objects.count() == 1
    tasks.clean_up()
    assert list_kept() == [["open", "young"]] * 3


def test_a_dry_run_counts_and_deletes_nothing(old_rows: None) -> None:
    output = StringIO()
    call_command("prune", dry_run=True, json=True, stdout=output)
    rows = {row["table"]: row["rows"] for row in json.loads(output.getvalue()) if row["rows"]}
    expected = {"operations.alert": 1, "operations.notification": 2, "operations.jobchange": 1}
    expected |= {"bots.logentry": 1, "bots.stopall": 1}
    assert rows == expected
    assert [len(names) for names in list_kept()] == [3, 4, 3]


def test_batches_and_the_end_of_the_time(old_rows: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prune, "BATCH", 1)
    with pytest.raises(CommandError, match="run it again") as caught:
        call_command("prune", seconds=0, stdout=StringIO())
    assert caught.value.returncode == 2
    assert [len(names) for names in list_kept()] == [3, 4, 3]
    output = StringIO()
    call_command("prune", stdout=output)
    assert "6 rows deleted." in output.getvalue()
    assert list_kept() == [["open", "young"]] * 3


def test_events_are_pruned_with_the_rest(user: User, settings: Settings) -> None:
    write(user, 1, 2)
    settings.REALTIME = settings.REALTIME | {"KEEP_DAYS": 0.0}
    results = {result.table: result for result in prune.prune_all(now=timezone.now())}
    assert results["realtime.event"].rows == 2
