"""The sections of the operators' console, and the permissions that each of them needs."""

from dataclasses import dataclass
from typing import Final

from django.urls import NoReverseMatch, reverse

from realtime.frames import RIGHTS
from users.models import User

SEE_HEALTH: Final = "operations.view_healthcheck"
SEE_JOBS: Final = "django_celery_beat.view_periodictask"
SEE_SOCKETS: Final = "realtime.view_sockets"
CHANGE_SOCKETS: Final = "realtime.change_sockets"
SEE_LOGS: Final = "operations.view_servicelog"
OPERATE_ALERTS: Final = "operations.operate_alerts"
SEE_AUDIT: Final = "operations.view_auditchange"
SEE_OUTBOX: Final = "operations.view_outboxmessage"
CHANGE_OUTBOX: Final = "operations.change_outboxmessage"
SEE_BACKUPS: Final = "operations.view_backuprun"
SEE_USERS: Final = "users.view_user"
CHANGE_USERS: Final = "users.change_user"
CONTROL_MARKET: Final = "operations.control_market"


@dataclass(frozen=True, slots=True)
class Section:
    """A page of the console; one of its rights is enough to see it."""

    name: str
    label: str
    rights: tuple[str, ...]

    @property
    def url(self) -> str:
        try:
            return reverse(self.name)
        except NoReverseMatch:  # a section whose page this release does not have
            return ""


SECTIONS: Final = (
    Section("operations", "Services", (SEE_HEALTH, SEE_JOBS)),
    Section("operations-venues", "Venues", (SEE_HEALTH,)),
    Section("operations-streams", "Streams", (SEE_HEALTH,)),
    Section("operations-queues", "Checks and queues", (SEE_HEALTH,)),
    Section("operations-figures", "Figures", (SEE_HEALTH,)),
    Section("operations-sockets", "Sockets", (SEE_SOCKETS,)),
    Section("operations-logs", "Logs", (SEE_LOGS,)),
    Section("operations-alerts", "Alerts", (OPERATE_ALERTS,)),
    Section("operations-audit", "Audit", (SEE_AUDIT,)),
    Section("operations-messages", "Messages", (SEE_OUTBOX,)),
    Section("operations-backups", "Backups", (SEE_BACKUPS,)),
    Section("operations-users", "Users", (SEE_USERS,)),
    Section("operations-markets", "Market control", (CONTROL_MARKET,)),
)


def is_allowed(user: User, *rights: str) -> bool:
    """Tell whether this operator has one of these permissions."""
    return user.is_staff and any(user.has_perm(right) for right in rights)


def list_sections(user: User) -> list[Section]:
    """List the sections that this operator may see and that have a page."""
    return [section for section in SECTIONS if section.url and is_allowed(user, *section.rights)]


def choose_socket(user: User) -> str:
    """Choose the endpoint that repaints the console: that of operators where this one comes in."""
    return "admin" if is_allowed(user, *RIGHTS) else "all"
