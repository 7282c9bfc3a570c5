"""`manage.py upgrade`: bring data, tables and files of this installation to this release."""

import json
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from config import upgrade
from config.launcher import home, lock, postgres_upgrade
from config.launcher.parts import PartError
from config.upgrade import UpgradeStep

WORK_LEFT: Final = 3
EXAMPLES: Final = """
  manage.py upgrade --check      what there is to do, and what stands in the way; changes nothing
  manage.py upgrade              does it

Make a backup before (`manage.py backup`). With services of your own (DATABASE_URL) it migrates and
joins the pages' files; restart web, worker, stream and beat afterwards. With the embedded ones it
moves the data to the newer PostgreSQL while nothing runs; `make run` does the rest at its start.

Exit code with --check 0: nothing is left; 3: there is work; 1: something stands in the way.
"""


class Command(BaseCommand):
    help = "Bring data, tables and files to this release, or say what that would do."
    requires_system_checks = []  # their errors are part of the answer

    def create_parser(self, *args: Any, **options: Any) -> Any:
        options |= {"epilog": EXAMPLES, "formatter_class": RawDescriptionHelpFormatter}
        return super().create_parser(*args, **options)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="only say what there is to do")
        parser.add_argument("--json", action="store_true", help="with --check: for machines")

    def handle(self, *args: Any, **options: Any) -> None:
        steps = list(upgrade.plan_steps())
        if options["json"]:
            rows = [{"name": s.name, "state": s.state, "message": s.message} for s in steps]
            self.stdout.write(json.dumps({"version": settings.VERSION, "steps": rows}, indent=2))
        else:
            self._print_steps(steps)
        states = {step.state for step in steps}
        if "bad" in states:
            raise CommandError("Something stands in the way: see above.")
        if options["check"]:
            sys.exit(WORK_LEFT if "todo" in states else 0)
        self._do_steps({step.name for step in steps if step.state == "todo"})

    def _print_steps(self, steps: list[UpgradeStep]) -> None:
        self.stdout.write(f"To release {settings.VERSION}:")
        for step in steps:
            self.stdout.write(f"  {step.state:<4}  {step.name:<8}  {step.message}")

    def _do_steps(self, names: set[str]) -> None:
        if "data" in names:
            self._move_data(Path(settings.FILLWATCH_HOME))
            return
        if "tables" in names:
            call_command("migrate", interactive=False, verbosity=1, stdout=self.stdout)
        if "pages" in names:
            options: dict[str, Any] = {"interactive": False, "clear": True, "verbosity": 0}
            call_command("collectstatic", ignore_patterns=["redoc"], **options)
        self.stdout.write("Done. Restart web, worker, stream and beat, then run `doctor`.")

    def _move_data(self, folder: Path) -> None:
        connections.close_all()
        try:
            with lock.hold_lock(folder / "up.lock", settings.FILLWATCH_URL):
                postgres_upgrade.finish_interrupted(folder)
                if (plan := postgres_upgrade.plan_upgrade(folder)) is not None:
                    postgres_upgrade.upgrade_data(plan, home.socket_folder())
                    self.stdout.write(f"The old data are in {plan.old_place}; delete them later.")
        except (PartError, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write("Done. `make run` does the rest at its start.")
