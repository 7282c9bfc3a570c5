"""Who sent it: a body with the hook's secret in it, or signed with the secret and the time. Pure.

A signature is of this moment's request alone: overheard, it is good for a minute, and for nothing
that was not heard already. The comparison takes as long for a wrong answer as for a right one.
"""

import hmac
import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

SKEW: Final = timedelta(seconds=60)  # a signature may be so old, or so early
SECRET: Final = re.compile(r"(?<![0-9a-f])[0-9a-f]{40}(?![0-9a-f])")
ESCAPED: Final = re.compile(r"\\u00(3[0-9]|6[1-6])")  # JSON can write a secret in other letters
HIDDEN: Final = "…"


def signature_of(secret: str, timestamp: str, body: bytes) -> str:
    return hmac.new(secret.encode(), f"{timestamp}.".encode() + body, sha256).hexdigest()


def is_signed(secrets: Iterable[str], body: bytes, *, signature: str, timestamp: str) -> bool:
    good = [signature_of(secret, timestamp, body) for secret in secrets]
    return _is_one_of([signature.strip().removeprefix("sha256=").lower()], good)


def is_in_time(timestamp: str, *, now: datetime) -> bool:
    if not re.fullmatch(r"[0-9]{1,11}", timestamp, re.ASCII):
        return False
    return abs(now.timestamp() - int(timestamp)) <= SKEW.total_seconds()


def has_secret(secrets: Iterable[str], body: bytes) -> bool:
    return _is_one_of(SECRET.findall(_unescaped(body.decode(errors="replace"))), secrets)


def without(secrets: Iterable[str], text: str) -> str:
    """The text as it may be kept: with none of the secrets in it, however they were written."""
    text = _unescaped(text)
    for secret in secrets:
        text = text.replace(secret, HIDDEN)
    return text


def _unescaped(text: str) -> str:
    return ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)


def _is_one_of(given: Iterable[str], good: Iterable[str]) -> bool:
    right = [one.encode() for one in good]
    found = [hmac.compare_digest(one.encode(), each) for one in given for each in right]
    return any(found)  # each was compared: where the right one stands does not show
