"""A stored report of a user and one of the installation, of a day on which nothing happened."""

from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from operations.models import PeriodReport
from operations.reports.figures.order_counts import COUNTS
from users.models import User

LISTS = ("by_symbol", "volume", "fees", "results", "bots", "symbols", "sources", "shared")
OF_USER: dict[str, Any] = {
    **{name: [] for name in LISTS},
    "counts": dict.fromkeys((*COUNTS, "fills"), 0),
    **{"counts_before": None, "fills_without_fee": 0, "stops": 0, "alerts_raised": 0},
    **{"stopped_bots": [], "alerts": [], "keys": []},
}
PEOPLE = ("users", "new_users", "keys", "active_keys", "keys_with_trouble")
OF_INSTALLATION: dict[str, Any] = {
    **{
        "services": [],
        "alerts": [],
        "jobs": [],
        "days": [],
        "peaks": [],
        "backups": None,
        "messages": None,
    },
    "people": dict.fromkeys(PEOPLE, 0),
}


def create_reports(user: User) -> dict[str, int]:
    own, shared = _create_report(user, OF_USER), _create_report(None, OF_INSTALLATION)
    return {"reports": own.pk, "installation": shared.pk}


def _create_report(user: User | None, content: dict[str, Any]) -> PeriodReport:
    now = timezone.now()
    return PeriodReport.objects.create(
        user=user,
        kind="daily",
        starts_on=date(2026, 3, 1),
        time_zone="UTC",
        since=now - timedelta(days=1),
        until=now,
        content=content,
        made_at=now,
    )
