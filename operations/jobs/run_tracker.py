"""Record the runs of this worker process, seldom enough for jobs that run every second.

A quick job is recorded at most every few seconds, with the number of its runs since then; a
failure, and the first success after it, at once. Recording never fails a job.
"""

import threading
import time
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import structlog
from django.db import Error as DatabaseError
from django.db import connection
from django.utils import timezone

from operations.jobs import notes, record
from operations.jobs.record import RunFacts, RunResult

log = structlog.get_logger(__name__)

RECORD_SECONDS: Final = 5.0  # between two records of a quick job
TELL_SECONDS: Final = 15.0  # between two notes about a quick job that goes well
RENEW_SECONDS: Final = 5.0


@dataclass(slots=True)
class OpenRun:
    facts: RunFacts
    started_at: datetime
    began: float  # monotonic
    is_recorded: bool


@dataclass(slots=True)
class JobCounts:
    """Runs of a job in this process since it last recorded one."""

    recorded: float = float("-inf")
    told: float = float("-inf")
    runs: int = 0
    failures: int = 0
    is_failing: bool = False


@dataclass(slots=True)
class RunTracker:
    open_runs: dict[uuid.UUID, OpenRun] = field(default_factory=dict)
    counts: dict[str, JobCounts] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def begin_run(self, facts: RunFacts) -> None:
        with self.lock:
            counts = self.counts.setdefault(facts.job, JobCounts())
            is_due = facts.is_kept or time.monotonic() - counts.recorded >= RECORD_SECONDS
            if is_due:
                counts.recorded = time.monotonic()
            run = OpenRun(facts, timezone.now(), time.monotonic(), is_due)
            self.open_runs[facts.run_id] = run
        if is_due:
            self._write_begin(run)

    def end_run(self, run_id: uuid.UUID, *, is_failed: bool, message: str) -> None:
        with self.lock:
            run = self.open_runs.pop(run_id, None)
            if run is None:
                return
            counts = self.counts[run.facts.job]
            counts.runs, counts.failures = counts.runs + 1, counts.failures + is_failed
            seconds = time.monotonic() - run.began
            interval = run.facts.interval
            is_slow = interval is not None and seconds > interval
            is_turn = is_failed != counts.is_failing
            counts.is_failing = is_failed
            if not (run.is_recorded or is_failed or is_slow or is_turn):
                return
            done, counts.runs, counts.failures = (counts.runs, counts.failures), 0, 0
            is_told = run.facts.is_kept or is_turn or time.monotonic() - counts.told >= TELL_SECONDS
            if is_told:
                counts.told = time.monotonic()
        result = RunResult(
            started_at=run.started_at,
            finished_at=timezone.now(),
            seconds=seconds,
            is_failed=is_failed,
            message=message,
        )
        self._write_end(run, result, done, is_told)

    def renew_runs(self) -> None:
        """Record that the runs that go on here have a living worker."""
        run_ids = [run.facts.run_id for run in list(self.open_runs.values()) if run.is_recorded]
        if run_ids:
            record.renew_runs(run_ids, now=timezone.now())

    def _write_begin(self, run: OpenRun) -> None:
        try:
            record.begin_run(run.facts, now=run.started_at)
            if run.facts.is_kept:
                notes.tell_operators(run.facts.job)
        except DatabaseError as error:
            log.warning("begin of a job not recorded", job=run.facts.job, error=str(error))

    def _write_end(
        self, run: OpenRun, result: RunResult, done: tuple[int, int], is_told: bool
    ) -> None:
        try:
            record.end_run(run.facts, result, count=done[0], failures=done[1])
            if is_told:
                notes.tell_operators(run.facts.job)
        except DatabaseError as error:
            log.warning("result of a job not recorded", job=run.facts.job, error=str(error))


tracker = RunTracker()


def start_renewing() -> None:
    """Renew this worker's runs from a thread of its own, as long as the process lives."""
    threading.Thread(target=_renew_forever, name="job-runs", daemon=True).start()


def _renew_forever() -> None:
    while True:
        time.sleep(RENEW_SECONDS)
        try:
            tracker.renew_runs()
        except DatabaseError as error:
            log.warning("runs of jobs not renewed", error=str(error))
            connection.close()
