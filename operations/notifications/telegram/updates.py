"""Read what people write to the bot, by long polling in one process at a time.

The offset moves after a command is carried out: if the process dies between, the command is carried
out again, and every one of them may be.
"""

import threading
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from operations.models import TelegramUpdates
from operations.notifications.sending import telegram_bot
from operations.notifications.sending.telegram_bot import TelegramError, call_telegram
from operations.notifications.telegram.commands import ChatMessage, answer_message

log = structlog.get_logger(__name__)

WAIT_SECONDS: Final = 20.0  # for which Telegram holds a request that has no news
LEASE: Final = timedelta(seconds=WAIT_SECONDS * 2)
ROW: Final = 1
_is_polling = threading.Lock()


def start_polling() -> bool:
    """Poll in a thread of its own until there is nothing new; false if one is at it."""
    if not telegram_bot.is_configured() or not _is_polling.acquire(blocking=False):
        return False
    threading.Thread(target=_poll_in_thread, name="telegram", daemon=True).start()
    return True


def poll_once(*, now: datetime, wait: float = WAIT_SECONDS) -> int:
    """Read and answer what is new; return how many there were. Nothing if another process polls."""
    state = _take_lease(now)
    if state is None:
        return 0
    try:
        if not state.bot_name:
            _keep_name()
            _renew_lease(state)
        updates = call_telegram(
            "getUpdates",
            offset=state.next_update,
            timeout=int(wait),
            allowed_updates=["message"],
            wait=wait,
        )
        taken = 0
        while taken < len(updates) and _renew_lease(state):
            _take_update(updates[taken])
            taken += 1
        return taken
    finally:
        _own_lease(state).update(leased_until=None)


def _take_update(update: dict[str, Any]) -> None:
    message, answer = _read_message(update), ""
    if message:
        try:
            answer = answer_message(message, now=timezone.now())
        except Exception:  # whatever fails in it, or one message would come back for ever
            log.exception("telegram command failed")
            answer = "That did not work. Look at Fillwatch itself."
    TelegramUpdates.objects.filter(pk=ROW).update(next_update=int(update["update_id"]) + 1)
    if message and answer:
        try:
            call_telegram("sendMessage", chat_id=message.chat_id, text=answer)
        except TelegramError as error:
            log.warning("telegram answer not sent", error=str(error))


def _read_message(update: dict[str, Any]) -> ChatMessage | None:
    """Return a text that a person wrote in a private chat: in a group others would read along."""
    message = update.get("message") or {}
    chat, text = message.get("chat") or {}, message.get("text")
    if chat.get("type") != "private" or not isinstance(text, str):
        return None
    sender = message.get("from") or {}
    name = str(sender.get("username") or sender.get("first_name") or chat["id"])
    return ChatMessage(int(chat["id"]), name, text)


def _take_lease(now: datetime) -> TelegramUpdates | None:
    TelegramUpdates.objects.get_or_create(pk=ROW)
    with transaction.atomic():
        state = TelegramUpdates.objects.select_for_update(skip_locked=True).filter(pk=ROW).first()
        if state is None or (state.leased_until and state.leased_until > now):
            return None
        state.leased_until = now + LEASE
        state.save(update_fields=["leased_until"])
    return state


def _own_lease(state: TelegramUpdates) -> QuerySet[TelegramUpdates]:
    return TelegramUpdates.objects.filter(pk=ROW, leased_until=state.leased_until)


def _renew_lease(state: TelegramUpdates) -> bool:
    """Renew the lease before each command; False: it ran out, and another process polls now.

    Answering many messages while Telegram is slow takes longer than one lease lasts.
    """
    until = timezone.now() + LEASE
    is_ours = _own_lease(state).update(leased_until=until) == 1
    if is_ours:
        state.leased_until = until
    return is_ours


def _keep_name() -> None:
    name = str(call_telegram("getMe").get("username", ""))
    TelegramUpdates.objects.filter(pk=ROW).update(bot_name=name)


def _poll_in_thread() -> None:
    try:
        poll_once(now=timezone.now())
    except TelegramError as error:
        log.warning("telegram not read", error=str(error))
    except Exception:  # this thread's end would be told nobody; the timetable begins another
        log.exception("telegram polling stopped")
    finally:
        connection.close()
        _is_polling.release()
