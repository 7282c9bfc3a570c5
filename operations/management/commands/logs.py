"""`manage.py logs`: the newest log lines of all processes of this machine, as tail shows a file."""

import json
import re
import time
from argparse import ArgumentParser
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.management.base import CommandError
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from operations.logs import read
from users.commands import CommandWithExamples

LOOK_SECONDS: Final = 0.5
UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}
SHOWN_FIRST: Final = {"timestamp", "level", "service", "event", "id", "exception", "pid", "logger"}


EXAMPLES = """
  manage.py logs -n 20 --level error     the newest errors of all processes
  manage.py logs -f --service worker     what a worker does now
  manage.py logs --order 17 --since 2h   one order, from the request to the venue's answer

Exit code 0: done, also where no line fits; 1: --since cannot be read.
"""


class Command(CommandWithExamples):
    help = (
        "Show the newest log lines of web, worker, stream and beat of this machine. Follow one"
        " order or request through all of them: manage.py logs --order 17, --request ID."
    )
    examples = EXAMPLES
    requires_system_checks = []  # it must work when little else does

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("-n", type=int, default=100, help="how many lines (100)")
        parser.add_argument("-f", "--follow", action="store_true", help="show new ones too")
        parser.add_argument("--service", default="", help="web, worker, stream or beat")
        parser.add_argument("--level", default="", choices=read.LEVELS, help="this one and worse")
        parser.add_argument("--search", default="", help="a text in the line")
        parser.add_argument("--since", default="", help="10m, 2h, 1d, or a time in ISO format")
        for name in read.FOLLOWED:
            parser.add_argument(f"--{name}", default="", metavar="ID", help=f"of this {name}")
        parser.add_argument("--json", action="store_true", help="as they are stored")

    def handle(self, *args: Any, **options: Any) -> None:
        folder, after = Path(settings.LOG_FOLDER), ""
        since = _read_since(options["since"])
        try:
            while True:
                filters = _read_filters(options, since, after)
                for entry in read.read_entries(folder, filters, limit=options["n"]).entries:
                    text = json.dumps(entry) if options["json"] else _format_entry(entry)
                    self.stdout.write(text)
                    after = entry["id"]
                if not options["follow"]:
                    return
                self.stdout.flush()
                time.sleep(LOOK_SECONDS)
        except (KeyboardInterrupt, BrokenPipeError):
            return


def _read_filters(options: dict[str, Any], since: datetime | None, after: str) -> read.LogFilters:
    return read.LogFilters(
        service=options["service"],
        level=options["level"],
        search=options["search"],
        since=since,
        after=after,
        ids={name: options[name] for name in read.FOLLOWED if options[name]},
    )


def _read_since(text: str) -> datetime | None:
    if not text:
        return None
    if match := re.fullmatch(r"(\d{1,6})([smhd])", text):
        return timezone.now() - timedelta(seconds=int(match[1]) * UNITS[match[2]])
    try:
        moment = parse_datetime(text)
    except ValueError:
        moment = None
    if moment is None:
        raise CommandError("--since takes 10m, 2h, 1d, or a time such as 2026-11-30T18:00:00Z.")
    return moment if moment.tzinfo else timezone.make_aware(moment)


def _format_entry(entry: read.Entry) -> str:
    head = f"{entry['timestamp']} {entry.get('service', ''):7}{entry.get('level', ''):9}"
    rest = " ".join(f"{name}={value}" for name, value in entry.items() if name not in SHOWN_FIRST)
    lines = [f"{head}{entry.get('event', '')} {rest}".rstrip()]
    return "\n".join([*lines, *([entry["exception"]] if entry.get("exception") else [])])
