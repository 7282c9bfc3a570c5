"""The console's page of order checks and queues: how long they are, and how long they take."""

from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from operations.console.access import operator_page, render_section
from operations.console.sections import SEE_HEALTH
from operations.health import figures, present

CHECKS: Final = ("order-checks", "health-checks")


@operator_page(SEE_HEALTH)
def show_queues(request: HttpRequest) -> HttpResponse:
    """Show the sweep, the queues of the workers and how late events are, as of now."""
    summary = present.read_summary(timezone.now())
    context: dict[str, Any] = {
        "figures": figures.build_figures(summary.facts),
        "usual_seconds": settings.ORDER_CHECK_SECONDS,
        "services": [row for row in summary.services if row.service in CHECKS],
    }
    return render_section(request, "operations-queues", "queues", context)
