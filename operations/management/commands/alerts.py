"""`manage.py alerts`: what is wrong, who takes care of it, and what the rules would say now."""

import json
import sys
from argparse import RawDescriptionHelpFormatter
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error as DatabaseError
from django.utils import timezone

from operations.alerts import evaluate
from operations.alerts import record as alerts
from operations.alerts.evaluators.registry import KINDS
from operations.models import Alert, AlertRule
from operations.models.alert_rules import RIGHT

BY = "manage.py"
MOST_LISTED = 200
TEACHING = f"""
examples:
  manage.py alerts                        open alerts of operators; exit code 1 if there is one
  manage.py alerts list --user ada        the open alerts of a user
  manage.py alerts ack 12 --note "on it"  acknowledge one, for all operators if it is theirs
  manage.py alerts resolve 12             end one by hand
  manage.py alerts rules                  the rules of operators; --user ada for a user's
  manage.py alerts test 3                 would this rule fire now, and why? exit code 1 if so

Alerts of operators are there for the staff with the permission operations.{RIGHT}.
Exit codes: 0 well or done, 1 something is wrong, 2 not possible.
"""


class Command(BaseCommand):
    help = "See and settle alerts, and try alert rules."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.epilog = TEACHING
        choices = ["list", "ack", "resolve", "rules", "test"]
        parser.add_argument("action", nargs="?", default="list", choices=choices)
        parser.add_argument("number", nargs="?", type=int, help="of an alert, or of a rule to test")
        parser.add_argument("--user", help="list and rules: of this user instead of operators")
        parser.add_argument("--note", default="", help="ack and resolve: what others should know")
        parser.add_argument("--json", action="store_true", help="for machines")

    def handle(self, *args: Any, **options: Any) -> None:
        self.is_json = options["json"]
        try:
            exit_code = self._act(options)
        except (Alert.DoesNotExist, AlertRule.DoesNotExist):
            raise CommandError("There is none with this number.", returncode=2) from None
        except DatabaseError as error:
            message = f"The database does not answer: {str(error).splitlines()[0]}"
            raise CommandError(message, returncode=2) from error
        sys.exit(exit_code)

    def _act(self, options: dict[str, Any]) -> int:
        if options["action"] == "list":
            return self._list_alerts(options["user"])
        if options["action"] == "rules":
            return self._list_rules(options["user"])
        if options["number"] is None:
            raise CommandError("Which one? Give its number.", returncode=2)
        if options["action"] == "test":
            return self._test_rule(options["number"])
        return self._settle(options["action"], options["number"], options["note"][:300])

    def _list_alerts(self, user: str | None) -> int:
        rows = Alert.objects.filter(ended_at=None).order_by("began_at", "pk")
        if user:
            rows = rows.filter(user__username=user)
        else:  # the copies of one alert are one line
            shared = rows.filter(rule__isnull=False, rule__user=None)
            rows = shared.order_by("name", "pk").distinct("name")
        listed = [alerts.alert_data(alert) for alert in rows[:MOST_LISTED]]
        lines = [_describe_alert(dict(data)) for data in listed] or ["No open alert."]
        self._write(listed, lines)
        return 1 if listed else 0

    def _list_rules(self, user: str | None) -> int:
        owner = {"user__username": user} if user else {"user": None}
        rules = AlertRule.objects.filter(**owner).order_by("pk")
        rows = [_rule_row(rule) for rule in rules]
        lines = [
            f"{row['id']:>6}  {'on ' if row['active'] else 'off'}  {row['kind']:<22} {row['name']}"
            f"  {json.dumps(row['conditions'])}"
            for row in rows
        ]
        self._write(rows, lines or ["No rule. Those of Fillwatch come with the first evaluation."])
        return 0

    def _test_rule(self, number: int) -> int:
        rule = AlertRule.objects.filter(kind__in=KINDS).get(pk=number)
        evaluation = evaluate.try_rule(rule, now=timezone.now())
        reason = evaluation.reasons.get(rule.pk, "")
        titles = [finding.title for finding in evaluation.findings]
        is_known = rule.pk not in evaluation.unknown
        verdict = "fires" if titles else "does not fire" if is_known else "cannot be said"
        document = {"rule": rule.pk, "fires": bool(titles), "known": is_known, "reason": reason}
        self._write(document | {"findings": titles}, [f"{verdict}: {reason}", *titles])
        return 1 if titles else 0

    def _settle(self, action: str, number: int, note: str) -> int:
        alert = Alert.objects.get(pk=number)
        act = alerts.acknowledge if action == "ack" else alerts.resolve
        settled = act(number, user_id=alert.user_id, by=BY, note=note, now=timezone.now())
        data = alerts.alert_data(settled[0])
        self._write(data, [_describe_alert(dict(data))])
        return 0

    def _write(self, document: Any, lines: list[str]) -> None:
        if self.is_json:
            lines = [json.dumps(document, indent=2)]
        for line in lines:
            self.stdout.write(line)


def _rule_row(rule: AlertRule) -> dict[str, Any]:
    return {
        "id": rule.pk,
        "kind": rule.kind,
        "name": rule.name,
        "active": rule.is_active,
        "conditions": rule.conditions,
    }


def _describe_alert(data: dict[str, Any]) -> str:
    parts = [f"{data['id']:>6}", data["level"].ljust(8), data["began_at"][:19], data["title"]]
    if data["acknowledged_by"]:
        parts.append(f"(acknowledged by {data['acknowledged_by']}: {data['note'] or 'no note'})")
    if data["ended_at"]:
        parts.append("(ended)")
    return "  ".join(parts)
