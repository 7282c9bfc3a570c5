"""Act on a failed request: keep the wait that a venue imposed, and test a key that it refused."""

from datetime import datetime

from exchanges import worker_calls
from exchanges.base import KeyInvalid, RateLimitError
from exchanges.limits import bans
from exchanges.models import ExchangeKey, KeyOrMarket


def note_failure(target: KeyOrMarket, error: Exception, *, now: datetime) -> None:
    """Ban what a venue throttled, and queue a test of a key that it called invalid.

    One refusal does not switch a key off: the test confirms it first. A wait of one key is not
    noted for a request that had no key.
    """
    key = target if isinstance(target, ExchangeKey) else None
    if isinstance(error, RateLimitError) and (error.everyone or key):
        bans.note(target, error, now=now)
    if isinstance(error, KeyInvalid) and key:
        worker_calls.queue_task("exchanges.test_key", key.pk)
