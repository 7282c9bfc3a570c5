"""The console's page of streams: which keys are followed by which process, which are silent."""

from collections import Counter
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from exchanges.streams import status
from exchanges.streams.status import StreamOverview
from operations.console.access import operator_page, read_text, render_section
from operations.console.sections import SEE_HEALTH

MOST_ROWS: Final = 300
# Those that somebody should look at come first.
ORDER: Final = ("refused", "idle", "waiting", "connecting", "polled", "live")


@operator_page(SEE_HEALTH)
def show_streams(request: HttpRequest) -> HttpResponse:
    """Show the streams of all active keys, silent ones first."""
    found = status.list_streams(now=timezone.now())
    state, search = read_text(request, "state"), read_text(request, "q").lower()
    rows = [row for row in found if _fits_filters(row, state, search)]
    rows.sort(key=lambda row: (ORDER.index(name_state(row)), row.key.pk))
    counts = Counter(name_state(row) for row in found)
    context: dict[str, Any] = {
        "rows": [(name_state(row), row) for row in rows[:MOST_ROWS]],
        "too_many": len(rows) > MOST_ROWS,
        "counts": [(name, counts[name]) for name in ORDER if counts[name]],
        "total": len(found),
        "state": state,
        "filters": {"q": search},
        "processes": status.count_processes(),
    }
    return render_section(request, "operations-streams", "streams", context)


def name_state(row: StreamOverview) -> str:
    return row.stream["state"] if row.stream else "idle"


def _fits_filters(row: StreamOverview, state: str, search: str) -> bool:
    text = f"{row.key.user.username} {row.key.label} {row.key.venue} {row.holder}".lower()
    return (not state or name_state(row) == state) and search in text
