"""Check a webhook request: its body contains the hook's secret, or is signed with it. Pure.

A signature covers the body and the time, so a recorded request is valid for a minute, and only as a
duplicate. The comparison takes the same time for a wrong value as for the right one.
"""

import hmac
import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

SKEW: Final = timedelta(seconds=60)  # a signature may be this old, or this early
SECRET: Final = re.compile(r"(?<![0-9a-f])[0-9a-f]{40}(?![0-9a-f])")
ESCAPED: Final = re.compile(r"\\u00(3[0-9]|6[1-6])")  # JSON may escape letters of the secret
HIDDEN: Final = "…"


def compute_signature(secret: str, timestamp: str, body: bytes) -> str:
    return hmac.new(secret.encode(), f"{timestamp}.".encode() + body, sha256).hexdigest()


def has_signature(secrets: Iterable[str], body: bytes, *, signature: str, timestamp: str) -> bool:
    expected = [compute_signature(secret, timestamp, body) for secret in secrets]
    return _matches_any([signature.strip().removeprefix("sha256=").lower()], expected)


def is_in_time(timestamp: str, *, now: datetime) -> bool:
    if not re.fullmatch(r"[0-9]{1,11}", timestamp, re.ASCII):
        return False
    return abs(now.timestamp() - int(timestamp)) <= SKEW.total_seconds()


def has_secret(secrets: Iterable[str], body: bytes) -> bool:
    return _matches_any(SECRET.findall(_unescape_hex(body.decode(errors="replace"))), secrets)


def redact_secrets(secrets: Iterable[str], text: str) -> str:
    """Remove the secrets from a text, also escaped ones, before it is stored."""
    text = _unescape_hex(text)
    for secret in secrets:
        text = text.replace(secret, HIDDEN)
    return text


def _unescape_hex(text: str) -> str:
    return ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)


def _matches_any(given: Iterable[str], expected: Iterable[str]) -> bool:
    right = [value.encode() for value in expected]
    results = [hmac.compare_digest(value.encode(), each) for value in given for each in right]
    return any(results)  # compare all of them first: the time must not show which one matched
