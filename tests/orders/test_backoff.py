"""Streams that break together do not come back together, nor before they may."""

from datetime import timedelta

from django.utils import timezone

from exchanges.base import RateLimitError, VenueDown
from orders.streams.key_stream import FIRST_DELAY, LONGEST_DELAY, _choose_delay


def test_the_more_failures_the_longer_and_never_all_at_once() -> None:
    for failures in (0, 1, 5, 50):
        most = min(LONGEST_DELAY, FIRST_DELAY * 2**failures)
        delays = [_choose_delay(failures, VenueDown("away")) for _ in range(500)]
        assert 0 <= min(delays) < most * 0.1
        assert most * 0.9 < max(delays) <= most
        assert len(set(delays)) > 400


def test_a_wait_that_the_venue_named_is_kept() -> None:
    until = timezone.now() + timedelta(seconds=100)
    delays = [_choose_delay(0, RateLimitError("banned", until=until)) for _ in range(100)]
    assert min(delays) > 90
    assert max(delays) <= 100 + FIRST_DELAY
