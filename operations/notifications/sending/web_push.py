"""Send a message to a browser that subscribed: encrypted for it, through its push service."""

import json
from typing import Any, Final

import requests
from django.conf import settings
from pywebpush import WebPushException, webpush

from operations.notifications.sending.results import (
    GONE_CODES,
    SENT,
    Sendable,
    SendOutcome,
    SendResult,
    describe_answer,
)
from operations.notifications.sending.webhook import READ_SECONDS, read_answer

SERVICE: Final = "The browser's push service"
TTL: Final = 24 * 3600  # kept so long by the service for a browser that is off
LONGEST_MESSAGE: Final = 1000  # characters: services take 4,096 bytes
TOO_LARGE: Final = 413


class _DirectSession(requests.Session):
    """No redirects, no proxies: the address that was checked is the one that is reached."""

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False

    def request(self, method: Any, url: Any, *args: Any, **options: Any) -> requests.Response:
        options["allow_redirects"] = False
        return super().request(method, url, *args, **options)


def send_web_push(subscription: dict[str, Any], message: Sendable) -> SendResult:
    """Send it; the browser shows a message of the same id once, however often it comes."""
    with _DirectSession() as session:
        try:
            webpush(
                subscription,
                data=_build_payload(message),
                vapid_private_key=settings.VAPID_PRIVATE_KEY,
                vapid_claims={"sub": find_subject()},
                ttl=TTL,
                timeout=READ_SECONDS,
                requests_session=session,
            )
        except WebPushException as error:
            return _describe_refusal(error.response)
        except requests.Timeout:
            return SendResult(
                SendOutcome.UNREACHABLE, f"{SERVICE} did not answer in time.", may_have_arrived=True
            )
        except requests.RequestException:
            return SendResult(SendOutcome.UNREACHABLE, f"{SERVICE} could not be reached.")
        except ValueError:
            return SendResult(SendOutcome.GONE, "The subscription is damaged: subscribe again.")
    return SENT


def find_subject() -> str:
    """Return whom a push service may write to, which it demands."""
    if settings.VAPID_SUBJECT:
        return str(settings.VAPID_SUBJECT)
    url = str(settings.FILLWATCH_URL)
    return url if url.startswith("https://") else "mailto:operator@localhost.localdomain"


def _build_payload(message: Sendable) -> str:
    text = message.message
    payload = {
        "id": message.message_id,
        "title": message.title,
        "body": text if len(text) <= LONGEST_MESSAGE else f"{text[:LONGEST_MESSAGE]}…",
        "link": message.link,
    }
    return json.dumps(payload, ensure_ascii=False)


def _describe_refusal(answer: Any) -> SendResult:
    if not isinstance(answer, requests.Response):
        return SendResult(SendOutcome.IMPOSSIBLE, "The message could not be encrypted.")
    words = describe_answer(answer.status_code, SERVICE)
    if answer.status_code in GONE_CODES:
        return SendResult(SendOutcome.GONE, f"{words} The browser unsubscribed.")
    if answer.status_code == TOO_LARGE:
        return SendResult(SendOutcome.IMPOSSIBLE, words)
    return read_answer(answer, SERVICE)
