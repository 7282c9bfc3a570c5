"""Binance's rate limits: request weight per address, orders per account, and bans."""

from collections import defaultdict, deque
from dataclasses import dataclass, field

MINUTE = 60_000
DAY = 86_400_000
TEN_SECONDS = 10_000
# A client that keeps sending after this many refusals is banned, each time for longer.
WARNINGS_BEFORE_BAN = 20
FIRST_BAN = 2 * MINUTE


@dataclass
class RateLimits:
    weight_per_minute: int = 6000
    futures_weight_per_minute: int = 2400
    orders_per_10s: int = 100
    orders_per_day: int = 200_000

    def get_weight_limit(self, address: str) -> int:
        """Return the weight an address may use in a minute; futures are counted apart."""
        futures = address.endswith(" fapi")
        return self.futures_weight_per_minute if futures else self.weight_per_minute


@dataclass(frozen=True)
class WeightRefusal:
    """A refusal until a time; a ban if the address ignored earlier refusals."""

    until: int
    ban: bool


@dataclass
class _Address:
    window: int = 0
    weight: int = 0
    refused: int = 0
    bans: int = 0
    banned_until: int = 0


@dataclass
class RateLimiter:
    limits: RateLimits = field(default_factory=RateLimits)
    _addresses: dict[str, _Address] = field(default_factory=lambda: defaultdict(_Address))
    _orders: dict[str, deque[int]] = field(default_factory=lambda: defaultdict(deque))

    def spend(self, address: str, weight: int, now: int) -> WeightRefusal | None:
        """Count a request's weight; return a refusal if it is over the limit."""
        entry = self._addresses[address]
        window = now // MINUTE
        if entry.window != window:
            entry.window, entry.weight, entry.refused = window, 0, 0
        if now < entry.banned_until:
            return WeightRefusal(entry.banned_until, ban=True)
        entry.weight += weight
        if entry.weight <= self.limits.get_weight_limit(address):
            return None
        entry.refused += 1
        if entry.refused > WARNINGS_BEFORE_BAN:
            entry.banned_until = now + FIRST_BAN * 2**entry.bans
            entry.bans += 1
            return WeightRefusal(entry.banned_until, ban=True)
        return WeightRefusal((window + 1) * MINUTE, ban=False)

    def ban(self, address: str, until: int) -> None:
        self._addresses[address].banned_until = until

    def get_used_weight(self, address: str) -> int:
        return self._addresses[address].weight

    def count_order(self, account: str, now: int) -> bool:
        """Count a new order; return False if the account has already placed too many."""
        placed = self._orders[account]
        while placed and placed[0] <= now - DAY:
            placed.popleft()
        if len(placed) >= self.limits.orders_per_day:
            return False
        if self.count_orders(account, TEN_SECONDS, now) >= self.limits.orders_per_10s:
            return False
        placed.append(now)
        return True

    def count_orders(self, account: str, span: int, now: int) -> int:
        count = 0
        for placed in reversed(self._orders[account]):
            if placed <= now - span:
                break
            count += 1
        return count

    def clear_counts(self) -> None:
        self._addresses.clear()
        self._orders.clear()
