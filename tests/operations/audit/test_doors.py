"""Each way to change something leaves one entry, with who, from where, before and after."""

import json
from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.test import Client
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from bots.models import Bot, BotLimits
from exchanges.models import ExchangeKey
from operations.models import AuditChange
from tests.conftest import PASSWORD, sign_in
from tests.pages.bots.bot_records import PRICES, create_bot, create_key
from users.models import ApiToken, User

pytestmark = pytest.mark.django_db
ADDRESS = "203.0.113.7"
Call = Callable[..., Any]


@pytest.fixture
def key(user: User) -> ExchangeKey:
    return create_key(user)


@pytest.fixture
def call(client: Client, user: User) -> Call:
    """Call the API as ada, or as another; what it answers must not be an error."""
    sign_in(client, user)
    BotLimits.objects.create(user=user)  # made at the first use else

    def send(
        method: str, path: str, body: Any = None, *, by: User | None = None, **more: Any
    ) -> Any:
        if by:
            sign_in(client, by)
        answer = getattr(client, method)(
            f"/api/v1/{path}", body or {}, "application/json", REMOTE_ADDR=ADDRESS, **more
        )
        assert answer.status_code < 400, answer.content
        return answer.json() if answer.content else None

    return send


@pytest.fixture
def fresh() -> Callable[[], list[AuditChange]]:
    """Return the entries since the last call."""
    seen = 0

    def read() -> list[AuditChange]:
        nonlocal seen
        entries = list(AuditChange.objects.filter(pk__gt=seen).order_by("pk"))
        seen = entries[-1].pk if entries else seen
        return entries

    return read


Fresh = Callable[[], list[AuditChange]]


def read_one(fresh: Fresh) -> AuditChange:
    entries = fresh()
    assert len(entries) == 1, [(str(entry), entry.before, entry.after) for entry in entries]
    return entries[0]


def assert_by(entry: AuditChange, user: User, via: str, role: str = "user") -> None:
    assert (entry.actor, entry.actor_id, entry.actor_name) == ("user", user.pk, user.username)
    assert (entry.via, entry.address, entry.role) == (via, ADDRESS, role)
    assert len(entry.request_id) == 36


def test_ones_own_settings(call: Call, fresh: Fresh, user: User) -> None:
    fresh()
    call("patch", "me/", {"time_zone": "Europe/Berlin"})
    entry = read_one(fresh)
    assert_by(entry, user, "api-me")
    assert (entry.before, entry.after) == ({"time_zone": ""}, {"time_zone": "Europe/Berlin"})
    call("patch", "me/", {"time_zone": "Europe/Berlin"})  # twice is no change
    assert fresh() == []


def test_keys(call: Call, fresh: Fresh, user: User, settings: Any) -> None:
    settings.SEAL_PRIVATE_KEYS = []
    fields = {"label": "Desk", "venue": "binance", "market": "spot"}
    secret = "s3cret-that-is-never-seen"
    fresh()
    made = call("post", "keys/", fields | {"api_key": "a-key-never-seen", "secret": secret})
    created, *_ = fresh()
    assert (created.action, created.after["label"], created.after["api_key"]) == (
        *("created", "Desk"),
        "secret",
    )
    assert_by(created, user, "key-list")
    call("patch", f"keys/{made['id']}/", {"label": "Desk 2"})
    entry = read_one(fresh)
    assert (entry.before, entry.after) == ({"label": "Desk"}, {"label": "Desk 2"})
    assert entry.object_name == "Desk 2"
    call("delete", f"keys/{made['id']}/")
    entry = read_one(fresh)
    assert (entry.action, entry.before["label"], entry.after) == ("deleted", "Desk 2", {})
    stored = json.dumps(list(AuditChange.objects.values("before", "after")))
    assert "never-seen" not in stored


