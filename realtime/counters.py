"""A process's counters of its real-time parts: plain numbers, for realtime/metrics/snapshot.py.

Counting must cost next to nothing: no locks, no labels built on the way. A number that two
threads raise at the same moment may be one too low.
"""

import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

from realtime.histogram import SECONDS, Histogram

SAMPLE_SECONDS = 0.02  # between two measurements of how long an event took
STAMP = '"timestamp":"'
STAMP_LENGTH = len("2026-11-21T10:00:00.000000Z")


@dataclass(slots=True)
class Traffic:
    """One endpoint's frames and bytes. Bytes are counted as characters: exact for ASCII."""

    accepts: int = 0
    frames_in: int = 0
    bytes_in: int = 0
    frames_out: int = 0
    bytes_out: int = 0


@dataclass(slots=True)
class RealtimeCounts:
    """Numbers that only go up, for metrics and statistics."""

    published: int = 0
    publish_failures: int = 0
    repairs: int = 0  # a socket learned of events by the sweep, not by the layer: its loss rate
    log_reads: int = 0
    slow_closed: int = 0  # a client did not take what it was sent within SEND_SECONDS
    join_failures: int = 0
    sweep_failures: int = 0
    pruned: int = 0
    canary_lost: int = 0
    traffic: defaultdict[str, Traffic] = field(default_factory=lambda: defaultdict(Traffic))
    closes: Counter[int] = field(default_factory=Counter)  # by us
    left: Counter[str] = field(default_factory=Counter)  # by the client
    resumes: Counter[str] = field(default_factory=Counter)  # fresh, live, or why not
    strikes: Counter[str] = field(default_factory=Counter)
    commit_to_send: Histogram = field(default_factory=partial(Histogram, SECONDS))
    sweep_seconds: Histogram = field(default_factory=partial(Histogram, SECONDS))
    loop_lag: Histogram = field(default_factory=partial(Histogram, SECONDS))
    canary: Histogram = field(default_factory=partial(Histogram, SECONDS))
    sample_at: float = 0.0

    def note_frame_in(self, endpoint: str, content: str | bytes | None) -> None:
        traffic = self.traffic[endpoint]
        traffic.frames_in += 1
        traffic.bytes_in += len(content or "")

    def note_client_close(self, code: int | None) -> None:
        """Count a close by the client: only usual codes by number, since it may send any."""
        usual = code in (1000, 1001, 1005, 1006)
        self.left[str(code) if usual else "other"] += 1

    def note_sent(self, frame: str) -> None:
        """Measure now and then how long after its commit an event is sent."""
        now = time.monotonic()
        if now < self.sample_at:
            return
        self.sample_at = now + SAMPLE_SECONDS
        start = frame.find(STAMP) + len(STAMP)
        at = datetime.fromisoformat(frame[start : start + STAMP_LENGTH])
        self.commit_to_send.add(max(0.0, (datetime.now(UTC) - at).total_seconds()))


counts = RealtimeCounts()
