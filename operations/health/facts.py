"""Collect what is true of the installation now, in about two seconds even when servers hang."""

import shutil
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Final

import redis
import structlog
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection
from django.db.models import Min
from kombu.exceptions import KombuError

from exchanges import paper
from exchanges.instruments import VenueMarket
from exchanges.limits import venue_status
from exchanges.models import ExchangeKey
from exchanges.streams import status as streams_status
from operations.backup.status import BackupStatus, read_status
from operations.health import stored
from operations.health.probes import queues, round_trips
from operations.health.probes.bounded import NoAnswer, call_within
from operations.health.probes.queues import QueueFacts
from operations.health.probes.round_trips import (
    ANSWER_SECONDS,
    DatabaseAnswer,
    PartSilent,
    RedisAnswer,
)
from operations.health.stored import StoredCheck
from operations.jobs import beat_lock
from orders.checks import last_sweep
from orders.models import IS_OPEN, Order
from realtime.metrics import heartbeat
from realtime.metrics.heartbeat import Heartbeat
from realtime.shapes.notes import VenueData

log = structlog.get_logger(__name__)

FACTS_SECONDS: Final = 1.5


@dataclass(slots=True)
class DatabaseFacts:
    """Facts that the database gave."""

    active_keys: int
    markets: list[VenueMarket]
    stream_processes: int
    streams: dict[str, int]
    beat_since: datetime | None
    oldest_check: datetime | None
    backups: BackupStatus


@dataclass(slots=True)
class RedisFacts:
    """Facts that Redis gave."""

    heartbeats: list[Heartbeat]
    queues: list[QueueFacts]
    sweep_began: datetime | None
    sweep: last_sweep.SweepTimes


@dataclass(slots=True)
class InstallationFacts:
    """A string instead of an answer says why there is none; None: nobody could be asked."""

    now: datetime
    database: DatabaseAnswer | str = ""
    redis: RedisAnswer | str = ""
    simulator: float | str | None = None  # None: paper trading is off
    in_database: DatabaseFacts | None = None
    in_redis: RedisFacts | None = None
    check: StoredCheck | None = None
    venues: list[VenueData] = field(default_factory=list)
    disk_free: int = 0
    disk_total: int = 0


def collect_facts(now: datetime, *, seconds: float = ANSWER_SECONDS) -> InstallationFacts:
    """Ask all parts at once, each for so long, then read what those that answered know."""
    facts = InstallationFacts(now)
    parts = ("database", "redis", "simulator")
    _run_together(partial(_ask_part, facts, name, seconds) for name in parts)
    _run_together(
        [
            partial(_read_database, facts),
            partial(_read_redis, facts),
            partial(_read_check, facts),
        ]
    )
    home = next(
        path
        for path in (settings.FILLWATCH_HOME, *settings.FILLWATCH_HOME.parents)
        if path.exists()
    )
    usage = shutil.disk_usage(home)
    facts.disk_free, facts.disk_total = usage.free, usage.total
    return facts


def _run_together(steps: Iterable[Callable[[], None]]) -> None:
    """Run the steps in threads of their own; each of them is bounded itself."""
    threads = [threading.Thread(target=step, daemon=True) for step in steps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _ask_part(facts: InstallationFacts, name: str, seconds: float) -> None:
    ask: dict[str, Callable[..., Any]] = {
        "database": round_trips.ask_database,
        "redis": round_trips.ask_redis,
        "simulator": round_trips.ask_simulator,
    }
    if name == "simulator" and not paper.is_enabled():
        return
    try:
        setattr(facts, name, ask[name](seconds=seconds))
    except PartSilent as error:
        setattr(facts, name, str(error))


def _read_database(facts: InstallationFacts) -> None:
    if isinstance(facts.database, str):
        return
    try:
        read = call_within(FACTS_SECONDS, "database-facts", partial(_query_facts, facts.now))
        facts.in_database, facts.venues = read
    except (NoAnswer, DatabaseError) as error:
        log.warning("health facts not read from the database", error=str(error))
    except Exception:  # a bug in one question must not keep the others from an answer
        log.exception("health facts not read from the database")


def _query_facts(now: datetime) -> tuple[DatabaseFacts, list[VenueData]]:
    try:
        keys = list(ExchangeKey.objects.filter(is_active=True).select_related("stream"))
        checked = Order.objects.filter(IS_OPEN, key__is_active=True, checked_at__isnull=False)
        found = DatabaseFacts(
            active_keys=len(keys),
            markets=sorted({key.venue_market for key in keys}),
            stream_processes=streams_status.count_processes(),
            streams=streams_status.count_states(),
            beat_since=beat_lock.locked_since(connection),
            oldest_check=checked.aggregate(oldest=Min("checked_at"))["oldest"],
            backups=read_status(now=now),
        )
        return found, venue_status.list_for_keys(keys, now=now)
    finally:
        connection.close()  # of this thread alone


def _read_redis(facts: InstallationFacts) -> None:
    if isinstance(facts.redis, str):
        return
    try:
        facts.in_redis = call_within(
            FACTS_SECONDS, "redis-facts", partial(_query_redis_facts, facts.now)
        )
    except (NoAnswer, redis.RedisError, KombuError, OSError) as error:
        log.warning("health facts not read from redis", error=str(error))
    except Exception:  # the thread would end with a traceback that nobody catches
        log.exception("health facts not read from redis")


def _query_redis_facts(now: datetime) -> RedisFacts:
    return RedisFacts(
        heartbeats=heartbeat.read_heartbeats(),
        queues=queues.read_queues(now=now),
        sweep_began=last_sweep.read_last_sweep(),
        sweep=last_sweep.read_times(now=now),
    )


def _read_check(facts: InstallationFacts) -> None:
    """Read the last health check from Redis, or from the database while Redis is away."""
    in_redis = not isinstance(facts.redis, str)
    if not in_redis and isinstance(facts.database, str):
        return
    read = stored.read_from_either if in_redis else stored.read_from_database
    try:
        facts.check = call_within(FACTS_SECONDS, f"check-{in_redis}", read)
    except (NoAnswer, redis.RedisError, DatabaseError) as error:
        log.warning("last health check not read", error=str(error))
    except Exception:  # as above: the rest of the facts is worth having
        log.exception("last health check not read")
