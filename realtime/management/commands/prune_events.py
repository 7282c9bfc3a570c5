"""`manage.py prune_events`: forget old events now, as beat has it done every hour."""

import json
from argparse import ArgumentTypeError
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser
from django.utils import timezone

from realtime import retention
from users.commands import CommandWithExamples


def parse_days(text: str) -> float:
    number = float(text)
    if not 0 < number < 100_000:
        raise ArgumentTypeError("a number of days above 0")
    return number


EXAMPLES = """
  manage.py prune_events --dry-run   how many events are old enough
  manage.py prune_events --days 3    keep fewer days, for example when the disk is full

A client that was away for longer than the kept days begins with a snapshot. It can be stopped and
run again. Exit code: 0 when done.
"""


class Command(CommandWithExamples):
    help = "Forget events that are older than REALTIME_KEEP_DAYS, in small batches."
    examples = EXAMPLES

    def add_arguments(self, parser: CommandParser) -> None:
        usual = settings.REALTIME["KEEP_DAYS"]
        parser.add_argument(
            "--days", type=parse_days, default=usual, help=f"how long to keep, instead of {usual:g}"
        )
        parser.add_argument("--dry-run", action="store_true", help="only say how many")
        parser.add_argument("--json", action="store_true", help="for machines")

    def handle(self, *args: Any, **options: Any) -> None:
        before = retention.get_cutoff(timezone.now(), options["days"])
        pruned = retention.prune_old(before=before, dry_run=options["dry_run"])
        if options["json"]:
            counts = {"events": pruned.events, "users": pruned.users}
            self.stdout.write(json.dumps(counts | {"dry_run": options["dry_run"]}))
            return
        verb = "would be forgotten" if options["dry_run"] else "forgotten"
        self.stdout.write(f"{pruned.events} events of {pruned.users} users {verb}.")
