"""Seal all venue secrets anew for the public key in use."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from exchanges.models import ExchangeKey
from exchanges.secrets import key_files, rotation, sealing
from users.commands import CommandWithExamples, show_progress

NEXT_STEPS = """\
Then:
  1. restart worker and stream, then web
  2. run `manage.py rotate_secrets`
  3. when it says that nothing is left, drop the older private keys; keep them with the backups
     that were made before, which need them
"""
CANNOT_OPEN, CANNOT_BEGIN, WORK_LEFT = 1, 2, 3


EXAMPLES = """
  manage.py rotate_secrets --new-key     a new pair of keys; it says what to do with it
  manage.py rotate_secrets --dry-run     how many secrets are sealed for an older key
  manage.py rotate_secrets               seal those anew

Exit code 0: nothing is left; 1: some secrets cannot be opened; 2: it cannot begin; 3: a dry run
finds work.
"""


class Command(CommandWithExamples):
    help = (
        "Seal all venue secrets anew for the public key in use. Safe to stop and to run again."
        " Ends with 0 when nothing is left, 1 when some secrets cannot be opened,"
        " 2 when it cannot begin, 3 when a dry run finds work."
    )
    examples = EXAMPLES
    requires_system_checks: list[str] = []  # it is the remedy for a missing key

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--new-key", action="store_true", help="make a new pair, seal nothing")
        parser.add_argument(
            "--print-pair", action="store_true", help="print a first pair as settings, keep nothing"
        )
        parser.add_argument("--dry-run", action="store_true", help="only say how much is left")
        parser.add_argument("--batch", type=int, default=200, help="keys per transaction")

    def handle(
        self, *, new_key: bool, print_pair: bool, dry_run: bool, batch: int, **_: Any
    ) -> None:
        try:
            if print_pair:
                private, public = sealing.new_keypair()
                self.stdout.write(f"SEAL_PUBLIC_KEY={public}\nSEAL_PRIVATE_KEYS={private}")
            elif new_key:
                self._new_key()
            elif dry_run:
                self._dry_run()
            else:
                self._rotate_all(max(1, batch))
        except (sealing.BadSealingKey, sealing.CannotSeal) as trouble:
            raise CommandError(str(trouble), returncode=CANNOT_BEGIN) from None

    def _new_key(self) -> None:
        if settings.SEAL_PUBLIC_KEY in ("", key_files.public_key()):
            name = sealing.key_name(key_files.add_pair())
            self.stdout.write(f"Key {name} is in {settings.FILLWATCH_HOME}, and is used from now.")
        else:
            private, public = sealing.new_keypair()
            older = ",".join(settings.SEAL_PRIVATE_KEYS) or "<the private keys in use until now>"
            self.stdout.write(
                "Set in the environment of worker and stream only, and nowhere else:\n"
                f"  SEAL_PRIVATE_KEYS={private},{older}\n"
                f"and of every process:\n  SEAL_PUBLIC_KEY={public}"
            )
        self.stdout.write(NEXT_STEPS)

    def _dry_run(self) -> None:
        count = _count_outdated()
        self.stdout.write(f"{count} keys to seal anew for {_in_use()}.")
        if count:
            raise CommandError("Nothing was changed.", returncode=WORK_LEFT)

    def _rotate_all(self, batch_size: int) -> None:
        private_keys = settings.SEAL_PRIVATE_KEYS or key_files.private_keys()
        if not private_keys:
            message = "Needs SEAL_PRIVATE_KEYS: run it where a worker runs."
            raise CommandError(message, returncode=CANNOT_BEGIN)
        total, done = _count_outdated(), 0
        failed: list[str] = []
        with show_progress("Sealing anew", total=total) as bar:
            for model in rotation.list_models():
                name = "key" if model is ExchangeKey else str(model._meta.verbose_name)
                for part in rotation.reseal_all(private_keys, batch_size=batch_size, model=model):
                    done += part.done
                    failed += [f"{name} {pk}: {message}" for pk, message in part.failed.items()]
                    text = f"{done} of {total} keys sealed anew for {_in_use()}"
                    bar.write_line(self.stdout, text)
                    bar.show(done)
        for line in failed:
            self.stderr.write(line)
        if failed:
            raise CommandError(f"{len(failed)} keys could not be opened.", returncode=CANNOT_OPEN)
        self.stdout.write(f"Nothing is left: all secrets are sealed for {_in_use()}.")


def _count_outdated() -> int:
    return sum(rotation.list_outdated(model).count() for model in rotation.list_models())


def _in_use() -> str:
    return f"key {sealing.key_name(settings.SEAL_PUBLIC_KEY)}"
