"""The sections of the operators' console: who sees each, what it shows, and what its acts do."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from exchanges.base import RateLimitError
from exchanges.limits import bans
from exchanges.models import ExchangeKey
from operations.models import AuditChange, BackupRun, NotificationWay, OutboxMessage
from tests.conftest import create_user, sign_in
from users.models import User

RIGHTS = {
    "venues": "view_healthcheck",
    "streams": "view_healthcheck",
    "queues": "view_healthcheck",
    "sockets": "view_sockets",
    "logs": "view_servicelog",
    "audit": "view_auditchange",
    "messages": "view_outboxmessage",
    "backups": "view_backuprun",
    "users": "view_user",
    "markets": "control_market",
}
ACTS = {
    "audit/verify/": "view_auditchange",
    "backups/make/": "run_job",
    "markets/call-off/": "control_market",
    "users/1/deactivate/": "change_user",
    "messages/1/resend/": "change_outboxmessage",
    "sockets/act/": "change_sockets",
}


def create_operator(*rights: str) -> User:
    user = create_user("olga", is_staff=True)
    user.user_permissions.add(*Permission.objects.filter(codename__in=rights))
    return user


@pytest.fixture
def operator(client: Client, db: None) -> User:
    """Somebody with every right of the console and no superuser, signed in at `client`."""
    more = ("change_user", "change_outboxmessage", "run_job", "view_periodictask")
    user = create_operator(*RIGHTS.values(), *more)
    sign_in(client, user)
    return user


def read_page(client: Client, path: str) -> str:
    answer = client.get(f"/operations/{path}")
    assert answer.status_code == 200
    return answer.content.decode()


def send(client: Client, path: str) -> dict[str, Any]:
    """Post as the page's script does, which is answered in JSON."""
    answer = client.post(f"/operations/{path}", headers={"X-Requested-With": "fetch"})
    assert answer.status_code == 200
    return dict(answer.json())


@pytest.mark.parametrize(("section", "right"), RIGHTS.items())
def test_each_section_needs_its_own_right(
    client: Client, section: str, right: str, db: None
) -> None:
    others = {name for name in RIGHTS.values() if name != right}
    user = create_operator(*others)
    sign_in(client, user)
    assert client.get(f"/operations/{section}/").status_code == 403
    user.user_permissions.add(Permission.objects.get(codename=right))
    assert 'aria-current="page">' in read_page(client, f"{section}/")


@pytest.mark.parametrize(("path", "right"), ACTS.items())
def test_looking_is_not_acting(client: Client, path: str, right: str, db: None) -> None:
    sign_in(client, create_operator(*(set(RIGHTS.values()) - {right})))
    assert client.post(f"/operations/{path}").status_code == 403


def test_a_ban_shows_with_its_end(client: Client, operator: User, key: ExchangeKey) -> None:
    now = timezone.now()
    error = RateLimitError("too many requests", until=now + timedelta(minutes=3))
    bans.note(key, error, now=now)
    text = read_page(client, "venues/")
    assert "banned us" in text
    assert "too many requests" in text


def test_a_key_that_nobody_follows_is_idle(
    client: Client, operator: User, key: ExchangeKey
) -> None:
    text = read_page(client, "streams/")
    assert "No stream process runs" in text
    assert f'id="stream-{key.pk}"' in text
    assert f'id="stream-{key.pk}"' not in read_page(client, "streams/?state=live")
    assert f'id="stream-{key.pk}"' not in read_page(client, "streams/?q=nobody")


def test_the_log_is_searched_and_shows_no_markup(
    client: Client, operator: User, settings: Settings, tmp_path: Path
) -> None:
    settings.LOG_FOLDER = str(tmp_path)
    lines = [
        '{"timestamp":"2026-01-01T00:00:00Z","level":"info","event":"order placed"}',
        '{"timestamp":"2026-01-01T00:00:01Z","level":"error","event":"<b>venue</b>",'
        '"service":"worker","exception":"Traceback"}',
    ]
    (tmp_path / "web.1.jsonl").write_text("\n".join(lines) + "\n")
    text = read_page(client, "logs/?level=warning")
    assert "&lt;b&gt;venue&lt;/b&gt;" in text
    assert "order placed" not in text
    assert "order placed" in read_page(client, "logs/?q=PLACED")
    assert "No line matches" in read_page(client, "logs/?q=nothing%00like+this")


def test_the_audit_log_is_searched_and_verified(client: Client, operator: User) -> None:
    create_user("zoe")
    change = AuditChange.objects.filter(subject="users.user").latest("pk")
    text = read_page(client, "audit/?q=zoe")
    assert f'id="change-{change.pk}"' in text
    assert "olga" not in read_page(client, "audit/?subject=users.user&q=zoe").split("<main")[1]
    assert "The log is whole" in send(client, "audit/verify/")["words"]


