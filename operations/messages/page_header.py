"""What every page's header shows of messages: the bell's list, and a bar for each trouble."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from operations.messages import alerts, notifications
from operations.models import Alert, AlertLevel, Notification
from realtime import streams
from realtime.streams import Position

LISTED = 8
COUNTED = 100  # more are "99+"
BARS = 3


@dataclass(frozen=True, slots=True)
class Bell:
    """The position was read first: what changed in between is told again, harmlessly."""

    position: Position
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
        """Those that their owner has not put aside."""
        return self._waiting[:BARS]

    @property
    def more_bars(self) -> int:
        return len(self._waiting[BARS:])

    @property
    def _waiting(self) -> list[Alert]:
        return [alert for alert in self.open if alert.read_at is None]


def of(user_id: int) -> Bell:
    position = streams.position(user_id)
    unread = list(notifications.unread_of(user_id)[:COUNTED])
    return Bell(position, unread, worst_first(alerts.open_of(user_id)[:COUNTED]))


def worst_first(open_ones: Iterable[Alert]) -> list[Alert]:
    return sorted(open_ones, key=lambda one: one.level != AlertLevel.CRITICAL)


def context(request: HttpRequest) -> dict[str, Any]:
    """For every template; nothing is read unless the page shows it."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    return {"bell": SimpleLazyObject(lambda: of(user.pk))}
