"""`manage.py check_orders`: run the sweep of pending orders now, by hand."""

import json
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from exchanges.models import ExchangeKey
from exchanges.secrets import key_files
from orders.checks.plan import CheckPlan
from users.commands import CommandWithExamples, show_progress
from users.models import User

if TYPE_CHECKING:
    from orders.checks.sweep import SweepOutcome

EXAMPLES = """
  manage.py check_orders --dry-run       which keys and orders would be asked about
  manage.py check_orders --key 3         all pending orders of one key, now
  manage.py check_orders --due           what a sweep would do now

A key that another check works on is left out, so it can run beside the worker. Exit code 0: done;
1: a venue could not be asked, or there is no such user or key.
"""


class Command(CommandWithExamples):
    help = "Ask the venues about pending orders now, and write down what they say."
    examples = EXAMPLES

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--user", help="only this user's orders, by user name")
        parser.add_argument("--key", type=int, help="only the orders of this key, by its number")
        parser.add_argument("--due", action="store_true", help="only those whose turn it is")
        parser.add_argument("--dry-run", action="store_true", help="say what would be asked")
        parser.add_argument("--json", action="store_true", help="for machines")

    def handle(self, *args: Any, **options: Any) -> None:
        from orders.checks import sweep  # brings ccxt, which no other command needs

        # An operator who may read the file may open secrets as a worker does.
        settings.SEAL_PRIVATE_KEYS = settings.SEAL_PRIVATE_KEYS or key_files.private_keys()
        user_id, key_id = _find_user_id(options["user"]), _find_key_id(options["key"])
        with show_progress("Asking the venues", is_shown=not options["json"]):
            outcome = sweep.run_sweep(
                user_id=user_id,
                key_id=key_id,
                force=not options["due"],
                dry=options["dry_run"],
            )
        plans = {str(key): _describe_plan(plan) for key, plan in outcome.plans.items()}
        if options["json"]:
            document = {"plans": plans, **outcome.to_log_fields()}
            self.stdout.write(json.dumps(document, indent=2, default=str))
        else:
            self._print_outcome(plans, outcome)
        if outcome.errors:
            raise CommandError(f"{outcome.errors} errors; they are in the log above.")

    def _print_outcome(self, plans: dict[str, str], outcome: "SweepOutcome") -> None:
        for key, words in plans.items():
            self.stdout.write(f"{key}: {words}")
        self.stdout.write(
            " ".join(f"{name}={value}" for name, value in outcome.to_log_fields().items())
        )
        if outcome.busy:
            self.stdout.write(
                f"{outcome.busy} keys are being asked about by another check already."
            )


def _describe_plan(plan: CheckPlan) -> str:
    lists = ", ".join(symbol or "all symbols" for symbol in plan.lists)
    parts = [
        f"open orders of {lists}" if lists else "",
        f"{len(plan.singles)} orders by themselves" if plan.singles else "",
        f"missing fills of {len(plan.fills)} ended orders" if plan.fills else "",
    ]
    return f"{'; '.join(part for part in parts if part)} (weight {plan.weight})"


def _find_user_id(name: str | None) -> int | None:
    if name is None:
        return None
    user = User.objects.filter(username=name).first()
    if user is None:
        raise CommandError(f"There is no user {name!r}.")
    return user.pk


def _find_key_id(number: int | None) -> int | None:
    if number is not None and not ExchangeKey.objects.filter(pk=number).exists():
        raise CommandError(f"There is no key {number}.")
    return number
