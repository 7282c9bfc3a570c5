"""`manage.py prune_audit`: remove old entries of the audit log, and leave a signed checkpoint."""

import getpass
from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from operations.audit import prune
from operations.audit.verify import verify_chain
from users.commands import CommandWithExamples

EXAMPLES = """
  manage.py prune_audit --days 730 --dry-run     how many entries are older than two years
  manage.py prune_audit --days 730               remove them, and leave a checkpoint

Exit code 0: done; 1: nothing was removed, because the log is not sound.
"""


class Command(CommandWithExamples):
    help = (
        "Remove entries of the audit log that are older than so many days. A checkpoint with the"
        " hash of the last one stays, so that verify_audit still proves the rest. Nothing is"
        " removed from a log that is not sound. Export it before (GET monitoring/audit.csv)."
    )
    examples = EXAMPLES

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--days", type=int, required=True, help="how many days to keep")
        parser.add_argument("--dry-run", action="store_true", help="count them only")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["days"] < 1:
            raise CommandError("Keep at least one day.")
        now = timezone.now()
        before = now - timedelta(days=options["days"])
        if options["dry_run"]:
            count = prune.count_old_seals(before)
            self.stdout.write(f"Would remove {count} entries from before {before:%Y-%m-%d %H:%M}.")
            return
        if verify_chain(now=now).problems:
            raise CommandError("The log is not sound; see “manage.py verify_audit”. Nothing done.")
        count = prune.prune_changes(before, by=getpass.getuser(), now=now)
        self.stdout.write(f"Removed {count} entries.")
