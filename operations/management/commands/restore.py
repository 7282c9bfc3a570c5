"""`manage.py restore`: put a backup in the place of the database, as DATABASE_URL names it."""

import json
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import Error as DatabaseError
from django.utils import timezone
from psycopg import Error as ServerError

from operations.backup import folder, restore
from operations.backup.errors import BackupFailed, RestoreRefused
from operations.backup.manifest import BackupFile
from users.commands import show_progress

EXAMPLES: Final = """
  manage.py restore latest                           into an empty database, or a new one
  manage.py restore latest --replace                 the present one is kept under another name
  manage.py restore fillwatch-20260102T030000Z.dump.sealed --key-file backup.key

Stop web, worker, beat and stream first, and the tables are compared with the backup before
anything is replaced. All clients start over afterwards. docs/backup.md says what comes next.

Exit code 0: restored; 1: it failed, and the old database is as it was; 2: refused, nothing was
done; 3: restored, but check_streams found something.
"""


class Command(BaseCommand):
    help = "Restore a backup of `manage.py backup`, and compare every table with it."
    requires_system_checks = []  # the database may be missing

    def create_parser(self, *args: Any, **kwargs: Any) -> Any:
        return super().create_parser(
            *args, epilog=EXAMPLES, formatter_class=RawDescriptionHelpFormatter, **kwargs
        )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="a backup's name, path, or “latest”")
        parser.add_argument("--yes", action="store_true", help="do not ask")
        parser.add_argument("--replace", action="store_true", help="although there are tables")
        parser.add_argument("--key-file", type=Path, help="with the private key of the backup")
        parser.add_argument("--json", action="store_true", help="for machines")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            backup = folder.find_backup(options["name"])
            if not options["yes"]:
                self._ask_operator(backup)
            restored = self._restore_backup(backup, options)
        except RestoreRefused as error:
            raise CommandError(str(error), returncode=2) from error
        except (BackupFailed, OSError, DatabaseError, ServerError) as error:
            raise CommandError(str(error).strip(), returncode=1) from error
        self._print_result(restored, options)
        if not self._check_streams(options):
            sys.exit(3)

    def _restore_backup(
        self, backup: BackupFile, options: dict[str, Any]
    ) -> restore.RestoredDatabase:
        with show_progress("Restoring", is_shown=not options["json"]) as bar:

            def say(text: str) -> None:
                bar.name(text)
                if not options["json"]:
                    bar.write_line(self.stdout, text)

            return restore.restore_backup(
                backup,
                now=timezone.now(),
                replace=options["replace"],
                private_keys=_read_keys(options["key_file"]),
                migrate=lambda: call_command("migrate", verbosity=0, interactive=False),
                say=say,
            )

    def _ask_operator(self, backup: BackupFile) -> None:
        known = backup.manifest
        self.stdout.write(
            f"{backup.path}: {known.rows} rows of {known.created_at:%Y-%m-%d %H:%M} UTC, "
            f"release {known.release}. What was recorded later is lost."
        )
        if input("Restore it? Type yes: ").strip().lower() != "yes":
            raise RestoreRefused("Nothing was done.")

    def _print_result(self, restored: restore.RestoredDatabase, options: dict[str, Any]) -> None:
        if options["json"]:
            document = {
                "database": restored.name,
                "former": restored.former,
                "tables": restored.tables,
                "rows": restored.rows,
            }
            self.stdout.write(json.dumps(document))
            return
        self.stdout.write(
            f"{restored.name} has {restored.rows} rows in {restored.tables} tables, equal to the "
            "backup. Every stream has a new epoch, so all clients start over."
        )
        if restored.former:
            self.stdout.write(f"The old database is kept as {restored.former}.")

    def _check_streams(self, options: dict[str, Any]) -> bool:
        try:
            call_command("check_streams", stdout=self.stderr if options["json"] else self.stdout)
        except SystemExit as end:
            return not end.code
        return True


def _read_keys(path: Path | None) -> list[str]:
    return list(settings.SEAL_PRIVATE_KEYS) if path is None else path.read_text().split()
