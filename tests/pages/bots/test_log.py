"""The activity log as a page: found by level, bot, order, words and time; forgotten when asked."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from bots.activity.pages import PAGE_SIZE
from bots.models import Bot, LogEntry
from tests.pages.bots.bot_records import create_bot, create_key, create_open_order, note_entry
from users.models import User


@pytest.fixture
def ada(client: Client, user: User) -> Client:
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def bot(user: User) -> Bot:
    return create_bot(create_key(user), "ladder")


def list_messages(client: Client, query: str = "") -> list[str]:
    found = client.get(f"/logs/?{query}").context["lines"]
    return [line["message"] for line, _ in found]


def test_what_happened_with_its_reason(ada: Client, bot: Bot) -> None:
    order = create_open_order(bot, "<b>cheap</b>")
    shown = ada.get("/logs/").content.decode()
    assert "buy 0.01: &lt;b&gt;cheap&lt;/b&gt;" in shown
    assert f'href="/bots/{bot.pk}/">ladder</a>' in shown
    assert f'href="/orders/?order={order.pk}"' in shown


def test_filters(ada: Client, bot: Bot) -> None:
    order = create_open_order(bot, "cheap")
    note_entry(bot, "its budget would not do", level="error")
    LogEntry.objects.filter(message="created").update(
        created_at=timezone.now() - timedelta(hours=3)
    )
    assert list_messages(ada) == ["its budget would not do", "buy 0.01: cheap", "created"]
    assert list_messages(ada, "level=error") == ["its budget would not do"]
    assert list_messages(ada, "level=error&level=info") == list_messages(ada)
    assert list_messages(ada, f"order={order.pk}") == ["buy 0.01: cheap"]
    assert list_messages(ada, "q=BUDGET") == ["its budget would not do"]
    assert list_messages(ada, "within=1") == ["its budget would not do", "buy 0.01: cheap"]
    assert list_messages(ada, f"bot={bot.pk + 1}") == []
    assert list_messages(
        ada, "level=x&bot=x&q=%00&within=-1&before=x&order=" + "9" * 40
    ) == list_messages(ada)


def test_counts_of_each_level_follow_the_other_filters(ada: Client, bot: Bot) -> None:
    note_entry(bot, "refused", level="error")
    note_entry(bot, "refused twice", level="error")
    counted = {value: n for value, _, n in ada.get("/logs/?level=info&q=twice").context["counts"]}
    assert counted == {"info": 0, "success": 0, "warning": 0, "error": 1}


def test_older_lines_by_page(ada: Client, bot: Bot, user: User) -> None:
    now = timezone.now()
    LogEntry.objects.bulk_create(
        LogEntry(user=user, level="info", message=f"line {n}", created_at=now)
        for n in range(PAGE_SIZE + 5)
    )
    first = ada.get("/logs/").context
    assert len(first["lines"]) == PAGE_SIZE
    older = list_messages(ada, f"before={first['older']}")
    assert older == ["line 4", "line 3", "line 2", "line 1", "line 0", "created"]


def test_clear_asks_with_the_number_and_spares_what_came_meanwhile(ada: Client, bot: Bot) -> None:
    note_entry(bot, "refused", level="error")
    question = ada.get("/logs/clear/?level=error")
    assert "1 filtered entry" in " ".join(question.content.decode().split())
    upto = question.context["upto"]
    note_entry(bot, "refused again", level="error")
    said = ada.post("/logs/clear/", {"level": "error", "upto": upto}, follow=True)
    assert "1 entry cleared." in said.content.decode()
    assert list_messages(ada) == ["refused again", "created"]
    ada.post("/logs/clear/", {})
    assert LogEntry.objects.count() == 2


def test_nobody_sees_or_clears_the_lines_of_another(
    ada: Client, bot: Bot, other_user: User
) -> None:
    theirs = create_bot(create_key(other_user), "theirs")
    order = create_open_order(theirs, "a secret reason")
    assert list_messages(ada) == ["created"]
    assert list_messages(ada, f"order={order.pk}") == []
    assert "theirs" not in ada.get(f"/logs/?bot={theirs.pk}").content.decode()
    ada.post("/logs/clear/", {"upto": 10**9})
    assert list(LogEntry.objects.values_list("message", flat=True)) == [
        "buy 0.01: a secret reason",
        "created",
    ]
