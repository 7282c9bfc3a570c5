"""The lease that makes one beat the active one: a row that its holder renews before it sends a job.

A row and no advisory lock: a frozen process keeps its lock, and PgBouncer in transaction mode
refuses one. See docs/decisions/17-beat-holds-a-lease.md.
"""

import os
import socket
import uuid
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import psutil
from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Q
from django.db.models.functions import Now

from operations.models import BeatLease

START_TOLERANCE: Final = 5.0  # seconds; psutil derives a start time from the clock, which may move
FIND_HOLDER: Final = """
    SELECT holder, host, active_since, ticked_at,
        ticked_at > clock_timestamp() - make_interval(secs => %s)
    FROM operations_beatlease WHERE holder <> ''
"""


@dataclass(frozen=True, slots=True)
class LeaseHolder:
    """The beat that holds the lease; not alive when it has not renewed it in time."""

    holder: str
    host: str
    active_since: datetime
    ticked_at: datetime
    is_alive: bool


def take_lease() -> str | None:
    """Take the lease if it is free, or its holder is silent or dead; return our name in it."""
    BeatLease.objects.get_or_create(pk=1)
    oldest = Now() - timedelta(seconds=settings.BEAT_LEASE_SECONDS)
    is_free = Q(holder="") | Q(ticked_at__lt=oldest)
    current = BeatLease.objects.get(pk=1)
    if current.holder and is_dead_here(current.process):
        is_free |= Q(holder=current.holder)
    holder = uuid.uuid4().hex
    taken = BeatLease.objects.filter(is_free, pk=1).update(
        holder=holder,
        host=f"{socket.gethostname()}:{os.getpid()}"[:200],
        process=describe_process(os.getpid()),
        active_since=Now(),
        ticked_at=Now(),
    )
    return holder if taken else None


def renew_lease(holder: str) -> bool:
    """Renew the lease; False: another beat has taken it, so this one must send nothing more."""
    return bool(BeatLease.objects.filter(pk=1, holder=holder).update(ticked_at=Now()))


def release_lease(holder: str) -> None:
    """Let a waiting beat begin at once."""
    BeatLease.objects.filter(pk=1, holder=holder).update(holder="")


def find_holder(connection: BaseDatabaseWrapper) -> LeaseHolder | None:
    with connection.cursor() as cursor:
        cursor.execute(FIND_HOLDER, [settings.BEAT_LEASE_SECONDS])
        row: tuple[str, str, datetime, datetime, bool] | None = cursor.fetchone()
    return LeaseHolder(*row) if row else None


def locked_since(connection: BaseDatabaseWrapper) -> datetime | None:
    """Return since when the active beat works; None when there is none, or it is silent."""
    holder = find_holder(connection)
    return holder.active_since if holder and holder.is_alive else None


def describe_process(pid: int) -> str:
    """Name a process so that another one of the same machine can tell whether it still runs."""
    return f"{_name_machine()}/{pid}/{psutil.Process(pid).create_time():.2f}"


def is_dead_here(process: str) -> bool:
    """Tell whether this process ran on our machine and has ended: then nobody need wait for it."""
    machine, _, rest = process.rpartition("/")[0].rpartition("/")
    if machine != _name_machine() or not rest.isdigit():
        return False
    try:
        found = psutil.Process(int(rest))
        if found.status() == psutil.STATUS_ZOMBIE:
            return True
        drift: float = abs(found.create_time() - float(process.rpartition("/")[2]))
        return drift > START_TOLERANCE
    except psutil.NoSuchProcess:
        return True
    except psutil.Error:
        return False


def _name_machine() -> str:
    """Name this boot of this machine and this container: process ids mean nothing elsewhere."""
    name = socket.gethostname()
    with suppress(OSError):
        name += "/" + Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    with suppress(OSError):
        name += "/" + str(Path("/proc/self/ns/pid").readlink())
    return name
