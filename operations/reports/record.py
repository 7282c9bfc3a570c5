"""The only writer of reports: one for each owner, kind and period, and it is never changed.

A report is written in one transaction with the message that tells of it. So a process that dies
leaves neither, and a report that is made again tells nobody again.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db import connection

from operations.models import NotificationCategory, PeriodReport, ReportKind
from operations.models.reports import RIGHT
from operations.notifications.record import tell_user
from operations.reports.documents import summary
from operations.reports.figures import installation, user_figures
from operations.reports.periods import LENGTHS, ReportPeriod, find_period
from realtime import streams
from users.languages.recipient import speak_to
from users.languages.text import Phrase
from users.models import User

LOCK: Final = 0x66777270  # the first number of the advisory locks of reports; then the owner
EARLIEST: Final = date(2000, 1, 1)  # a day before it cannot be counted with in every zone
UTC: Final = "UTC"
NOT_OVER: Final = Phrase("This period is not over yet.")
TOO_EARLY: Final = Phrase("There was nothing to report yet: the account began later.")
BACKEND: Final = "django.contrib.auth.backends.ModelBackend"


class ReportRefused(Exception):
    """This period can have no report; the text says why."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True, slots=True)
class ReportOwner:
    """A user, or without one the operators of this installation."""

    user: User | None

    @property
    def user_id(self) -> int | None:
        return self.user.pk if self.user else None

    @property
    def zone(self) -> str:
        """The time zone of the owner's days: that of the preferences, or else UTC."""
        name = (self.user.time_zone if self.user else "") or UTC
        try:
            return ZoneInfo(name).key
        except (ZoneInfoNotFoundError, ValueError):  # one that this machine does not know any more
            return UTC

    def list_readers(self) -> list[int]:
        """List the users who are told of a report."""
        if self.user is not None:
            return [self.user.pk]
        allowed = User.objects.with_perm(f"operations.{RIGHT}", backend=BACKEND)
        return sorted(allowed.filter(is_staff=True, is_active=True).values_list("pk", flat=True))


OPERATORS: Final = ReportOwner(None)


def request_report(
    owner: ReportOwner, kind: ReportKind, day: date, *, now: datetime
) -> tuple[PeriodReport, bool]:
    """Make the report of the day or week with this day, unless it is there; tell if it is new."""
    return make_report(owner, find_requested(owner, kind, day, now=now), now=now)


def find_requested(
    owner: ReportOwner, kind: ReportKind, day: date, *, now: datetime
) -> ReportPeriod:
    """Return the period with this day; refuse one that is not over, or before the account."""
    if day > now.date() + LENGTHS[ReportKind.DAILY]:
        raise ReportRefused(NOT_OVER)
    first = owner.user or User.objects.order_by("date_joined").first()
    if day < EARLIEST or first is None:
        raise ReportRefused(TOO_EARLY)
    period = find_period(kind, day, owner.zone)
    if period.until > now:
        raise ReportRefused(NOT_OVER)
    if period.until <= first.date_joined:
        raise ReportRefused(TOO_EARLY)
    return period


def make_report(
    owner: ReportOwner, period: ReportPeriod, *, now: datetime, tells: bool = False
) -> tuple[PeriodReport, bool]:
    """Return the report of a period and whether it is new. With `tells`, its readers are told."""
    with streams.unit():
        _lock_owner(owner)
        found = find_report(owner, period)
        if found is not None:
            return found, False
        report = PeriodReport.objects.create(
            user=owner.user,
            kind=period.kind,
            starts_on=period.starts_on,
            time_zone=period.zone,
            since=period.since,
            until=period.until,
            content=build_figures(owner, period, now=now),
            made_at=now,
        )
        if tells:
            _tell_readers(owner, report, now)
    return report, True


def find_report(owner: ReportOwner, period: ReportPeriod) -> PeriodReport | None:
    own = PeriodReport.objects.filter(user=owner.user_id, kind=period.kind)
    return own.filter(starts_on=period.starts_on).first()


def build_figures(owner: ReportOwner, period: ReportPeriod, *, now: datetime) -> dict[str, object]:
    """Build the figures of a report that is not written."""
    if owner.user is None:
        return installation.build_figures(period, now=now)
    return user_figures.build_figures(owner.user, period, now=now)


def _lock_owner(owner: ReportOwner) -> None:
    """Let one process at a time make the reports of an owner."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK, (owner.user_id or 0) % 2**31])


def _tell_readers(owner: ReportOwner, report: PeriodReport, now: datetime) -> None:
    for user in User.objects.filter(pk__in=owner.list_readers()).order_by("pk"):
        with speak_to(user):
            title, message = summary.describe_report(report)
        tell_user(
            user_id=user.pk,
            category=NotificationCategory.REPORTS,
            cause=f"report:{report.pk}",
            title=title,
            message=message,
            link=f"/reports/{report.pk}/",
            now=now,
        )
