"""`manage.py health`: the health of every service, asked now."""

import json
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from typing import IO, Any, Final, cast

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from rich.console import Console
from rich.table import Table

from operations.health import present
from operations.health.service_status import ServiceStatus, find_worst

EXIT_CODES: Final = {"healthy": 0, "degraded": 1, "down": 2}
COLOURS: Final = {"healthy": "green", "degraded": "yellow", "down": "red"}
EXAMPLES: Final = """
Each service is asked for real, within about three seconds. The exit code is 0 when all are
healthy, 1 when one is degraded (it works, and needs a look), 2 when one is down.

  manage.py health                          a table of all services
  manage.py health --service redis          only this one; repeat it for more
  manage.py health --json | jq .status      for machines

`manage.py doctor` looks at settings, seals and versions too: use it after an installation or an
upgrade. Use this command to see if all runs now.
"""


class Command(BaseCommand):
    help = "Ask every service if it is alive, and say what to do about those that are not."
    requires_system_checks = []  # a wrong setting must not hide what is down

    def create_parser(self, *args: Any, **options: Any) -> Any:
        options |= {"epilog": EXAMPLES, "formatter_class": RawDescriptionHelpFormatter}
        return super().create_parser(*args, **options)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="for machines")
        parser.add_argument(
            "--service", action="append", help="only this service; may be given more than once"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        summary = present.read_summary(timezone.now())
        services = _select_services(summary.services, options["service"])
        status = find_worst(services)
        if options["json"]:
            rows = [service.as_json() for service in services]
            document = summary.as_json() | {"status": status, "services": rows}
            self.stdout.write(json.dumps(document, indent=2))
        else:
            self._print_table(services)
            self.stdout.write(f"The installation is {status}.")
        sys.exit(EXIT_CODES[status])

    def _print_table(self, services: list[ServiceStatus]) -> None:
        table = Table(box=None, pad_edge=False)
        for title in ("Service", "Status", "Answer", "CPU", "Memory", "Up", "What is wrong"):
            table.add_column(title, no_wrap=title != "What is wrong")
        for service in services:
            colour = COLOURS[service.status]
            table.add_row(
                service.service,
                f"[{colour}]{service.status}[/{colour}]",
                "" if service.response_ms is None else f"{service.response_ms:g} ms",
                "" if service.cpu_share is None else f"{service.cpu_share:.0%}",
                "" if service.memory_bytes is None else f"{service.memory_bytes / 1e6:.0f} MB",
                _format_age(service.uptime_seconds),
                f"{service.reason} {service.remedy}".strip(),
            )
        colours = None if self.style.SUCCESS("x") != "x" else False
        console = Console(file=cast(IO[str], self.stdout), width=160, force_terminal=colours)
        console.print(table)


def _select_services(services: list[ServiceStatus], names: list[str] | None) -> list[ServiceStatus]:
    if not names:
        return services
    if unknown := sorted(set(names) - {service.service for service in services}):
        known = ", ".join(service.service for service in services)
        raise CommandError(f"No service is called {', '.join(unknown)}. There are: {known}.")
    return [service for service in services if service.service in names]


def _format_age(seconds: float | None) -> str:
    if seconds is None:
        return ""
    minutes = int(seconds // 60)
    if minutes < 60:
        return f"{minutes} min"
    hours = minutes // 60
    return f"{hours} h" if hours < 48 else f"{hours // 24} d"
