"""The messages in every page's header: the bell's list, and a bar for each open alert."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from operations.alerts import record as alerts
from operations.models import Alert, AlertLevel, Notification
from operations.notifications import record as notifications
from orders.checks import last_sweep
from realtime import streams
from realtime.streams import Head

LISTED = 8
COUNTED = 100  # more are "99+"
BARS = 3


@dataclass(frozen=True, slots=True)
class HeaderMessages:
    """Unread notifications and open alerts, with the offset of the stream read before them."""

    position: Head
    unread: list[Notification]
    open: list[Alert]

    @property
    def count(self) -> int:
        return len(self.unread) + len(self.open)

    @property
    def badge(self) -> str:
        return str(self.count) if self.count < COUNTED else f"{COUNTED - 1}+"

    @property
    def listed(self) -> list[Notification]:
        return self.unread[:LISTED]

    @property
    def bars(self) -> list[Alert]:
        """Return the alerts whose bar the owner has not hidden."""
        return self._shown_alerts[:BARS]

    @property
    def more_bars(self) -> int:
        return len(self._shown_alerts[BARS:])

    @property
    def _shown_alerts(self) -> list[Alert]:
        return [alert for alert in self.open if alert.read_at is None]


def read_header(user_id: int) -> HeaderMessages:
    position = streams.fetch_head(user_id)
    unread = list(notifications.unread_notifications(user_id)[:COUNTED])
    return HeaderMessages(position, unread, sort_by_level(alerts.open_alerts(user_id)[:COUNTED]))


def sort_by_level(open_alerts: Iterable[Alert]) -> list[Alert]:
    return sorted(open_alerts, key=lambda alert: alert.level != AlertLevel.CRITICAL)


def header_context(request: HttpRequest) -> dict[str, Any]:
    """Give every template the header's messages; they are read only if the page shows them."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    return {
        "bell": SimpleLazyObject(lambda: read_header(user.pk)),
        "late_sweep": SimpleLazyObject(_find_late_sweep),
    }


def _find_late_sweep() -> dict[str, Any]:
    """Return since when no sweep has begun, if it is late; empty if all is well or unknown."""
    last = last_sweep.read_last_sweep()
    if last is None or not last_sweep.find_delay(last, now=timezone.now()):
        return {}
    return {"since": last, "usual_seconds": settings.ORDER_CHECK_SECONDS}
