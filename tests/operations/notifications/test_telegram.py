"""The bot: a chat is linked by a code, its person is answered, and strangers learn nothing."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from bots.models import StopAll
from operations.models import NotificationWay, TelegramUpdates
from operations.notifications.sending.telegram_bot import TelegramError
from operations.notifications.telegram import link, updates
from tests.operations.conftest import Ask
from tests.operations.notifications.receivers import Answer, HttpReceiver, Received
from users.models import User


class BotApi:
    """Telegram's Bot API, as much as a bot needs to read and answer."""

    def __init__(self, receiver: HttpReceiver) -> None:
        receiver.answer = self.answer
        self.waiting: list[Any] = []
        self.sent: list[tuple[int, str]] = []

    def write(self, text: str, *, chat: int = 4711, kind: str = "private") -> None:
        message = {"chat": {"id": chat, "type": kind}, "from": {"username": "ada"}, "text": text}
        self.waiting.append({"update_id": 100 + len(self.waiting), "message": message})

    def answer(self, request: Received) -> Answer:
        token, method = request.path.removeprefix("/bot").split("/")
        body = request.read_json()
        assert token == "7:secret"
        result: Any = {"username": "fillwatch_bot"}
        if method == "getUpdates":
            result = [each for each in self.waiting if each["update_id"] >= body["offset"]]
        if method == "sendMessage":
            self.sent.append((body["chat_id"], body["text"]))
        return 200, {}, json.dumps({"ok": True, "result": result}).encode()

    def ask(self, text: str, **where: Any) -> str:
        """Write to the bot and have the answer."""
        self.write(text, **where)
        assert updates.poll_once(now=timezone.now(), wait=0) == 1
        return self.sent[-1][1] if self.sent else ""


@pytest.fixture
def bot_api(receiver: HttpReceiver, settings: Any, db: None) -> BotApi:
    settings.TELEGRAM_BOT_TOKEN, settings.TELEGRAM_API_URL = "7:secret", receiver.url
    return BotApi(receiver)


def test_a_chat_is_linked_by_a_code_and_answered(
    user: User, bot_api: BotApi, ask: Ask, empty_redis: None
) -> None:
    assert "not linked" in bot_api.ask("/status")
    answer = ask(user, "POST", "notifications/telegram/")
    assert answer.status_code == 201
    code = answer.json()["code"]
    assert answer.json()["link"] == f"https://t.me/fillwatch_bot?start={code}"
    assert bot_api.ask(f"/start {code}").startswith("Linked to ada.")
    assert "not good" in bot_api.ask(f"/start {code}", chat=666)  # once
    way = NotificationWay.objects.get()
    assert (way.chat_id, way.hint, way.user) == (4711, "ada", user)
    assert "Open orders: 0" in bot_api.ask("/status@fillwatch_bot")
    assert bot_api.ask("/orders") == "No open orders."
    assert "/stop_bots" in bot_api.ask("/stop")
    assert not StopAll.objects.exists()
    assert "being stopped" in bot_api.ask("/stop_bots")
    assert StopAll.objects.get().user == user
    assert "No more messages" in bot_api.ask("/stop_messages")
    assert not NotificationWay.objects.get().is_active
    bot_api.ask("/start")
    assert NotificationWay.objects.get().is_active


def test_strangers_groups_and_late_codes(user: User, bot_api: BotApi) -> None:
    code, _ = link.make_code(user, now=timezone.now() - timedelta(minutes=11))
    assert "not good" in bot_api.ask(f"/start {code}")
    code, _ = link.make_code(user, now=timezone.now())
    bot_api.sent.clear()
    assert bot_api.ask(f"/start {code}", chat=-5, kind="group") == ""  # others would read along
    assert not NotificationWay.objects.exists()
    bot_api.ask(f"/start {code}")
    for command in ("/status", "/orders", "/stop_bots", "/stop_messages"):
        assert "not linked" in bot_api.ask(command, chat=666)
    user.is_active = False
    user.save()
    assert "not linked" in bot_api.ask("/status")


def test_a_chat_belongs_to_who_linked_it_last(
    user: User, other_user: User, bot_api: BotApi
) -> None:
    for person in (user, other_user):
        code, _ = link.make_code(person, now=timezone.now())
        bot_api.ask(code.lower())
    assert NotificationWay.objects.get().user == other_user


def test_one_process_polls_and_a_failure_frees_it(bot_api: BotApi, receiver: HttpReceiver) -> None:
    bot_api.write("/status")
    now = timezone.now()
    TelegramUpdates.objects.create(pk=1, leased_until=now + timedelta(seconds=30))
    assert updates.poll_once(now=now, wait=0) == 0
    receiver.answer_with(502)
    later = now + timedelta(seconds=31)
    with pytest.raises(TelegramError):
        updates.poll_once(now=later, wait=0)
    receiver.answer = bot_api.answer
    assert updates.poll_once(now=later, wait=0) == 1


def test_who_lost_the_lease_leaves_the_rest_to_the_other(
    transactional_db: None, bot_api: BotApi, receiver: HttpReceiver
) -> None:
    for text in ("/status", "/orders"):
        bot_api.write(text)
    of_another = timezone.now() + timedelta(minutes=5)

    def lose_lease(request: Received) -> Answer:
        if request.path.endswith("sendMessage"):
            TelegramUpdates.objects.update(leased_until=of_another)
            connection.close()  # of the receiver's thread
        return bot_api.answer(request)

    receiver.answer = lose_lease
    assert updates.poll_once(now=timezone.now(), wait=0) == 1
    state = TelegramUpdates.objects.get()
    assert (state.leased_until, state.next_update) == (of_another, 101)
    assert len(bot_api.sent) == 1


def test_without_a_bot_there_is_no_code(user: User, ask: Ask) -> None:
    assert ask(user, "POST", "notifications/telegram/").status_code == 409
