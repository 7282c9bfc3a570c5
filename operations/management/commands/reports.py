"""`manage.py reports`: the daily and weekly reports that there are, and making those that lack."""

import json
import sys
from argparse import ArgumentTypeError, RawDescriptionHelpFormatter
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error as DatabaseError
from django.utils import timezone

from operations.models import PeriodReport, ReportKind
from operations.reports import due, record
from operations.reports.documents import summary
from operations.reports.record import OPERATORS, ReportOwner
from realtime.values import format_time
from users.models import User

MOST_LISTED = 50
SECONDS = 86_400.0
TEACHING = """
examples:
  manage.py reports                                       the newest reports
  manage.py reports list --user ada --json                those of a user
  manage.py reports make --kind daily --dry-run           who lacks the newest one
  manage.py reports make --kind daily                     make those, and tell their readers
  manage.py reports make --kind weekly --user ada --on 2026-11-25
  manage.py reports make --kind daily --installation --on 2026-11-25

With --on the report with this day is made, of a user or of the installation; nobody is told.
Exit codes: 0 done, 1 some reports could not be made, 2 not possible.
"""


def read_day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError("give a day such as 2026-11-25") from None


class Command(BaseCommand):
    help = "List and make daily and weekly reports."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.epilog = TEACHING
        parser.add_argument("action", nargs="?", default="list", choices=["list", "make"])
        parser.add_argument("--kind", choices=ReportKind.values, help="make: this kind")
        parser.add_argument("--user", help="of this user alone")
        parser.add_argument("--installation", action="store_true", help="that of operators alone")
        parser.add_argument("--on", type=read_day, help="make: the period with this day")
        parser.add_argument("--dry-run", action="store_true", help="make: say what would be made")
        parser.add_argument("--json", action="store_true", help="for machines")

    def handle(self, *args: Any, **options: Any) -> None:
        self.is_json = options["json"]
        try:
            exit_code = self._carry_out(options)
        except User.DoesNotExist:
            raise CommandError("There is no such user.", returncode=2) from None
        except record.ReportRefused as refused:
            raise CommandError(str(refused), returncode=2) from None
        except DatabaseError as error:
            message = f"The database does not answer: {str(error).splitlines()[0]}"
            raise CommandError(message, returncode=2) from error
        sys.exit(exit_code)

    def _carry_out(self, options: dict[str, Any]) -> int:
        owner = _find_owner(options)
        if options["action"] == "list":
            return self._list_reports(owner)
        if options["kind"] is None:
            raise CommandError("Which ones? Give --kind daily or weekly.", returncode=2)
        kind = ReportKind(options["kind"])
        if options["on"] is None and owner is None:
            return self._list_due(kind) if options["dry_run"] else self._make_due(kind)
        if options["on"] is None or owner is None:
            text = "Give --on together with --user or --installation."
            raise CommandError(text, returncode=2)
        return self._make_one(owner, kind, options["on"], is_dry=options["dry_run"])

    def _list_reports(self, owner: ReportOwner | None) -> int:
        rows = PeriodReport.objects.select_related("user").order_by("-until", "-pk")
        if owner is not None:
            rows = rows.filter(user=owner.user_id)
        self._write_rows(
            [_describe_report(row) for row in rows[:MOST_LISTED]], "There is no report."
        )
        return 0

    def _list_due(self, kind: ReportKind) -> int:
        listed = [
            {"owner": _name_owner(owner), "report": f"{kind} of {period.starts_on}"}
            for owner, period in due.list_due(kind, now=timezone.now())
        ]
        self._write_rows(listed, "Nobody lacks the newest one.")
        return 0

    def _make_due(self, kind: ReportKind) -> int:
        try:
            message = due.make_due(kind, now=timezone.now(), seconds=SECONDS)
        except due.ReportsFailed as failed:
            self._write_rows([{"failed": str(failed)}], "")
            return 1
        self._write_rows([{"result": message}] if message else [], "Nobody lacked the newest one.")
        return 0

    def _make_one(self, owner: ReportOwner, kind: ReportKind, day: date, *, is_dry: bool) -> int:
        now = timezone.now()
        period = record.find_requested(owner, kind, day, now=now)
        if is_dry:
            known = record.find_report(owner, period)
            verdict = "it is there already" if known else "it would be made"
            self._write_rows([{"report": f"{kind} of {period.starts_on}", "result": verdict}], "")
            return 0
        report, is_new = record.make_report(owner, period, now=now)
        result = "made" if is_new else "it was there already"
        self._write_rows([_describe_report(report) | {"result": result}], "")
        return 0

    def _write_rows(self, rows: list[dict[str, Any]], empty: str) -> None:
        if self.is_json:
            self.stdout.write(json.dumps(rows, indent=2))
            return
        for row in rows:
            self.stdout.write("  ".join(str(value) for value in row.values()))
        if not rows:
            self.stdout.write(empty)


def _find_owner(options: dict[str, Any]) -> ReportOwner | None:
    if options["installation"]:
        return OPERATORS
    name = options["user"]
    return ReportOwner(User.objects.get(username=name)) if name else None


def _name_owner(owner: ReportOwner) -> str:
    return owner.user.get_username() if owner.user else "operators"


def _describe_report(report: PeriodReport) -> dict[str, Any]:
    owner = report.user.get_username() if report.user else "operators"
    title, message = summary.describe_report(report)
    made_at = format_time(report.made_at)[:19]
    return {"id": report.pk, "owner": owner, "made_at": made_at, "title": title, "message": message}
