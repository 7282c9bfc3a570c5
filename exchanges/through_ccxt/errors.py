"""Translate ccxt's errors into ours."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import aiohttp
import ccxt

from exchanges import base

REFUSALS = (
    ccxt.InsufficientFunds,
    ccxt.InvalidOrder,
    ccxt.BadRequest,
    ccxt.ArgumentsRequired,
    ccxt.OperationRejected,
)
BANNED_UNTIL = re.compile(r"banned until (\d{13})")
DEFAULT_WAIT = timedelta(seconds=60)
BYBIT_BAN = timedelta(minutes=10)  # an address that asked too often; no header says it
COUNTED_BY_KEY = re.compile(r'"(?:code|sCode|retCode)":\s*"?(?:50011|50061|10006)\b')  # OKX, Bybit
KEY_WAIT = timedelta(seconds=3)  # such limits are by the second
MAX_MESSAGE = 300
# Where venues put their words; OKX those of one order within the answer to the request.
MESSAGE_FIELDS = (("sMsg", "sCode"), ("msg", "code"), ("retMsg", "retCode"))
BINANCE_REVOKED = re.compile(r'"code":\s*-2015\b')  # as said, not as part of an address
BYBIT_ORIGIN_STRING = re.compile(
    r"\s*origin_string\[.*", re.DOTALL
)  # what was signed: the key, the request
BINANCE_ARCHIVED = re.compile(r"\(-2026\)$")  # ended unfilled, too long ago to be shown
# Codes of OKX that ccxt does not tell apart: names taken, rights missing, plain refusals.
OKX_DUPLICATE_ID = re.compile(r"\((?:51016|51065)\)$")
OKX_DENIED = re.compile(r"\((?:50030|50120)\)$")
OKX_TOO_MANY = re.compile(r"\(50061\)$")
OKX_REFUSED = re.compile(r"\((?:51|54|59)\d{3}\)$")
OKX_TIMED_OUT = re.compile(r"\((?:51054|51149)\)$")


def translate_error(
    error: Exception, *, writing: bool, headers: Mapping[str, str], now: datetime
) -> base.VenueError:
    """Return our error for one of ccxt's. Anything that is not surely an answer is ambiguous."""
    message = extract_message(error)
    error = _refine_error(error, message)
    if BINANCE_REVOKED.search(str(error)) or isinstance(error, ccxt.AuthenticationError):
        return base.KeyInvalid(message)
    if isinstance(error, (ccxt.RateLimitExceeded, ccxt.DDoSProtection)):
        everyone = not COUNTED_BY_KEY.search(str(error))
        return base.RateLimitError(
            message, until=_read_end_of_wait(error, headers, now), everyone=everyone
        )
    if isinstance(error, (ccxt.OnMaintenance, ccxt.InvalidNonce)):
        return base.VenueDown(message)
    archived = not writing and BINANCE_ARCHIVED.search(message)  # of a new order it says more
    if isinstance(error, ccxt.OrderNotFound) or archived:
        return base.NotFound(message)
    if isinstance(error, ccxt.DuplicateOrderId) or (
        isinstance(error, ccxt.InvalidOrder) and _is_duplicate_id(message)
    ):
        return base.DuplicateClientOrderId(message)
    if isinstance(error, REFUSALS):
        return base.RequestRefused(message)
    if isinstance(error.__cause__, aiohttp.ClientConnectorError):
        return base.RequestNotSent(message)
    return base.UnknownOutcome(message) if writing else base.VenueDown(message)


@contextmanager
def before_sending(reason: str) -> Iterator[None]:
    """Translate errors of what comes before a request: then that was not sent."""
    try:
        yield
    except base.RateLimitError:
        raise
    except (base.UnknownOutcome, base.VenueDown) as error:
        raise base.RequestNotSent(f"{reason}: {error}") from error


def extract_message(error: Exception) -> str:
    """Return the venue's message; never a query string, because it carries signatures."""
    text = str(error)
    start = text.find("{")
    if start >= 0:
        try:
            answer = json.loads(text[start:])
        except ValueError:
            answer = {}
        if message := _find_message(answer):
            return message[:MAX_MESSAGE]
    if isinstance(error, ccxt.RequestTimeout):
        return "no answer in time"
    if isinstance(error, ccxt.NetworkError):
        return "the venue could not be reached"
    bare = re.sub(r"\?\S*", "", text.partition(" ")[2])  # without ccxt's name for the venue
    return bare[:MAX_MESSAGE] or "the venue's answer made no sense"


def _find_message(answer: object) -> str:
    if not isinstance(answer, dict):
        return ""
    data = answer.get("data")
    for part in (*(data if isinstance(data, list) else ()), answer):
        for name, code in MESSAGE_FIELDS:
            if isinstance(part, dict) and part.get(name):
                text = BYBIT_ORIGIN_STRING.sub("", str(part[name])).strip()
                return f"{text} ({part.get(code, 'no code')})"
    return ""


def _is_duplicate_id(message: str) -> bool:
    return "duplicate" in message.lower() or bool(OKX_DUPLICATE_ID.search(message))


def _refine_error(error: Exception, message: str) -> Exception:
    """Give errors that ccxt leaves general a type, by their code."""
    if type(error) is not ccxt.ExchangeError or OKX_TIMED_OUT.search(message):
        return error
    kinds = (
        (OKX_DENIED, ccxt.PermissionDenied),
        (OKX_TOO_MANY, ccxt.RateLimitExceeded),
        (OKX_REFUSED, ccxt.InvalidOrder),
    )
    kind = next((kind for codes, kind in kinds if codes.search(message)), None)
    return kind(str(error)) if kind else error


def _read_end_of_wait(error: Exception, headers: Mapping[str, str], now: datetime) -> datetime:
    match = BANNED_UNTIL.search(str(error))
    if match:
        return datetime.fromtimestamp(int(match[1]) / 1000, UTC)
    for name, value in (headers or {}).items():
        if name.lower() == "retry-after" and value.isdigit():
            return now + timedelta(seconds=int(value))
        if name.lower() == "x-bapi-limit-reset-timestamp" and "10006" in str(error):
            return datetime.fromtimestamp(int(value) / 1000, UTC)
    if "access too frequent" in str(error):
        return now + BYBIT_BAN
    return now + (KEY_WAIT if COUNTED_BY_KEY.search(str(error)) else DEFAULT_WAIT)
