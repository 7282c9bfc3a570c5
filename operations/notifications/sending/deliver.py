"""Send one message by its way: open the address, guard the network, translate the outcome."""

import json
from datetime import datetime
from typing import Any, Final, assert_never

import structlog
from django.conf import settings

from exchanges.secrets import sealing
from operations.models import NotificationWay, OutboxMessage
from operations.notifications.sending.network_guard import guard_network
from operations.notifications.sending.results import Sendable, SendOutcome, SendResult
from realtime.values import format_time

log = structlog.get_logger(__name__)

SECONDS: Final = 20.0  # for one message; then its connections are cut


def deliver(message: OutboxMessage, *, now: datetime) -> SendResult:
    """Send a message and return the outcome; never raises, as one message must not stop others."""
    way = message.way
    try:
        address = json.loads(sealing.open_sealed(way.sealed_address))
        secrets = _open_secrets(way, now)
    except sealing.CannotOpen as trouble:
        # Retried: another worker may hold the key, and the operator can add it.
        return SendResult(SendOutcome.UNREACHABLE, f"Its address cannot be opened: {trouble}")
    with guard_network(SECONDS) as guard:
        try:
            result = _send(way.kind, address, secrets, make_sendable(message), now)
        except Exception as error:  # noqa: BLE001 (a library's bug costs this message alone)
            # Without the text: libraries write URLs, which are secrets, into their errors.
            log.warning("message not sent", way=way.pk, kind=way.kind, error=type(error).__name__)
            result = SendResult(
                SendOutcome.UNREACHABLE,
                f"Sending failed ({type(error).__name__}).",
                may_have_arrived=True,
            )
    if result.outcome is SendOutcome.SENT:
        return result
    if guard.refused:
        words = f"{guard.refused} is in an internal network, which this server does not send to."
        return SendResult(SendOutcome.IMPOSSIBLE, words)
    if guard.is_over:
        words = f"No answer within {SECONDS:g} s."
        return SendResult(SendOutcome.UNREACHABLE, words, may_have_arrived=True)
    return result


def make_sendable(message: OutboxMessage) -> Sendable:
    link = message.link
    return Sendable(
        message_id=message.message_id,
        category=message.category,
        level=message.level,
        title=message.title,
        message=message.message,
        link=f"{settings.FILLWATCH_URL.rstrip('/')}{link}" if link.startswith("/") else link,
        created_at=format_time(message.created_at),
        is_repeat=message.began_at is not None,
    )


def _send(
    kind: str, address: dict[str, Any], secrets: list[str], message: Sendable, now: datetime
) -> SendResult:
    match NotificationWay.WayKind(kind):
        case NotificationWay.WayKind.WEBHOOK:
            from operations.notifications.sending.webhook import send_webhook

            return send_webhook(address["url"], secrets, message, now)
        case NotificationWay.WayKind.APPRISE:
            from operations.notifications.sending.apprise_services import send_by_apprise

            return send_by_apprise(address["url"], message)
        case NotificationWay.WayKind.WEB_PUSH:
            from operations.notifications.sending.web_push import send_web_push

            return send_web_push(address, message)
        case NotificationWay.WayKind.TELEGRAM:
            from operations.notifications.sending.telegram_bot import send_to_chat

            return send_to_chat(address["chat_id"], message)
        case never:
            assert_never(never)


def _open_secrets(way: NotificationWay, now: datetime) -> list[str]:
    """Return the secrets that sign: the former one too, while receivers take the new one over."""
    secrets = [sealing.open_sealed(way.sealed_secret)] if way.sealed_secret else []
    if way.sealed_former_secret and way.former_until and now < way.former_until:
        secrets.append(sealing.open_sealed(way.sealed_former_secret))
    return secrets
