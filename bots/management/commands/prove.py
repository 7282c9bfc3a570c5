"""`manage.py prove`: compare our books of a key with its venue's own statement."""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from bots.models import StatementProof
from bots.proof.api import proof_data
from bots.proof.prove import prove_key
from exchanges.base import VenueError
from exchanges.models import ExchangeKey
from users.commands import CommandWithExamples

HELP = """
Compares what changed since the key's last good proof: our fills, fees and income against the
venue's statement and balances. Exit code 0: nothing differs; 1: something does; 2: the venue could
not be asked. The first proof of a key compares nothing. --anew begins with the balances of now.
"""


EXAMPLES = """
  manage.py prove --key 3            what changed since the last good proof
  manage.py prove --key 3 --json     for machines
  manage.py prove --key 3 --anew     after you have put right what differed

Exit code 0: nothing differs; 1: something does; 2: the venue could not be asked.
"""


class Command(CommandWithExamples):
    help = HELP
    examples = EXAMPLES

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--key", type=int, required=True, help="the number of the key")
        parser.add_argument("--anew", action="store_true", help="forget earlier proofs")
        parser.add_argument("--json", action="store_true", help="for machines")

    def handle(self, **options: Any) -> None:
        key = ExchangeKey.objects.filter(pk=options["key"]).first()
        if key is None:
            raise CommandError(f"There is no key {options['key']}.")
        try:
            proof = prove_key(key, now=timezone.now(), anew=options["anew"])
        except VenueError as error:
            self.stderr.write(f"{key} could not be proven: {error}")
            sys.exit(2)
        if options["json"]:
            self.stdout.write(json.dumps(proof_data(proof), indent=2))
        else:
            self._print_proof(key, proof)
        sys.exit(0 if proof.is_good else 1)

    def _print_proof(self, key: ExchangeKey, proof: StatementProof) -> None:
        since = f" since {proof.since:%Y-%m-%d %H:%M:%S}" if proof.since else ", from now on"
        self.stdout.write(f"{key}{since}, until {proof.at:%Y-%m-%d %H:%M:%S} UTC")
        for asset, row in sorted(proof.assets.items()):
            said = ", ".join(f"{name} {row[name]}" for name in ("books", "statement", "balance"))
            mark = self.style.ERROR("DIFFERS") if row["differs"] else self.style.SUCCESS("OK")
            self.stdout.write(f"{mark} {asset}: {said}, difference {row['difference']}")
        outcome = "Nothing differs." if proof.is_good else "The venue and our books differ."
        self.stdout.write(outcome)
