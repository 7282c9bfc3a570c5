"""The short form of each storm; CHAOS_SECONDS and CHAOS_SEED make it longer and repeat it."""

import asyncio

from tests.chaos import storm
from tests.chaos.town import Town


def test_whatever_breaks_nothing_is_lost_or_doubled_or_anothers(town: Town) -> None:
    seed, seconds = storm.seed(), storm.seconds()
    faults = storm.ALL if seconds else storm.some(seed)
    report = asyncio.run(storm.rage(town, seed, seconds, faults))
    assert not report.complaints, f"CHAOS_SEED={seed}: {report.complaints}"
