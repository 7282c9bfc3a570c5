"""Who sent this: key, signature over time, key, window and content, and the time window."""

import hashlib
import hmac
from collections.abc import Mapping

from exchanges.simulator.accounts.accounts import Account
from exchanges.simulator.bybit.errors import BAD_KEY, BAD_SIGNATURE, BAD_TIME, BybitError, missing

DEFAULT_WINDOW = 5000
AHEAD = 1000


def sign(secret: str, payload: str) -> str:
    return hmac.new(secret.encode(), payload.encode(), hashlib.sha256).hexdigest()


def admit(
    accounts: Mapping[str, Account], headers: Mapping[str, str], content: str, now: int
) -> Account:
    """`content` is the query of a GET, the body of a POST, exactly as sent."""
    account = account_of(accounts, _header(headers, "X-BAPI-API-KEY"))
    stamp = _header(headers, "X-BAPI-TIMESTAMP")
    window = headers.get("X-BAPI-RECV-WINDOW") or str(DEFAULT_WINDOW)
    _check_time(stamp, window, now)
    sent_window = headers.get("X-BAPI-RECV-WINDOW", "")
    check(account, f"{stamp}{account.key}{sent_window}{content}", _header(headers, "X-BAPI-SIGN"))
    return account


def admit_socket(accounts: Mapping[str, Account], arguments: object, now: int) -> Account:
    """The arguments of `auth`: key, when it expires, signature over that moment."""
    if not isinstance(arguments, list) or len(arguments) != 3:
        raise BybitError(10001, "Params Error")
    key, expires, signature = map(str, arguments)
    account = account_of(accounts, key)
    if not expires.isdigit() or int(expires) <= now:
        raise BybitError(BAD_TIME, "Request expired")
    check(account, f"GET/realtime{expires}", signature)
    return account


def account_of(accounts: Mapping[str, Account], key: str) -> Account:
    account = accounts.get(key)
    if account is None or account.revoked:
        raise BybitError(*BAD_KEY)
    return account


def check(account: Account, payload: str, signature: str) -> None:
    if not hmac.compare_digest(sign(account.secret, payload).encode(), signature.encode()):
        raise BybitError(*BAD_SIGNATURE)


def _check_time(stamp: str, window: str, now: int) -> None:
    if not (stamp.isdigit() and window.isdigit()):
        raise BybitError(10001, "Request parameter error: timestamp or recv_window")
    if not now - int(window) <= int(stamp) < now + AHEAD:
        text = "invalid request, please check your server timestamp or recv_window param."
        tail = f" req_timestamp[{stamp}],server_timestamp[{now}],recv_window[{window}]"
        raise BybitError(BAD_TIME, text + tail)


def _header(headers: Mapping[str, str], name: str) -> str:
    value = headers.get(name, "")
    if not value:
        raise missing(name)
    return value