def create_letter(user: User, **fields: Any) -> OutboxMessage:
    now = timezone.now()
    way = NotificationWay.objects.create(
        user=user, name="phone", kind="webhook", categories=[], created_at=now
    )
    values = {"status": "dead", "message_id": "msg_1", "done_at": now, "last_error": "no route"}
    return OutboxMessage.objects.create(
        user=user, way=way, cause="test", category="operations", level="info", title="Bot stopped",
        created_at=now, due_at=now, **{**values, **fields},
    )  # fmt: skip


def test_a_dead_letter_is_sent_again_once(client: Client, operator: User, user: User) -> None:
    letter = create_letter(user)
    assert "no route" in read_page(client, "messages/")
    assert send(client, f"messages/{letter.pk}/resend/")["kind"] == "success"
    assert send(client, f"messages/{letter.pk}/resend/")["kind"] == "error"
    letter.refresh_from_db()
    assert letter.status == "waiting"
    assert send(client, f"messages/{letter.pk}/drop/")["kind"] == "error"


def test_a_dead_letter_is_dropped_after_a_question(
    client: Client, operator: User, user: User
) -> None:
    letter = create_letter(user)
    assert "never sent" in read_page(client, f"messages/{letter.pk}/drop/")
    client.post(f"/operations/messages/{letter.pk}/drop/")
    assert not OutboxMessage.objects.exists()
    assert LogEntry.objects.get().user == operator


def test_a_backup_is_made_by_its_job_and_files_stay_here(
    client: Client, operator: User, settings: Settings, tmp_path: Path
) -> None:
    settings.BACKUP_FOLDER = str(tmp_path)
    now = timezone.now()
    BackupRun.objects.create(
        name="x", host="h", is_done=False, message="no space left", started_at=now, finished_at=now
    )
    assert "no space left" in read_page(client, "backups/")
    assert send(client, "backups/make/")["kind"] == "error"  # beat has made no job here
    for name in ("passwd", "..%2Fpasswd", "fillwatch-20260101T000000Z.dump"):
        assert client.post(f"/operations/backups/{name}/verify/").status_code == 404
    answer = client.post("/operations/backups/fillwatch-20260101T000000Z.dump/download/")
    assert answer.status_code == 403  # for a superuser alone


def test_a_user_is_found_signed_out_and_deactivated(client: Client, operator: User) -> None:
    zoe = create_user("zoe")
    theirs = Client()
    sign_in(theirs, zoe)
    assert "zoe" in read_page(client, "users/?q=ZO")
    assert "zoe" not in read_page(client, "users/?q=nobody")
    assert "bots stop" in read_page(client, f"users/{zoe.pk}/deactivate/")
    assert send(client, f"users/{zoe.pk}/deactivate/")["words"] == "Deactivated zoe."
    assert theirs.get("/orders/").status_code == 302
    assert "zoe" in read_page(client, "users/?kind=inactive")
    send(client, f"users/{zoe.pk}/activate/")
    zoe.refresh_from_db()
    assert zoe.is_active


def test_nobody_locks_themselves_or_a_superuser_out(client: Client, operator: User) -> None:
    root = create_user("root", is_staff=True, is_superuser=True)
    for person in (operator, root):
        assert send(client, f"users/{person.pk}/deactivate/")["kind"] == "error"
    assert User.objects.filter(is_active=True).count() == 2


def test_sockets_are_listed_and_acted_on_after_a_question(
    client: Client, operator: User, user: User
) -> None:
    operator.user_permissions.add(Permission.objects.get(codename="change_sockets"))
    assert "No socket is open" in read_page(client, "sockets/")
    path = f"sockets/act/?act=end_all&user={user.pk}&sign_out=on"
    assert "must sign in again" in read_page(client, path)
    assert "ada" in send(client, path)["words"]
    assert client.get("/operations/sockets/act/?act=explode&user=1").status_code == 404


@pytest.mark.parametrize("path", ["/operations/sockets/act/", "/admin/realtime/sockets/ask/"])
def test_nobody_signs_a_superuser_out_by_their_sockets(
    client: Client, operator: User, path: str
) -> None:
    operator.user_permissions.add(Permission.objects.get(codename="change_sockets"))
    root, theirs = create_user("root", is_staff=True, is_superuser=True), Client()
    sign_in(theirs, root)
    query = f"?act=end_all&user={root.pk}&sign_out=on"
    fields = {"act": "end_all", "user": root.pk, "sign_out": "on"}
    assert client.post(path + query, fields).status_code == 302
    assert theirs.get("/orders/").status_code == 200


def test_market_control_says_that_it_is_switched_off(
    client: Client, operator: User, settings: Any
) -> None:
    settings.SIMULATOR_ENDPOINT = ""
    text = read_page(client, "markets/")
    assert "SIMULATED" in text
    assert 'data-status="down"' in text
    assert send(client, "markets/call-off/")["kind"] == "error"
