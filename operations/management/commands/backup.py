"""`manage.py backup`: back up the database, list and verify backups, make keys for them."""

import json
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError
from django.db import Error as DatabaseError
from django.utils import timezone

from operations.backup import encryption, folder, take, verify
from operations.backup.errors import BackupFailed, BackupRunning
from operations.backup.manifest import BackupFile
from users.commands import show_progress

MEGABYTE: Final = 1_000_000
EXAMPLES: Final = """
  manage.py backup                   make one now, beside those of every night
  manage.py backup list              those that are complete, the newest first
  manage.py backup verify latest     compare size and checksum with the manifest
  manage.py backup new-key           a pair of keys, for encrypted backups

Exit code 0: done; 1: it failed; 2: another process makes a backup just now.
"""


class Command(BaseCommand):
    help = "Back up the database into BACKUP_FOLDER. docs/backup.md says what else to keep."

    def create_parser(self, *args: Any, **kwargs: Any) -> Any:
        return super().create_parser(
            *args, epilog=EXAMPLES, formatter_class=RawDescriptionHelpFormatter, **kwargs
        )

    def add_arguments(self, parser: ArgumentParser) -> None:
        choices = ["take", "list", "verify", "new-key"]
        parser.add_argument("action", nargs="?", default="take", choices=choices)
        parser.add_argument("name", nargs="?", default="latest", help="a name, path or “latest”")
        parser.add_argument("--json", action="store_true", help="for machines")

    def handle(self, *args: Any, **options: Any) -> None:
        actions = {
            "take": self._take_backup,
            "list": self._list_backups,
            "verify": self._verify_backup,
            "new-key": self._make_key,
        }
        try:
            actions[options["action"]](options)
        except BackupRunning as error:
            raise CommandError(str(error), returncode=2) from error
        except (BackupFailed, OSError, DatabaseError) as error:
            raise CommandError(str(error).strip(), returncode=1) from error

    def _take_backup(self, options: dict[str, Any]) -> None:
        with show_progress("Backing up", is_shown=not options["json"]) as bar:
            backup = take.take_backup(
                now=timezone.now(),
                report=lambda size: bar.name(f"Backing up: {size / MEGABYTE:.0f} MB"),
            )
        self._print_backups([backup], options)

    def _list_backups(self, options: dict[str, Any]) -> None:
        self._print_backups(folder.list_backups(), options)

    def _verify_backup(self, options: dict[str, Any]) -> None:
        backup = folder.find_backup(options["name"])
        size, is_shown = backup.manifest.size, not options["json"]
        with show_progress("Reading it again", total=size, is_shown=is_shown) as bar:
            verify.verify_backup(backup, now=timezone.now(), report=bar.show)
        self._print_backups([backup], options)
        if not options["json"]:
            self.stdout.write("Its size and checksum are those of its manifest.")

    def _make_key(self, options: dict[str, Any]) -> None:
        private, public = encryption.make_keypair()
        if options["json"]:
            self.stdout.write(json.dumps({"private": private, "public": public}, indent=2))
            return
        self.stdout.write(f"BACKUP_PUBLIC_KEY={public}")
        self.stdout.write(f"Private key, for restore --key-file: {private}")
        self.stdout.write(
            "Keep the private key in a file elsewhere: without it no backup can be read."
        )

    def _print_backups(self, backups: list[BackupFile], options: dict[str, Any]) -> None:
        if options["json"]:
            rows = [_make_row(backup) for backup in backups]
            self.stdout.write(json.dumps(rows, indent=2))
            return
        for backup in backups:
            known = backup.manifest
            self.stdout.write(
                f"{backup.path}  {known.size / MEGABYTE:.1f} MB  {known.rows} rows"
                f"  {known.seconds:.1f} s{'  encrypted' if known.is_encrypted else ''}"
            )
        if not backups:
            self.stdout.write(f"There is no backup in {folder.get_folder()}.")


def _make_row(backup: BackupFile) -> dict[str, Any]:
    known = backup.manifest
    return {
        "path": str(backup.path),
        "created_at": known.created_at.isoformat(),
        "seconds": known.seconds,
        "size": known.size,
        "sha256": known.sha256,
        "rows": known.rows,
        "tables": len(known.tables),
        "encrypted": known.is_encrypted,
        "release": known.release,
        "postgresql": known.server_major,
    }
