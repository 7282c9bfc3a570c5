"""`manage.py doctor`: what is wrong with this installation, and what to do about it."""

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from operations.health.doctor import Finding, examine


class Command(BaseCommand):
    help = "Look at every part for real; exit code 1 when something is wrong."
    requires_system_checks = []  # they are among what is told

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="for machines")

    def handle(self, *args: Any, **options: Any) -> None:
        findings = list(examine()) if options["json"] else list(self._told())
        healthy = all(finding.state != "bad" for finding in findings)
        if options["json"]:
            document = {"ok": healthy, "findings": [asdict(finding) for finding in findings]}
            self.stdout.write(json.dumps(document, indent=2))
        else:
            self.stdout.write("All well." if healthy else "Not well; see the remedies above.")
        sys.exit(0 if healthy else 1)

    def _told(self) -> Any:
        for finding in examine():
            self._tell(finding)
            yield finding

    def _tell(self, finding: Finding) -> None:
        style = {"ok": self.style.SUCCESS, "note": self.style.WARNING, "bad": self.style.ERROR}
        mark = style[finding.state](finding.state.upper().ljust(5))
        self.stdout.write(f"{mark}{finding.part.ljust(11)}{finding.words}")
        if finding.state != "ok" and finding.remedy:
            self.stdout.write(f"{' ' * 16}{finding.remedy}")
