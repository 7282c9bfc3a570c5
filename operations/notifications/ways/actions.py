"""Add, change, test and remove a person's ways. Web processes seal addresses, and open none."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import IntegrityError, transaction

from exchanges.secrets import sealing
from operations.models import NotificationWay, OutboxMessage
from operations.notifications import outbox
from operations.notifications.sending import claims, signing
from operations.notifications.ways.addresses import check_service_url, check_webhook_url
from users.models import User

MOST_WAYS: Final = 20
FORMER_SECRET_LASTS: Final = timedelta(hours=24)
TELEGRAM_NAME: Final = "Telegram"
CHANGEABLE: Final = frozenset({"name", "categories", "collect", "is_active"})


class WayRefused(Exception):
    """The way cannot be added or changed; `field` names what is wrong."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field, self.message = field, message


@dataclass(frozen=True, slots=True)
class NewWay:
    """A way that was added, and the secret of a webhook, which is shown this once."""

    way: NotificationWay
    secret: str = ""


def add_service(user: User, name: str, url: str, *, now: datetime, **choices: Any) -> NewWay:
    """Add a service of Apprise by its URL."""
    hint = check_service_url(url)
    return _add_way(
        user, name, NotificationWay.WayKind.APPRISE, {"url": url}, now=now, hint=hint, **choices
    )


def add_webhook(user: User, name: str, url: str, *, now: datetime, **choices: Any) -> NewWay:
    """Add a webhook; its secret is in the answer and can never be read again."""
    hint = check_webhook_url(url)
    return _add_way(
        user, name, NotificationWay.WayKind.WEBHOOK, {"url": url}, now=now, hint=hint, **choices
    )


def add_browser(
    user: User, name: str, subscription: Mapping[str, Any], *, now: datetime, **choices: Any
) -> NewWay:
    """Add a browser by its subscription; the same browser again takes the place of the former."""
    endpoint = str(subscription["endpoint"])
    hint = check_webhook_url(endpoint)
    digest = hashlib.sha256(endpoint.encode()).hexdigest()
    former = NotificationWay.objects.filter(user=user, address_digest=digest)
    with transaction.atomic():
        if former.exists():
            name = former.values_list("name", flat=True)[0]
            former.delete()
        return _add_way(
            user,
            name,
            NotificationWay.WayKind.WEB_PUSH,
            dict(subscription),
            now=now,
            hint=hint,
            address_digest=digest,
            **choices,
        )


def add_chat(user: User, chat_id: int, hint: str, *, now: datetime) -> NotificationWay:
    """Add a person's chat with the bot; a chat that was linked before, to whomever, moves here."""
    with transaction.atomic():
        NotificationWay.objects.filter(chat_id=chat_id).delete()
        NotificationWay.objects.filter(user=user, name=TELEGRAM_NAME).delete()
        address = {"chat_id": chat_id}
        kind = NotificationWay.WayKind.TELEGRAM
        return _add_way(
            user, TELEGRAM_NAME, kind, address, now=now, hint=hint[:100], chat_id=chat_id
        ).way


def change_way(user_id: int, way_id: int, *, now: datetime, **changes: Any) -> NotificationWay:
    """Change a way's name, categories or collection, or switch it; DoesNotExist for others'."""
    if strange := changes.keys() - CHANGEABLE:
        raise ValueError(f"not to be changed: {sorted(strange)}")
    try:
        with transaction.atomic():
            way = NotificationWay.objects.select_for_update().get(user=user_id, pk=way_id)
            for name, value in changes.items():
                setattr(way, name, value)
            if changes.get("is_active"):
                way.failures, way.off_reason, way.last_error, way.paused_until = 0, "", "", None
            way.save(
                update_fields=[
                    *changes,
                    *("failures", "off_reason", "last_error", "paused_until"),
                ]
            )
            if not way.is_active:
                claims.bury_waiting(way, now=now)
    except IntegrityError:
        raise WayRefused("name", "You have a way of this name.") from None
    return way


def remove_way(user_id: int, way_id: int) -> bool:
    """Remove a way with its messages; return whether there was one."""
    with transaction.atomic():
        removed, _ = NotificationWay.objects.filter(user=user_id, pk=way_id).delete()
    return bool(removed)


def test_way(user_id: int, way_id: int, *, now: datetime) -> OutboxMessage:
    """Queue a test message; the way's state says what became of it."""
    way = NotificationWay.objects.get(user=user_id, pk=way_id)
    if not way.is_active:
        raise WayRefused("is_active", "The way is switched off. Switch it on first.")
    with transaction.atomic():
        # A person waits for this one: a pause after failures is over.
        NotificationWay.objects.filter(pk=way.pk).update(paused_until=None)
        return outbox.put_test(way, now=now)


def rotate_secret(user_id: int, way_id: int, *, now: datetime) -> NewWay:
    """Give a webhook a new secret; the former one signs too for a day."""
    secret = signing.make_secret()
    with transaction.atomic():
        way = NotificationWay.objects.select_for_update().get(
            user=user_id, pk=way_id, kind=NotificationWay.WayKind.WEBHOOK
        )
        way.sealed_former_secret, way.former_until = way.sealed_secret, now + FORMER_SECRET_LASTS
        way.sealed_secret = sealing.seal(secret)
        way.save(update_fields=["sealed_secret", "sealed_former_secret", "former_until"])
    return NewWay(way, secret)


def _add_way(
    user: User, name: str, kind: NotificationWay.WayKind, address: Mapping[str, Any], **fields: Any
) -> NewWay:
    is_webhook = kind == NotificationWay.WayKind.WEBHOOK
    secret = signing.make_secret() if is_webhook else ""
    now = fields.pop("now")
    way = NotificationWay(
        user=user,
        name=name,
        kind=kind,
        sealed_address=sealing.seal(json.dumps(address)),
        sealed_secret=sealing.seal(secret) if secret else b"",
        created_at=now,
        **fields,
    )
    try:
        with transaction.atomic():
            User.objects.select_for_update(no_key=True).get(pk=user.pk)  # or two pass the limit
            if NotificationWay.objects.filter(user=user).count() >= MOST_WAYS:
                raise WayRefused("name", f"You have {MOST_WAYS} ways. Remove one first.")
            way.save(force_insert=True)
    except IntegrityError:
        raise WayRefused("name", "You have a way of this name.") from None
    return NewWay(way, secret)
