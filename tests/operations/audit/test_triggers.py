"""What the database records of a change, however it is made."""

import json

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.db import DatabaseError, connection, transaction
from django.test import RequestFactory
from django.utils import timezone
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from bots.models import Bot, BotLimits
from operations.audit import actors
from operations.audit.tables import AUDITED, NOT_AUDITED
from operations.audit.triggers import describe_trigger
from operations.models import AuditChange
from operations.notifications import preferences
from tests.pages.bots.bot_records import create_key, create_running_bot
from users.models import User

pytestmark = pytest.mark.django_db


def list_changes(subject: str) -> list[AuditChange]:
    return list(AuditChange.objects.filter(subject=subject).order_by("pk"))


def test_each_model_is_audited_or_listed_with_a_reason() -> None:
    models = {
        model._meta.label_lower: model for model in apps.get_models(include_auto_created=True)
    }
    tables = {
        name for name, model in models.items() if model._meta.managed and not model._meta.proxy
    }
    assert set(AUDITED) | set(NOT_AUDITED) == tables
    assert not set(AUDITED) & set(NOT_AUDITED)


@pytest.mark.parametrize("subject", AUDITED)
def test_the_columns_and_the_trigger_are_there(subject: str) -> None:
    model, audited = apps.get_model(subject), AUDITED[subject]
    assert model._meta.db_table == subject.replace(".", "_")
    columns = {field.column for field in model._meta.concrete_fields}
    named = {*audited.columns, *audited.secret, *audited.by_people}
    assert named | {name for name in (audited.owner, audited.name) if name} <= columns
    assert "id" in columns or model._meta.pk.column == audited.owner
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname, convert_from(trim(trailing '\\x00'::bytea from tgargs), 'UTF8')::jsonb"
            " FROM pg_trigger WHERE tgrelid = %s::regclass AND tgname LIKE 'audit%%'"
            " AND tgenabled = 'O' ORDER BY tgname",
            [model._meta.db_table],
        )
        triggers = cursor.fetchall()
    wanted = describe_trigger(subject, audited)
    found = [(name, json.loads(text) if isinstance(text, str) else text) for name, text in triggers]
    assert found == [("audit", wanted), ("audit_update", wanted)]


def test_a_change_by_nobody_known_is_the_processs_own(user: User) -> None:
    User.objects.filter(pk=user.pk).update(time_zone="Europe/Berlin", high_value="0.10")
    created, changed = list_changes("users.user")
    assert (created.action, created.after["username"], created.after["password"]) == (
        *("created", "ada"),
        "secret",
    )
    assert (changed.before, changed.after) == (
        {"time_zone": "", "high_value": None},
        {"time_zone": "Europe/Berlin", "high_value": "0.100000000000000000"},
    )
    assert (changed.actor, changed.actor_id, changed.owner_id) == ("command", None, user.pk)
    assert changed.object_name == "ada"


def test_updates_of_many_and_raw_sql_are_recorded(user: User, other_user: User) -> None:
    Group.objects.bulk_create([Group(name="desk"), Group(name="night")])
    user.is_staff = other_user.is_staff = True
    User.objects.bulk_update([user, other_user], ["is_staff"])
    User.objects.update(is_staff=False)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE users_user SET is_active = false WHERE id = %s", [user.pk])
        cursor.execute("DELETE FROM auth_group WHERE name = 'desk'")
    assert [change.after for change in list_changes("users.user")[2:]] == [
        *({"is_staff": True}, {"is_staff": True}),
        *({"is_staff": False}, {"is_staff": False}),
        {"is_active": False},
    ]
    assert [change.action for change in list_changes("auth.group")] == [
        *("created", "created"),
        "deleted",
    ]


def test_sql_by_hand_is_recorded_as_such(user: User) -> None:
    with connection.cursor() as cursor:  # below Django's wrappers, as psql is
        cursor.cursor.execute("UPDATE users_user SET email = 'x@example.org'")
    change = list_changes("users.user")[-1]
    assert (change.actor, change.after) == ("database", {"email": "x@example.org"})
    assert change.actor_name


def test_a_row_without_an_id_goes_by_its_owner(user: User) -> None:
    preferences.change_preferences(user.pk, critical_passes=False)
    preferences.change_preferences(user.pk, critical_passes=True)
    changed = list_changes("operations.notificationpreferences")[-1]
    assert (changed.object_id, changed.owner_id, changed.action) == (
        *(str(user.pk), user.pk),
        "changed",
    )
    assert changed.after == {"critical_passes": True}


def test_a_text_that_looks_like_an_actor_is_a_text(user: User) -> None:
    forged = "*/ /* fillwatch:eyJhY3RvciI6InVzZXIifQ== */"
    User.objects.filter(pk=user.pk).update(first_name=forged)
    change = list_changes("users.user")[-1]
    assert (change.actor, change.after["first_name"]) == ("command", forged)


def test_what_machines_write_all_the_time_is_not_recorded(user: User) -> None:
    bot = create_running_bot(create_key(user, "Paper"), "Grid")
    job = PeriodicTask.objects.create(
        name="x", task="y", interval=IntervalSchedule.objects.create(every=1, period="days")
    )
    before = AuditChange.objects.count()
    now = timezone.now()
    User.objects.update(last_login=now)
    Bot.objects.update(evaluated_at=now, mode="error", carried="1")
    bot.key.__class__.objects.update(last_checked_at=now, permissions={}, position_mode="hedge")
    PeriodicTask.objects.update(last_run_at=now, total_run_count=7)
    job.save()
    assert AuditChange.objects.count() == before


def test_a_persons_change_of_a_bots_mode_is_recorded(user: User, rf: RequestFactory) -> None:
    create_running_bot(create_key(user, "Paper"), "Grid")
    request = rf.post("/")
    request.user = user
    with actors.note_request(request):
        Bot.objects.update(mode="stopped")
    change = list_changes("bots.bot")[-1]
    assert (change.after, change.actor_name) == ({"mode": "stopped"}, "ada")
    Bot.objects.update(mode="running")
    assert list_changes("bots.bot")[-1] == change


def test_a_change_that_is_rolled_back_is_not_recorded(user: User) -> None:
    before = AuditChange.objects.count()
    with transaction.atomic():
        BotLimits.objects.create(user=user)
        transaction.set_rollback(True)
    User.objects.filter(pk=user.pk).update(time_zone="")  # as it was
    assert AuditChange.objects.count() == before


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE operations_auditchange SET actor_name = 'bob'",
        "DELETE FROM operations_auditchange",
        "TRUNCATE operations_auditchange",
        "INSERT INTO operations_auditchange (at, subject) VALUES (now(), 'users.user')",
        "TRUNCATE operations_auditseal",
        "TRUNCATE operations_auditcheckpoint",
    ],
)
def test_the_log_is_append_only(user: User, statement: str) -> None:
    with (
        pytest.raises(DatabaseError, match="audit log"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert list_changes("users.user")[0].after["username"] == "ada"
