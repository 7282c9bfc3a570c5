"""`manage.py doctor`: say what is wrong with this installation, and what to do about it."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from operations.health.doctor import PartFinding, examine_installation
from users.commands import CommandWithExamples

EXAMPLES = """
  manage.py doctor                   after an installation, an upgrade or a changed setting
  manage.py doctor --json            for machines

Each finding says what to do. `manage.py health` asks if all runs now. Exit code 0: all is well; 1:
something is wrong.
"""


class Command(CommandWithExamples):
    help = "Check every part for real; exit code 1 when something is wrong."
    examples = EXAMPLES
    requires_system_checks = []  # they are among the findings

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="for machines")

    def handle(self, *args: Any, **options: Any) -> None:
        found = examine_installation() if options["json"] else self._print_findings()
        findings = list(found)
        healthy = all(finding.state != "bad" for finding in findings)
        if options["json"]:
            rows = [
                {
                    "part": finding.part,
                    "state": finding.state,
                    "words": finding.message,
                    "remedy": finding.remedy,
                }
                for finding in findings
            ]
            document = {"ok": healthy, "findings": rows}
            self.stdout.write(json.dumps(document, indent=2))
        else:
            self.stdout.write("All well." if healthy else "Not well; see the remedies above.")
        sys.exit(0 if healthy else 1)

    def _print_findings(self) -> Iterator[PartFinding]:
        for finding in examine_installation():
            self._print_finding(finding)
            yield finding

    def _print_finding(self, finding: PartFinding) -> None:
        style = {"ok": self.style.SUCCESS, "note": self.style.WARNING, "bad": self.style.ERROR}
        mark = style[finding.state](finding.state.upper().ljust(5))
        self.stdout.write(f"{mark}{finding.part.ljust(11)}{finding.message}")
        if finding.state != "ok" and finding.remedy:
            self.stdout.write(f"{' ' * 16}{finding.remedy}")
