"""`manage.py resync`: have workers compare pending orders with their venues, without waiting."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from exchanges.models import ExchangeKey
from orders.checks import on_demand


class Command(BaseCommand):
    help = "Ask workers to compare everything pending with the venues now (see also check_orders)."

    def add_arguments(self, parser: CommandParser) -> None:
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--key", type=int, help="one key, by its number")
        which.add_argument("--user", help="every key of a user, by user name")
        which.add_argument("--all", action="store_true", help="every active key")

    def handle(self, *args: Any, **options: Any) -> None:
        keys = ExchangeKey.objects.filter(is_active=True).order_by("pk")
        if options["key"] is not None:
            keys = keys.filter(pk=options["key"])
        if options["user"]:
            keys = keys.filter(user__username=options["user"])
        if not keys:
            raise CommandError("There is no such active key.")
        for key in keys:
            try:
                self.stdout.write(f"{key}: {on_demand.request_check(key)} pending")
            except on_demand.QueueUnreachable as error:
                raise CommandError(str(error)) from error
