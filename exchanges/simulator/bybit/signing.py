"""Authenticate Bybit's requests: key, time window, and the signature over the content."""

from collections.abc import Mapping

from exchanges.simulator.accounts.accounts import Account
from exchanges.simulator.bybit import errors
from exchanges.simulator.transport import signing

DEFAULT_WINDOW_MS = 5000
MAX_AHEAD_MS = 1000


def authenticate_request(
    accounts: Mapping[str, Account], headers: Mapping[str, str], content: str, now: int
) -> Account:
    """Return the account that signed a request.

    `content` is the query of a GET or the body of a POST, exactly as sent.
    """
    account = _find_account(accounts, _read_header(headers, "X-BAPI-API-KEY"))
    stamp = _read_header(headers, "X-BAPI-TIMESTAMP")
    window = headers.get("X-BAPI-RECV-WINDOW", "")
    _check_time(stamp, window or str(DEFAULT_WINDOW_MS), now)
    signature = _read_header(headers, "X-BAPI-SIGN")
    _check_signature(account, f"{stamp}{account.key}{window}{content}", signature)
    return account


def authenticate_login(accounts: Mapping[str, Account], arguments: object, now: int) -> Account:
    """Return the account of a socket's `auth`: key, expiry, signature over the expiry."""
    if not isinstance(arguments, list) or len(arguments) != 3:
        raise errors.BybitError(10001, "Params Error")
    key, expires, signature = map(str, arguments)
    account = _find_account(accounts, key)
    if not expires.isdigit() or int(expires) <= now:
        raise errors.BybitError(errors.BAD_TIME, "Request expired")
    _check_signature(account, f"GET/realtime{expires}", signature)
    return account


def check_stamp(header: object, now: int) -> None:
    """Check the time of a socket's request, which is not signed."""
    fields = {str(k): str(v) for k, v in header.items()} if isinstance(header, dict) else {}
    stamp = _read_header(fields, "X-BAPI-TIMESTAMP")
    _check_time(stamp, fields.get("X-BAPI-RECV-WINDOW") or str(DEFAULT_WINDOW_MS), now)


def _find_account(accounts: Mapping[str, Account], key: str) -> Account:
    return signing.find_account(accounts, key, errors.BybitError(*errors.BAD_KEY))


def _check_signature(account: Account, payload: str, signature: str) -> None:
    expected = signing.sign_payload(account.secret, payload).hex()
    signing.check_secret(expected, signature, errors.BybitError(*errors.BAD_SIGNATURE))


def _check_time(stamp: str, window: str, now: int) -> None:
    if not (stamp.isdigit() and window.isdigit()):
        raise errors.BybitError(10001, "Request parameter error: timestamp or recv_window")
    if not now - int(window) <= int(stamp) < now + MAX_AHEAD_MS:
        text = "invalid request, please check your server timestamp or recv_window param."
        tail = f" req_timestamp[{stamp}],server_timestamp[{now}],recv_window[{window}]"
        raise errors.BybitError(errors.BAD_TIME, text + tail)


def _read_header(headers: Mapping[str, str], name: str) -> str:
    value = headers.get(name, "")
    if not value:
        raise errors.missing_parameter(name)
    return value
