"""`manage.py demo`: create the demo data, once."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from exchanges.paper import SimulatorUnavailable
from operations.demo import accounts


class Command(BaseCommand):
    help = "Create an operator, two traders, paper keys and open orders, unless they exist."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            created = accounts.create_demo(now=timezone.now())
        except SimulatorUnavailable as error:
            raise CommandError(f"no demo data: {error}. Start the simulator first.") from error
        if not created:
            self.stdout.write("The demo data is there already.")
            return
        self.stdout.write(f"Created. The sign-ins are in {accounts.sign_in_file()}")
