"""`manage.py demo`: create the demo data, once."""

from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from exchanges.paper import SimulatorUnavailable
from operations.demo import accounts
from users.commands import CommandWithExamples

EXAMPLES = """
  manage.py demo                     on a new installation; run again, it changes nothing

Never run it where real keys are. Exit code 0: all is there; 1: it could not be made.
"""


class Command(CommandWithExamples):
    help = "Create an operator, two traders, paper keys and open orders, unless they exist."
    examples = EXAMPLES

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            created = accounts.create_demo(now=timezone.now())
        except SimulatorUnavailable as error:
            raise CommandError(f"no demo data: {error}. Start the simulator first.") from error
        if not created:
            self.stdout.write("The demo data is there already.")
            return
        self.stdout.write(f"Created. The sign-ins are in {accounts.sign_in_file()}")
