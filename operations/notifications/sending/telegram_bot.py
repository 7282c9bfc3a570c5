"""Talk to Telegram as this installation's bot. Its URL holds the token, so it is never shown."""

from collections.abc import Mapping
from typing import Any, Final

import requests
from django.conf import settings

from operations.notifications.sending.results import (
    SENT,
    Sendable,
    SendOutcome,
    SendResult,
    describe_answer,
)

SERVICE: Final = "Telegram"
SECONDS: Final = 10.0
BLOCKED: Final = 403
LONGEST_TEXT: Final = 4000


class TelegramError(Exception):
    """Telegram refused a call, or could not be reached; the text holds no token."""


def is_configured() -> bool:
    return bool(settings.TELEGRAM_BOT_TOKEN)


def call_telegram(method: str, *, wait: float = 0.0, **arguments: Any) -> Any:
    """Call a method of the Bot API and return its result; `wait` is how long it may take on top."""
    answer = _post_call(method, arguments, wait)
    body = _read_body(answer)
    if not body.get("ok"):
        raise TelegramError(describe_answer(answer.status_code, SERVICE))
    return body.get("result")


def send_to_chat(chat_id: int, message: Sendable) -> SendResult:
    if not is_configured():
        return SendResult(SendOutcome.FAILED, "This installation has no bot of Telegram now.")
    text = f"{message.title}\n{message.to_text()}" if message.to_text() != message.title else ""
    try:
        answer = _post_call(
            "sendMessage", {"chat_id": chat_id, "text": (text or message.title)[:LONGEST_TEXT]}
        )
    except TelegramError as error:
        return SendResult(SendOutcome.UNREACHABLE, str(error), may_have_arrived=True)
    if answer.status_code == requests.codes.ok:
        return SENT
    words = describe_answer(answer.status_code, SERVICE)
    if answer.status_code == BLOCKED:
        return SendResult(SendOutcome.GONE, f"{words} You blocked the bot: link the chat again.")
    wait = _read_body(answer).get("parameters", {}).get("retry_after")
    if isinstance(wait, int):
        return SendResult(SendOutcome.UNREACHABLE, words, retry_after=float(wait))
    return SendResult(SendOutcome.FAILED, words)


def _post_call(method: str, arguments: Mapping[str, Any], wait: float = 0.0) -> requests.Response:
    url = f"{settings.TELEGRAM_API_URL.rstrip('/')}/bot{settings.TELEGRAM_BOT_TOKEN}/{method}"
    try:
        return requests.post(
            url, json=dict(arguments), timeout=(SECONDS, SECONDS + wait), allow_redirects=False
        )
    except requests.RequestException as error:
        # From None: the exception's own text holds the URL, and so the token.
        raise TelegramError(f"Telegram could not be reached ({type(error).__name__}).") from None


def _read_body(answer: requests.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
