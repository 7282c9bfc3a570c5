"""Shared parts of the venues' signatures: the account of a key, the comparison of secrets."""

import hmac
from collections.abc import Mapping

from exchanges.simulator.accounts.accounts import Account
from exchanges.simulator.refusals import VenueError


def sign_payload(secret: str, payload: str) -> bytes:
    return hmac.digest(secret.encode(), payload.encode(), "sha256")


def find_account(accounts: Mapping[str, Account], key: str, refusal: VenueError) -> Account:
    account = accounts.get(key)
    if account is None or account.revoked:
        raise refusal
    return account


def check_secret(expected: str, sent: str, refusal: VenueError) -> None:
    if not hmac.compare_digest(expected.encode(), sent.encode()):
        raise refusal
