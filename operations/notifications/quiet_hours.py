"""Work out when a message may be sent, in its owner's time zone."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

DAILY_AT = time(8, 0)
HOURLY, DAILY = "hourly", "daily"


@dataclass(frozen=True, slots=True)
class QuietHours:
    """The hours in which a person wants to hear nothing; both empty: there are none."""

    zone: str
    begin: time | None = None
    end: time | None = None

    def find_end(self, now: datetime) -> datetime | None:
        """Return when the quiet hours end that `now` is in, or None if it is in none."""
        if self.begin is None or self.end is None or self.begin == self.end:
            return None
        local = now.astimezone(self._zone)
        clock = local.time()
        if self.begin < self.end:
            is_quiet, days = self.begin <= clock < self.end, 0
        else:
            is_quiet = clock >= self.begin or clock < self.end
            days = 1 if clock >= self.begin else 0
        if not is_quiet:
            return None
        # Seconds are kept apart from the zone, so that a change of the clock moves the end too.
        return datetime.combine(local.date() + timedelta(days=days), self.end, self._zone)

    def find_collection(self, collect: str, now: datetime) -> datetime | None:
        """Return when messages collected from now on are sent; None if they are not collected."""
        local = now.astimezone(self._zone)
        if collect == HOURLY:
            moment = local.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        elif collect == DAILY:
            days = 0 if local.time() < DAILY_AT else 1
            moment = datetime.combine(local.date() + timedelta(days=days), DAILY_AT, self._zone)
        else:
            return None
        return self.find_end(moment) or moment

    @property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.zone or "UTC")
