"""Who sent this: key, passphrase, signature over time, method, path and body, and the time."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime

from exchanges.simulator.accounts.accounts import Account
from exchanges.simulator.okx.errors import (
    BAD_KEY,
    BAD_PASSPHRASE,
    BAD_SIGNATURE,
    BAD_TIME,
    LATE,
    OkxError,
)

WINDOW = 30_000
LOGIN_PATH = "GET/users/self/verify"


def sign(secret: str, payload: str) -> str:
    digest = hmac.new(secret.encode(), payload.encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def admit(
    accounts: Mapping[str, Account], headers: Mapping[str, str], content: str, now: int
) -> Account:
    """`content` is the method, the path with its query and the body, exactly as sent."""
    account = _account(accounts, headers, "OK-ACCESS-KEY", 50103)
    stamp = _header(headers, "OK-ACCESS-TIMESTAMP", 50107)
    _check_time(_milliseconds(stamp), now)
    signature = _header(headers, "OK-ACCESS-SIGN", 50106)
    _check(account, stamp + content, signature)
    _check_passphrase(account, _header(headers, "OK-ACCESS-PASSPHRASE", 50104))
    return account


def admit_socket(accounts: Mapping[str, Account], login: Mapping[str, object], now: int) -> Account:
    """The time of a login is in seconds, sent as a number or as a text."""
    given = {name: str(value) for name, value in login.items()}
    account = _account(accounts, given, "apiKey", BAD_KEY[0])
    stamp = given.get("timestamp", "")
    try:
        _check_time(int(float(stamp) * 1000), now)
    except ValueError:
        raise OkxError(*BAD_TIME) from None
    _check(account, stamp + LOGIN_PATH, given.get("sign", ""))
    _check_passphrase(account, given.get("passphrase", ""))
    return account


def _account(
    accounts: Mapping[str, Account], given: Mapping[str, str], name: str, code: int
) -> Account:
    account = accounts.get(_header(given, name, code))
    if account is None or account.revoked:
        raise OkxError(*BAD_KEY)
    return account


def _check(account: Account, payload: str, signature: str) -> None:
    if not hmac.compare_digest(sign(account.secret, payload).encode(), signature.encode()):
        raise OkxError(*BAD_SIGNATURE)


def _check_passphrase(account: Account, given: str) -> None:
    if not hmac.compare_digest(account.passphrase.encode(), given.encode()):
        raise OkxError(*BAD_PASSPHRASE)


def _check_time(stamp: int, now: int) -> None:
    if abs(now - stamp) > WINDOW:
        raise OkxError(*LATE)


def _milliseconds(stamp: str) -> int:
    """The documents want an ISO time; seconds with decimals are taken as well."""
    try:
        if "T" not in stamp:
            return int(float(stamp) * 1000)
        return int(datetime.fromisoformat(stamp.replace("Z", "+00:00")).timestamp() * 1000)
    except ValueError:
        raise OkxError(*BAD_TIME) from None


def _header(headers: Mapping[str, str], name: str, code: int) -> str:
    value = headers.get(name, "")
    if not value:
        raise OkxError(code, f"Request header {name} cannot be empty.", 401)
    return value
