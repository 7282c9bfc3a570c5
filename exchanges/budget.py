"""How much may still be asked of a venue: a bucket that fills as fast as the venue's limit allows.

Where a venue counts an address, all its keys share one bucket; where it counts keys, each has its
own. A part of the limit is left for placing and cancelling.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.cache import cache

from exchanges import weights
from exchanges.models import ExchangeKey

KEPT = timedelta(minutes=10)


@dataclass(slots=True)
class Budget:
    """What one round may spend; `close` writes the rest down for the next round."""

    name: str
    full: float
    left: float
    now: datetime

    def take(self, weight: int) -> bool:
        """Whether this much may be asked; a plan dearer than a full bucket waits for a full one."""
        if self.left < min(weight, self.full):
            return False
        self.left -= weight
        return True

    def close(self) -> None:
        cache.set(self.name, (self.left, self.now.timestamp()), timeout=KEPT.total_seconds())


def opened(key: ExchangeKey, *, now: datetime) -> Budget:
    """The bucket behind this key, with what has flowed in since the last round."""
    name = name_of(key)
    full = weights.of(key.venue, key.market).per_minute * settings.VENUE_BUDGET_SHARE
    left, at = cache.get(name) or (full, now.timestamp())
    inflow = max(0.0, now.timestamp() - at) * full / 60
    return Budget(name=name, full=full, left=min(full, left + inflow), now=now)


def name_of(key: ExchangeKey) -> str:
    bucket = f"budget:{key.venue}:{key.market}:{'paper' if key.is_paper else 'live'}"
    counted = weights.of(key.venue, key.market).per
    return bucket if counted == "address" else f"{bucket}:{key.pk}"
