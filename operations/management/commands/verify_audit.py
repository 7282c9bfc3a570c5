"""`manage.py verify_audit`: prove that nobody altered the audit log."""

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.utils import timezone

from operations.audit.verify import Verification, verify_chain
from users.commands import CommandWithExamples

EXAMPLES = """
  manage.py verify_audit                     the whole log, by its hashes and seals
  manage.py verify_audit --head 812:5f3a9c   it must also have the head that you noted

It only reads. Exit code 0: it is sound; 1: it is not; 2: no worker has sealed for ten minutes.
"""


class Command(CommandWithExamples):
    help = (
        "Read the whole audit log, and find rows that were altered, removed or reordered."
        " Exit code 0: it is sound; 1: it is not; 2: changes wait for their seal for more than ten"
        " minutes, so no worker seals."
    )
    examples = EXAMPLES

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="for machines")
        parser.add_argument(
            "--head",
            default="",
            metavar="NUMBER:HASH",
            help="a head that you noted earlier, or of the log line “audit log sealed”: the chain"
            " must still have it",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        result = verify_chain(now=timezone.now(), expected_head=options["head"])
        if options["json"]:
            document = {"ok": not result.problems, **asdict(result)}
            self.stdout.write(json.dumps(document, indent=2))
        else:
            self._print_result(result)
        sys.exit(1 if result.problems else 2 if result.is_late else 0)

    def _print_result(self, result: Verification) -> None:
        for problem in result.problems:
            self.stdout.write(self.style.ERROR(problem))
        if result.is_late:
            self.stdout.write(self.style.WARNING("No worker seals: is one running, and beat?"))
        verdict = "is NOT sound" if result.problems else "is sound"
        self.stdout.write(
            f"The audit log {verdict}: {result.sealed} changes sealed, {result.unsealed} waiting."
        )
        self.stdout.write(f"Its head, to note elsewhere: {result.head}")
