"""`manage.py resync`: have workers compare pending orders with their venues, without waiting."""

import json
from typing import Any

from django.core.management.base import CommandError, CommandParser

from exchanges.models import ExchangeKey
from orders.checks import on_demand
from users.commands import CommandWithExamples, show_progress

EXAMPLES = """
  manage.py resync --key 3           one key: orders, fills, balances and positions
  manage.py resync --all             all keys, for example after a long outage

It returns at once; workers do the work. Exit code 0: it is queued; 1: there is no such active key,
or the queue cannot be reached.
"""


class Command(CommandWithExamples):
    help = "Ask workers to compare everything pending with the venues now (see also check_orders)."
    examples = EXAMPLES

    def add_arguments(self, parser: CommandParser) -> None:
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--key", type=int, help="one key, by its number")
        which.add_argument("--user", help="every key of a user, by user name")
        which.add_argument("--all", action="store_true", help="every active key")
        parser.add_argument("--dry-run", action="store_true", help="only say which keys")
        parser.add_argument("--json", action="store_true", help="for machines")

    def handle(self, *args: Any, **options: Any) -> None:
        keys = ExchangeKey.objects.filter(is_active=True).order_by("pk")
        if options["key"] is not None:
            keys = keys.filter(pk=options["key"])
        if options["user"]:
            keys = keys.filter(user__username=options["user"])
        if not keys:
            raise CommandError("There is no such active key.")
        counts = {}
        with show_progress("Keys", total=len(keys), is_shown=not options["json"]) as bar:
            for key in keys:
                counts[key] = _request_check(key, dry_run=options["dry_run"])
                bar.show(len(counts))
        if options["json"]:
            rows = [{"key": key.pk, "pending": count} for key, count in counts.items()]
            self.stdout.write(json.dumps(rows, indent=2))
            return
        for key, count in counts.items():
            self.stdout.write(f"{key}: {count} pending")


def _request_check(key: ExchangeKey, *, dry_run: bool) -> int:
    if dry_run:
        return on_demand.count_pending(key)
    try:
        return on_demand.request_check(key)
    except on_demand.QueueUnreachable as error:
        raise CommandError(str(error)) from error
