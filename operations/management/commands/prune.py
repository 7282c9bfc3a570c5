"""`manage.py prune`: delete old rows of every table that grows, as jobs do."""

import json
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from dataclasses import asdict
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError
from django.db import Error as DatabaseError
from django.utils import timezone

from operations.cleanup.prune import PruneResult, prune_all
from operations.cleanup.tables import PRUNED
from users.commands import show_progress

EXAMPLES: Final = """
  manage.py prune --dry-run          count what is too old, and delete nothing
  manage.py prune                    delete it, in small batches beside live traffic
  manage.py prune --seconds 60       stop after a minute; the next run goes on

Exit code 0: all of it is gone; 1: the database failed; 2: the time was up before.
docs/cleanup.md says what is kept for how long. Orders and fills are never deleted.
"""


class Command(BaseCommand):
    help = "Delete old rows and events, as the jobs “Clean up old rows” and “Prune old events” do."

    def create_parser(self, *args: Any, **kwargs: Any) -> Any:
        return super().create_parser(
            *args, epilog=EXAMPLES, formatter_class=RawDescriptionHelpFormatter, **kwargs
        )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="count only")
        parser.add_argument("--seconds", type=float, default=float("inf"), help="take so long")
        parser.add_argument("--json", action="store_true", help="for machines")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            results = self._prune_tables(options)
        except DatabaseError as error:
            raise CommandError(str(error).strip()) from error
        verb = "to delete" if options["dry_run"] else "deleted"
        if options["json"]:
            self.stdout.write(json.dumps([asdict(result) for result in results], indent=2))
        else:
            self.stdout.write(f"{sum(result.rows for result in results)} rows {verb}.")
        if not all(result.is_complete for result in results):
            raise CommandError("The time was up; run it again.", returncode=2)

    def _prune_tables(self, options: dict[str, Any]) -> list[PruneResult]:
        results, is_shown = list[PruneResult](), not options["json"]
        with show_progress("Old rows", total=len(PRUNED) + 1, is_shown=is_shown) as bar:
            for result in prune_all(
                now=timezone.now(), seconds=options["seconds"], dry_run=options["dry_run"]
            ):
                results.append(result)
                bar.show(len(results), label=result.table)
                if result.rows and is_shown:
                    bar.write_line(self.stdout, f"{result.rows:>10}  {result.table}")
        return results
