"""`manage.py jobs`: see the timetable, pause and resume jobs, run one now."""

import json
import sys
import time
from argparse import RawDescriptionHelpFormatter
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error as DatabaseError
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from operations.jobs import actions, timetable
from operations.jobs.payloads import JobRow, RunRow, job_row, run_row
from operations.models import JobRun

BY = "manage.py"
POLL_SECONDS = 0.2
TEACHING = """
examples:
  manage.py jobs                                   all jobs, with their newest results
  manage.py jobs status                            which beat is active; exit code 1 if none is,
                                                   or a job failed
  manage.py jobs history "Read the venues' symbols"
  manage.py jobs pause "Prune old events"
  manage.py jobs run "Prune old events" --wait     exit code 1 if the run fails

A job is named by its name or its number. Exit codes: 0 done, 1 failed, 2 not possible.
"""


class Command(BaseCommand):
    help = "See the timetable, pause and resume jobs, and run one now."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.epilog = TEACHING
        choices = ["list", "status", "history", "pause", "resume", "run"]
        parser.add_argument("action", nargs="?", default="list", choices=choices)
        parser.add_argument("job", nargs="?", help="its name or number; not for list and status")
        parser.add_argument("--wait", action="store_true", help="run: until the run has ended")
        parser.add_argument("--timeout", type=float, default=600.0, help="seconds to wait; 600")
        parser.add_argument("--limit", type=int, default=20, help="history: how many runs; 20")
        parser.add_argument("--json", action="store_true", help="for machines")

    def handle(self, *args: Any, **options: Any) -> None:
        self.is_json = options["json"]
        try:
            exit_code = self._act(options)
        except (actions.JobRefused, actions.QueueDown) as refused:
            raise CommandError(str(refused), returncode=2) from None
        except DatabaseError as error:
            message = f"The database does not answer: {str(error).splitlines()[0]}"
            raise CommandError(message, returncode=2) from error
        sys.exit(exit_code)

    def _act(self, options: dict[str, Any]) -> int:
        if options["action"] == "list":
            return self._list_jobs()
        if options["action"] == "status":
            return self._show_status()
        job = timetable.find_job(options["job"] or "")
        if job is None:
            raise CommandError("Which job? `manage.py jobs` lists them.", returncode=2)
        if options["action"] == "history":
            return self._show_history(job, options["limit"])
        if options["action"] == "run":
            return self._run_job(job, options["timeout"] if options["wait"] else None)
        change = {"pause": actions.pause_job, "resume": actions.resume_job}[options["action"]]
        is_changed = change(job, by=BY, now=timezone.now())
        state = "paused" if not job.enabled else "in the timetable"
        text = f"{job.name} is {'now' if is_changed else 'already'} {state}."
        self._write({"job": job.name, "paused": not job.enabled, "changed": is_changed}, [text])
        return 0

    def _list_jobs(self) -> int:
        rows = [job_row(job, now=timezone.now()) for job in timetable.list_jobs()]
        self._write(rows, [_describe_job(row) for row in rows] or ["No job: beat never ran."])
        return 0

    def _show_status(self) -> int:
        found = timetable.build_status(now=timezone.now())
        names = [f"{part}: {', '.join(found[part]) or 'none'}" for part in ("failed", "waiting")]
        names += [f"{part}: {', '.join(found[part]) or 'none'}" for part in ("paused", "running")]
        beat = f"active on {found['beat']}" if found["active"] else "none is active"
        self._write(found, [f"beat: {beat}", f"last tick: {found['last_tick_at']}", *names])
        return 0 if found["active"] and not found["failed"] else 1

    def _show_history(self, job: PeriodicTask, limit: int) -> int:
        runs = JobRun.objects.filter(job=job).select_related("job")[: max(1, limit)]
        rows = [run_row(run, now=timezone.now()) for run in runs]
        self._write(rows, [_describe_run(row) for row in rows] or ["No run of it is kept."])
        return 0

    def _run_job(self, job: PeriodicTask, timeout: float | None) -> int:
        run = actions.run_job(job, by=BY, now=timezone.now())
        row = run_row(run, now=timezone.now())
        deadline = time.monotonic() + (timeout or 0)
        while row["finished_at"] is None and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
            run.refresh_from_db()
            row = run_row(run, now=timezone.now())
        self._write(row, [_describe_run(row)])
        if timeout is None:
            return 0
        return 0 if row["state"] == "done" else 1

    def _write(self, document: Any, lines: list[str]) -> None:
        if self.is_json:
            lines = [json.dumps(document, indent=2, default=str)]
        for line in lines:
            self.stdout.write(line)


def _describe_job(row: JobRow) -> str:
    parts = [f"{row['id']:>4}", row["name"].ljust(44), row["schedule"].ljust(18)]
    parts += ["paused" if row["paused"] else row["state"], row["last_result"] or "no result yet"]
    parts += [row["last_message"], "protected" if row["protected"] else ""]
    return "  ".join(part for part in parts if part)


def _describe_run(row: RunRow) -> str:
    seconds = "" if row["seconds"] is None else f"{row['seconds']} s"
    moment = row["started_at"] or row["requested_at"] or ""
    parts = [moment, row["state"].ljust(10), row["trigger"], row["by"], seconds, row["message"]]
    return "  ".join(part for part in parts if part)
