"""Learn of markets that a venue has listed since its markets were read."""

from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, Final

ASK_AGAIN: Final = timedelta(minutes=10)  # about a name that the venue's list does not have


class Listings:
    """The names that a key met and its market list lacks, and a way to have that list read again.

    The pool sets `refresh`: it reads the list for all keys there, and not more than once a minute.
    """

    def __init__(self, client: Any, clock: Callable[[], datetime]) -> None:
        self._client, self._clock = client, clock
        self._unknown: set[str] = set()
        self._asked_at: dict[str, datetime] = {}
        self.refresh: Callable[[], Awaitable[None]] | None = None

    def knows(self, market_id: Any) -> bool:
        """Tell whether the list has this id of the venue's; note it if not."""
        self.note(market_id)
        return str(market_id) in (self._client.markets_by_id or {})

    def note(self, market_id: Any) -> None:
        if market_id and str(market_id) not in (self._client.markets_by_id or {}):
            self._unknown.add(str(market_id))

    async def learn(self) -> bool:
        """Have the list read again if ids were noted that it lacked; tell whether that helped."""
        unknown, self._unknown = self._unknown, set()
        before = unknown - (self._client.markets_by_id or {}).keys()
        if before and await self._refresh_markets(before):
            return not before.isdisjoint(self._client.markets_by_id or {})
        return before != unknown  # another key had it read meanwhile

    async def learn_ids(self, market_ids: Iterable[Any]) -> None:
        """Have the list read again if it lacks one of these ids."""
        for market_id in market_ids:
            self.note(market_id)
        await self.learn()

    async def learn_name(self, symbol: str) -> None:
        await self._refresh_markets({symbol})

    async def _refresh_markets(self, names: set[str]) -> bool:
        now = self._clock()
        asked = {name: at for name, at in self._asked_at.items() if now - at < ASK_AGAIN}
        due = names - asked.keys()
        if self.refresh is None or not due:
            return False
        self._asked_at = asked | dict.fromkeys(due, now)
        await self.refresh()
        return True