def test_bots(call: Call, fresh: Fresh, user: User, key: ExchangeKey) -> None:
    fresh()
    fields = {"name": "Grid", "symbol": "BTC/USDT", "strategy": "scalper", "settings": PRICES}
    bot = call("post", "bots/", {**fields, "key": key.pk})
    assert read_one(fresh).after["settings"] == Bot.objects.get().settings
    call("patch", f"bots/{bot['id']}/", {"budget": "900.10"})
    entry = read_one(fresh)
    assert (entry.before["budget"], entry.after["budget"][:6]) == (None, "900.10")
    call("post", f"bots/{bot['id']}/start/")
    entry = read_one(fresh)
    assert (entry.before, entry.after) == ({"mode": "stopped"}, {"mode": "running"})
    assert_by(entry, user, "api-bot-start")


def test_limits_auto_trade_and_hook(call: Call, fresh: Fresh, user: User) -> None:
    for path in ("hook/", "limits/", "auto-trade/"):  # which make the rows
        call("get", path)
    fresh()
    call("patch", "limits/", {"most_running": 3})
    assert read_one(fresh).subject == "bots.botlimits"
    call("patch", "auto-trade/", {"per_day": 7})
    assert read_one(fresh).subject == "bots.autotrade"
    call("post", "hook/rotate/")
    entry = read_one(fresh)
    assert (entry.subject, entry.after) == ("bots.hook", {"generation": "changed"})


def test_tokens_and_what_is_done_with_one(call: Call, fresh: Fresh, user: User) -> None:
    key = create_key(user)
    bot = create_bot(key)
    fresh()
    body = {"name": "script", "scopes": ["trade"], "days": 7}
    text = call("post", "api-tokens/", body)["token"]
    entry, token = read_one(fresh), ApiToken.objects.get()
    assert (entry.subject, entry.token_id, entry.after["digest"]) == (
        *("users.apitoken", None),
        "secret",
    )
    program, path = Client(headers={"Authorization": f"Bearer {text}"}), f"bots/{bot.pk}/start/"
    answer = program.post(f"/api/v1/{path}", {}, "application/json", REMOTE_ADDR=ADDRESS)
    assert answer.status_code < 400
    entry = read_one(fresh)
    assert_by(entry, user, "api-bot-start")
    assert entry.token_id == token.pk
    call("delete", f"api-tokens/{token.pk}/")
    assert list(read_one(fresh).after) == ["revoked_at"]


def test_grants(call: Call, fresh: Fresh, user: User, other_user: User, key: ExchangeKey) -> None:
    fresh()
    call("post", f"keys/{key.pk}/grants/", {"member": "bob", "role": "viewer"})
    entry = read_one(fresh)
    assert (entry.subject, entry.owner_id, entry.after["role"]) == (
        *("users.keygrant", user.pk),
        "viewer",
    )
    call("post", f"shared-keys/{key.pk}/accept/", by=other_user)
    entry = read_one(fresh)
    assert_by(entry, other_user, "api-shared-key-accept")
    assert entry.owner_id == user.pk  # she sees in her list that he accepted


def test_pages(client: Client, fresh: Fresh, user: User) -> None:
    sign_in(client, user)
    fresh()
    client.post("/preferences/", {"check_seconds": "7"}, REMOTE_ADDR=ADDRESS)
    entry = read_one(fresh)
    assert_by(entry, user, "preferences")
    assert entry.after == {"check_seconds": "7"}
    new = {"password1": "staple horse 99", "password2": "staple horse 99"}
    client.post("/password/", {"oldpassword": PASSWORD, **new}, REMOTE_ADDR=ADDRESS)
    entry = read_one(fresh)
    assert (entry.before, entry.after) == ({"password": "secret"}, {"password": "changed"})


