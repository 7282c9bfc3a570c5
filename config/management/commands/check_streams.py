"""`manage.py check_streams`: prove that events have no gaps and add up to the state."""

import json
import sys
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import Error as DatabaseError

from config.snapshot import audit
from users.commands import CommandWithExamples

EXAMPLES = """
  manage.py check_streams            all users, for example after a restored backup
  manage.py check_streams --user ada --json

It only reads. Exit code 0: all is well; 1: something is wrong; 2: it cannot be said.
"""


class Command(CommandWithExamples):
    help = (
        "Prove each user's log of events: without gaps, and in agreement with the state. "
        "Exit code 1: something is wrong; 2: it cannot be said."
    )
    examples = EXAMPLES

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--user", help="only this one, by user name")
        parser.add_argument("--json", action="store_true", help="for machines")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._check_users(options)
        except DatabaseError as error:  # which proves nothing, neither way
            message = f"The log cannot be read: {str(error).splitlines()[0]}"
            raise CommandError(message, returncode=2) from error

    def _check_users(self, options: dict[str, Any]) -> None:
        users = events = things = 0
        wrong: dict[str, list[str]] = {}
        for user in audit.select_users(options["user"]):
            found = audit.examine_user(user.pk)
            users, events, things = users + 1, events + found.events, things + found.things
            if found.wrong:
                wrong[user.username] = found.wrong
                for text in () if options["json"] else found.wrong:
                    self.stdout.write(self.style.ERROR(f"{user.username}: {text}"))
        if options["user"] and not users:
            raise CommandError("There is no such user.")
        totals = {"users": users, "events": events, "things": things}
        if options["json"]:
            self.stdout.write(json.dumps({"ok": not wrong, **totals, "wrong": wrong}, indent=2))
        else:
            self.stdout.write(
                f"{users} users, {events} events about {things} things: "
                + (f"{len(wrong)} users have something wrong." if wrong else "all sound.")
            )
        sys.exit(1 if wrong else 0)
