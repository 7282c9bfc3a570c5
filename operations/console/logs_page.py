"""The console's page of logs: the newest lines of all processes of this machine, as they come."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from operations.console.access import operator_page, read_text, render_section
from operations.console.sections import SEE_LOGS
from operations.logs import read

MOST_LINES: Final = 200
TAIL_MS, SEARCH_MS = 2_000, 10_000  # a search may read very many lines
OWN_COLUMNS: Final = ("id", "timestamp", "level", "event", "service", "pid")
LONGEST_VALUE: Final = 300


@dataclass(frozen=True, slots=True)
class LogRow:
    """One line of the log, with its fields besides the usual ones as text."""

    id: str
    at: str
    level: str
    service: str
    event: str
    fields: list[tuple[str, str]]
    trace: str


@operator_page(SEE_LOGS)
def show_logs(request: HttpRequest) -> HttpResponse:
    """Show the newest lines that fit, the newest first."""
    folder = Path(settings.LOG_FOLDER)
    services, level = read.list_services(folder), read_text(request, "level")
    service, search = read_text(request, "service"), read_text(request, "q")
    filters = read.LogFilters(
        service=service if service in services else "",
        level=level if level in read.LEVELS else "",
        search=search,
    )
    found = read.read_entries(folder, filters, limit=MOST_LINES)
    context: dict[str, Any] = {
        "lines": [_build_row(entry) for entry in reversed(found.entries)],
        "is_complete": found.is_complete,
        "services": [(name, name) for name in services],
        "levels": [(name, f"{name} and worse") for name in read.LEVELS],
        "service": filters.service,
        "level": filters.level,
        "filters": {"q": search},
        "every_ms": SEARCH_MS if search else TAIL_MS,
    }
    return render_section(request, "operations-logs", "logs", context)


def _build_row(entry: read.Entry) -> LogRow:
    fields = [(name, value) for name, value in entry.items() if name not in OWN_COLUMNS]
    trace = next((str(value) for name, value in fields if name == "exception"), "")
    return LogRow(
        id=str(entry["id"]),
        at=str(entry["timestamp"]),
        level=str(entry.get("level", "info")),
        service=str(entry.get("service", "")),
        event=str(entry.get("event", "")),
        fields=[
            (name, str(value)[:LONGEST_VALUE]) for name, value in fields if name != "exception"
        ],
        trace=trace,
    )
