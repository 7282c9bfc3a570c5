"""Link a person's Telegram chat to their account by a code that they send to the bot."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from operations.models import NotificationWay, TelegramLink
from operations.notifications.ways import actions
from users.models import User

LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # none that are mistaken for another
LENGTH: Final = 10
LASTS: Final = timedelta(minutes=10)


def make_code(user: User, *, now: datetime) -> tuple[str, datetime]:
    """Make a code that links one chat, once; a new one takes the place of the former."""
    code = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
    expires_at = now + LASTS
    TelegramLink.objects.update_or_create(
        user=user, defaults={"digest": _digest_code(code), "expires_at": expires_at}
    )
    return code, expires_at


def use_code(code: str, chat_id: int, hint: str, *, now: datetime) -> NotificationWay | None:
    """Link the chat to the code's user; None if no such code is good."""
    with transaction.atomic():
        link = (
            TelegramLink.objects.select_for_update(of=("self",))
            .select_related("user")
            .filter(digest=_digest_code(code.strip().upper()), expires_at__gt=now)
            .first()
        )
        if link is None or not link.user.is_active:
            return None
        TelegramLink.objects.filter(pk=link.pk).delete()
        return actions.add_chat(link.user, chat_id, hint, now=now)


def _digest_code(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
