"""Binance's listen keys: each opens an account's futures event stream for an hour. Pure."""

from dataclasses import dataclass, field
from secrets import choice
from string import ascii_letters, digits

HOUR = 3_600_000


def random_text(length: int) -> str:
    return "".join(choice(ascii_letters + digits) for _ in range(length))


@dataclass
class ListenKeys:
    """The listen keys of all accounts, one valid key each.

    Old keys stay known, so that a socket with one can report that it expired. Keys live in memory
    only: a restart cuts every stream anyway.
    """

    _expiry: dict[str, int] = field(default_factory=dict)
    _account: dict[str, str] = field(default_factory=dict)
    _current: dict[str, str] = field(default_factory=dict)

    def create(self, account: str, now: int) -> str:
        """Extend the account's valid key by an hour, or create a new one."""
        key = self.extend(account, now)
        if key is None:
            key = random_text(64)
            self._current[account], self._account[key] = key, account
            self._expiry[key] = now + HOUR
        return key

    def extend(self, account: str, now: int) -> str | None:
        """Extend the account's key by an hour; return None if it has expired."""
        key = self._current.get(account, "")
        if not self.is_valid(key, now):
            return None
        self._expiry[key] = now + HOUR
        return key

    def close(self, account: str) -> None:
        key = self._current.pop(account, "")
        if key:
            self._expiry[key] = 0

    def is_valid(self, key: str, now: int) -> bool:
        return now < self._expiry.get(key, 0)

    def find_account(self, key: str) -> str | None:
        """Return the account of a key, also of an expired one."""
        return self._account.get(key)
