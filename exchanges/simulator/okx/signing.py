"""Authenticate OKX's requests: key, passphrase, timestamp, and the signature over the content."""

import base64
from collections.abc import Mapping
from datetime import datetime

from exchanges.simulator.accounts.accounts import Account
from exchanges.simulator.okx import errors
from exchanges.simulator.transport import signing

TIME_WINDOW_MS = 30_000
LOGIN_PATH = "GET/users/self/verify"


def authenticate_request(
    accounts: Mapping[str, Account], headers: Mapping[str, str], content: str, now: int
) -> Account:
    """Return the account that signed a request.

    `content` is the method, the path with its query, and the body, exactly as sent.
    """
    account = _find_account(accounts, headers, "OK-ACCESS-KEY", 50103)
    stamp = _read_header(headers, "OK-ACCESS-TIMESTAMP", 50107)
    _check_time(_parse_timestamp(stamp), now)
    signature = _read_header(headers, "OK-ACCESS-SIGN", 50106)
    _check_signature(account, stamp + content, signature)
    _check_passphrase(account, _read_header(headers, "OK-ACCESS-PASSPHRASE", 50104))
    return account


def authenticate_login(
    accounts: Mapping[str, Account], login: Mapping[str, object], now: int
) -> Account:
    """Return the account of a socket's login, whose time is in seconds, as a number or text."""
    fields = {name: str(value) for name, value in login.items()}
    account = _find_account(accounts, fields, "apiKey", errors.BAD_KEY[0])
    stamp = fields.get("timestamp", "")
    try:
        _check_time(int(float(stamp) * 1000), now)
    except ValueError:
        raise errors.OkxError(*errors.BAD_TIME) from None
    _check_signature(account, stamp + LOGIN_PATH, fields.get("sign", ""))
    _check_passphrase(account, fields.get("passphrase", ""))
    return account


def _find_account(
    accounts: Mapping[str, Account], fields: Mapping[str, str], name: str, code: int
) -> Account:
    refusal = errors.OkxError(*errors.BAD_KEY)
    return signing.find_account(accounts, _read_header(fields, name, code), refusal)


def _check_signature(account: Account, payload: str, signature: str) -> None:
    expected = base64.b64encode(signing.sign_payload(account.secret, payload)).decode()
    signing.check_secret(expected, signature, errors.OkxError(*errors.BAD_SIGNATURE))


def _check_passphrase(account: Account, passphrase: str) -> None:
    signing.check_secret(account.passphrase, passphrase, errors.OkxError(*errors.BAD_PASSPHRASE))


def _check_time(stamp: int, now: int) -> None:
    if abs(now - stamp) > TIME_WINDOW_MS:
        raise errors.OkxError(*errors.REQUEST_EXPIRED)


def _parse_timestamp(stamp: str) -> int:
    """Return milliseconds from an ISO time, as documented, or from seconds with decimals."""
    try:
        if "T" not in stamp:
            return int(float(stamp) * 1000)
        return int(datetime.fromisoformat(stamp.replace("Z", "+00:00")).timestamp() * 1000)
    except ValueError:
        raise errors.OkxError(*errors.BAD_TIME) from None


def _read_header(headers: Mapping[str, str], name: str, code: int) -> str:
    value = headers.get(name, "")
    if not value:
        raise errors.OkxError(code, f"Request header {name} cannot be empty.", 401)
    return value
