"""What ccxt raises, translated into what it means for us."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import aiohttp
import ccxt

from exchanges import base

REFUSALS = (ccxt.InsufficientFunds, ccxt.InvalidOrder, ccxt.BadRequest, ccxt.ArgumentsRequired)
BANNED_UNTIL = re.compile(r"banned until (\d{13})")
WAIT_WHEN_UNTOLD = timedelta(seconds=60)
BYBIT_BAN = timedelta(minutes=10)  # an address that asked too often; no header says it
COUNTED_BY_KEY = re.compile(r'"(?:code|sCode|retCode)":\s*"?(?:50011|10006)\b')  # OKX, Bybit
WAIT_OF_ONE_KEY = timedelta(seconds=3)  # such limits are by the second
LONGEST_WORDS = 300
SPOKEN = (("msg", "code"), ("retMsg", "retCode"))  # where venues put their words


def translate(
    error: Exception, *, writing: bool, headers: Mapping[str, str], now: datetime
) -> base.VenueError:
    """One VenueError for whatever ccxt raised; whatever is not surely an answer is ambiguous."""
    words = said(error)
    if "-2015" in str(error) or isinstance(error, ccxt.AuthenticationError):
        return base.KeyInvalid(words)
    if isinstance(error, (ccxt.RateLimitExceeded, ccxt.DDoSProtection)):
        everyone = not COUNTED_BY_KEY.search(str(error))
        return base.Throttled(words, until=_until(error, headers, now), everyone=everyone)
    if isinstance(error, (ccxt.OnMaintenance, ccxt.InvalidNonce)):
        return base.VenueDown(words)
    if isinstance(error, ccxt.OrderNotFound):
        return base.NotFound(words)
    if isinstance(error, ccxt.InvalidOrder) and "duplicate" in words.lower():
        return base.DuplicateClientOrderId(words)
    if isinstance(error, REFUSALS):
        return base.Refused(words)
    if isinstance(error.__cause__, aiohttp.ClientConnectorError):
        return base.NeverSent(words)
    return base.UnknownOutcome(words) if writing else base.VenueDown(words)


def said(error: Exception) -> str:
    """The venue's own words where there are any; never a query string, which carries signatures."""
    text = str(error)
    start = text.find("{")
    if start >= 0:
        try:
            answer = json.loads(text[start:])
        except ValueError:
            answer = {}
        for words, code in SPOKEN:
            if isinstance(answer, dict) and answer.get(words):
                return f"{answer[words]} ({answer.get(code, 'no code')})"[:LONGEST_WORDS]
    if isinstance(error, ccxt.RequestTimeout):
        return "no answer in time"
    if isinstance(error, ccxt.NetworkError):
        return "the venue could not be reached"
    bare = re.sub(r"\?\S*", "", text.partition(" ")[2])  # without ccxt's name for the venue
    return bare[:LONGEST_WORDS] or "the venue's answer made no sense"


def _until(error: Exception, headers: Mapping[str, str], now: datetime) -> datetime:
    told = BANNED_UNTIL.search(str(error))
    if told:
        return datetime.fromtimestamp(int(told[1]) / 1000, UTC)
    for name, value in (headers or {}).items():
        if name.lower() == "retry-after" and value.isdigit():
            return now + timedelta(seconds=int(value))
        if name.lower() == "x-bapi-limit-reset-timestamp" and "10006" in str(error):
            return datetime.fromtimestamp(int(value) / 1000, UTC)
    if "access too frequent" in str(error):
        return now + BYBIT_BAN
    return now + (WAIT_OF_ONE_KEY if COUNTED_BY_KEY.search(str(error)) else WAIT_WHEN_UNTOLD)
