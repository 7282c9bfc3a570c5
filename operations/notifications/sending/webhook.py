"""Send a message as a webhook in the Standard Webhooks format (standardwebhooks.com).

The same id goes with each attempt, so that a receiver counts a message once.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

import requests
from django.utils import timezone

from operations.notifications.sending.results import (
    LIMITED_CODES,
    SENT,
    Sendable,
    SendOutcome,
    SendResult,
    describe_answer,
)
from operations.notifications.sending.signing import sign_webhook

READ_SECONDS: Final = 10.0
LONGEST_WAIT: Final = 24 * 3600.0


def build_body(message: Sendable) -> str:
    data = {
        "category": message.category,
        "level": message.level,
        "title": message.title,
        "message": message.message,
        "link": message.link,
    }
    body = {"type": f"notification.{message.category}", "timestamp": message.created_at}
    return json.dumps({**body, "data": data}, ensure_ascii=False, separators=(",", ":"))


def send_webhook(url: str, signing: Sequence[str], message: Sendable, now: datetime) -> SendResult:
    """Post a message, signed with each of these secrets: two while one replaces the other."""
    body, timestamp = build_body(message), int(now.timestamp())
    signatures = (sign_webhook(one, message.message_id, timestamp, body) for one in signing)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Fillwatch",
        "webhook-id": message.message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signatures),
    }
    return post_request(url, "The webhook", data=body.encode(), headers=headers)


def post_request(url: str, service: str, **arguments: Any) -> SendResult:
    """Post without following redirects; the exceptions of `requests` name the URL, ours do not."""
    with requests.Session() as session:
        session.trust_env = False  # no proxy and no .netrc: the address checked is the one reached
        try:
            with session.post(
                url, timeout=READ_SECONDS, allow_redirects=False, stream=True, **arguments
            ) as answer:
                return read_answer(answer, service)
        except (requests.ConnectTimeout, requests.exceptions.SSLError):
            return SendResult(SendOutcome.UNREACHABLE, f"{service} could not be connected.")
        except requests.ConnectionError as error:
            arrived = "NewConnectionError" not in repr(error)
            return SendResult(
                SendOutcome.UNREACHABLE,
                f"{service} could not be reached.",
                may_have_arrived=arrived,
            )
        except requests.Timeout:
            return SendResult(
                SendOutcome.UNREACHABLE, f"{service} did not answer in time.", may_have_arrived=True
            )
        except (requests.RequestException, ValueError):
            return SendResult(
                SendOutcome.FAILED, f"{service} could not be asked: is its URL right?"
            )


def read_answer(answer: requests.Response, service: str) -> SendResult:
    status, words = answer.status_code, describe_answer(answer.status_code, service)
    if 200 <= status < 300:
        return SENT
    if status == 410:
        return SendResult(SendOutcome.GONE, f"{words} It is no more.")
    wait = read_retry_after(answer.headers.get("Retry-After", ""), timezone.now())
    if status in LIMITED_CODES and wait is not None:
        return SendResult(SendOutcome.UNREACHABLE, words, retry_after=wait)
    if 300 <= status < 400:
        words = f"{words} Redirects are not followed: give its new URL."
    return SendResult(SendOutcome.FAILED, words, retry_after=wait)


def read_retry_after(text: str, now: datetime) -> float | None:
    """Read seconds or an HTTP date; None if it says neither, and a day at most."""
    if text.isascii() and text.isdigit():
        return min(float(text), LONGEST_WAIT)
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    if moment.tzinfo is None:
        return None
    return min(max((moment - now).total_seconds(), 0.0), LONGEST_WAIT)