def test_the_admin(client: Client, fresh: Fresh, user: User, staff_user: User) -> None:
    sign_in(client, staff_user)
    job = PeriodicTask.objects.create(
        name="Nightly", task="y", interval=IntervalSchedule.objects.create(every=1, period="days")
    )
    fresh()
    chosen = {"action": "disable_tasks", "_selected_action": [job.pk]}
    client.post("/admin/django_celery_beat/periodictask/", chosen, REMOTE_ADDR=ADDRESS)
    entry = read_one(fresh)
    assert_by(entry, staff_user, "admin:django_celery_beat_periodictask_changelist", "superuser")
    assert (entry.object_name, entry.after) == ("Nightly", {"enabled": False})
    chosen = {"action": "delete_selected", "_selected_action": [user.pk], "post": "yes"}
    client.post("/admin/users/user/", chosen, REMOTE_ADDR=ADDRESS)
    entry = next(entry for entry in fresh() if entry.subject == "users.user")
    assert (entry.action, entry.object_name, entry.owner_id) == ("deleted", "ada", user.pk)


def test_a_command(fresh: Fresh, user: User) -> None:
    fresh()
    call_command("add_user", "eve", stdout=StringIO())
    assert (entry := read_one(fresh)).object_name == "eve"
    assert entry.actor == "command"
    user.groups.create(name="desk")
    group, link = fresh()
    assert (group.actor, link.subject, link.after["user_id"]) == (
        *("command", "users.user_groups"),
        str(user.pk),
    )


def test_after_a_request_nobody_is_left(call: Call, fresh: Fresh, user: User) -> None:
    call("patch", "me/", {"time_zone": "Europe/Berlin"})
    fresh()
    User.objects.update(time_zone="")
    entry = read_one(fresh)
    assert (entry.actor, entry.actor_id, entry.address) == ("command", None, None)


def test_staff_with_the_permission_read_and_export(
    client: Client, call: Call, user: User, staff_user: User
) -> None:
    call("patch", "me/", {"time_zone": "Europe/Berlin"})
    assert client.get("/api/v1/monitoring/audit/").status_code == 403
    clerk = User.objects.create_user("clerk", is_staff=True)
    sign_in(client, clerk)
    assert client.get("/api/v1/monitoring/audit/").status_code == 403
    clerk.user_permissions.add(Permission.objects.get(codename="view_auditchange"))
    found = client.get(f"/api/v1/monitoring/audit/?user={user.pk}&action=changed").json()["results"]
    assert [(row["actor_name"], row["after"]) for row in found] == [
        ("ada", {"time_zone": "Europe/Berlin"})
    ]
    request_id = found[0]["request_id"]
    answer = client.get(f"/api/v1/monitoring/audit/csv/?request={request_id}")
    lines = b"".join(read_stream(answer)).decode().splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("id,at,subject")
    assert "Europe/Berlin" in lines[1]
    sign_in(client, staff_user)
    assert "Europe/Berlin" not in client.get("/admin/operations/auditchange/").content.decode()
    assert client.get("/admin/operations/auditchange/?q=ada").status_code == 200


def read_stream(answer: Any) -> Iterator[bytes]:
    from asgiref.sync import async_to_sync

    async def collect() -> list[bytes]:
        return [part async for part in answer.streaming_content]

    return iter(async_to_sync(collect)())


def test_a_user_sees_their_own_account_alone(
    client: Client, call: Call, user: User, other_user: User, staff_user: User
) -> None:
    call("patch", "me/", {"time_zone": "Europe/Berlin"})
    sign_in(client, staff_user)
    url = f"/admin/users/user/{other_user.pk}/change/"
    client.post("/admin/users/user/", {"action": "delete_selected"})
    form = {"username": "bob", "email": "b@example.org", "is_active": "on"}
    answer = client.post(url, form | {"date_joined_0": "2026-01-01", "date_joined_1": "00:00"})
    assert answer.status_code == 302, answer.content
    sign_in(client, user)
    own = client.get("/api/v1/audit/mine/?subject=users.user").json()["results"]
    assert [row["after"].get("time_zone") for row in own] == ["Europe/Berlin", ""]  # and created
    assert own[0]["address"] == ADDRESS
    sign_in(client, other_user)
    own = client.get("/api/v1/audit/mine/?action=changed").json()["results"]
    assert {(row["actor_name"], row["role"], row["address"]) for row in own} == {
        ("olga", "superuser", None)
    }
    assert client.get(f"/api/v1/audit/mine/{own[0]['id'] + 10**6}/").status_code == 404
