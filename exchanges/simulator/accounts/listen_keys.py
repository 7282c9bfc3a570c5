"""Listen keys: who may follow an account's futures events, for an hour at a time. Pure."""

from dataclasses import dataclass, field
from secrets import choice
from string import ascii_letters, digits

HOUR = 3_600_000


@dataclass
class ListenKeys:
    """One per account; what was given out before is remembered, so that it can be told to be over.

    They live in the process: after a restart every stream starts anew anyway.
    """

    _expiry: dict[str, int] = field(default_factory=dict)
    _account: dict[str, str] = field(default_factory=dict)
    _current: dict[str, str] = field(default_factory=dict)

    def create(self, account: str, now: int) -> str:
        """The one that is valid, for another hour, or a new one."""
        key = self._current.get(account, "")
        if not self.is_valid(key, now):
            key = "".join(choice(ascii_letters + digits) for _ in range(64))
            self._current[account], self._account[key] = key, account
        self._expiry[key] = now + HOUR
        return key

    def extend(self, account: str, now: int) -> str | None:
        """Another hour for a valid one; what is over stays over."""
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
        """Whose it is or was."""
        return self._account.get(key)

    def clear_keys(self) -> None:
        self._expiry.clear()
        self._account.clear()
        self._current.clear()
