"""A venue that answers nobody is left alone for a while, and then tried with one question.

Only checks wait for it: placing and cancelling are somebody's wish, and are tried at once.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import structlog
from django.core.cache import cache

from exchanges.base import KeyInvalid, Throttled, UnknownOutcome, VenueDown
from exchanges.limits import venue_status_event
from exchanges.models import ExchangeKey

log = structlog.get_logger(__name__)

ENOUGH: Final = 5  # failures in a row, whoever asked
SHORTEST: Final = timedelta(seconds=5)
LONGEST: Final = timedelta(seconds=60)
KEPT: Final = timedelta(minutes=15)


@dataclass
class Tally:
    """What one round has shown of each venue: one answer outweighs any number of silences."""

    answered: dict[str, ExchangeKey] = field(default_factory=dict)
    silent: dict[str, list[tuple[ExchangeKey, str]]] = field(default_factory=dict)

    def note(self, key: ExchangeKey, error: Exception | None) -> None:
        if isinstance(error, (Throttled, KeyInvalid)):
            return  # these have waits of their own
        if isinstance(error, (VenueDown, UnknownOutcome)):
            self.silent.setdefault(_name(key), []).append((key, str(error)))
        else:
            self.answered[_name(key)] = key

    def close(self, *, now: datetime) -> None:
        for key in self.answered.values():
            _worked(key)
        for name, silences in self.silent.items():
            if name not in self.answered:
                key, words = silences[-1]
                _failed(key, times=len(silences), now=now, words=words)


def admitted(keys: Iterable[ExchangeKey], *, now: datetime) -> list[ExchangeKey]:
    """Of a venue that rests nobody, of one on trial one, of all others everybody."""
    allowed: list[ExchangeKey] = []
    rests: dict[str, bool] = {}
    tried: set[str] = set()
    for key in keys:
        name = _name(key)
        if name not in rests:
            rests[name] = _on_trial(key)
        if rests[name] and (name in tried or until(key, now=now)):
            continue
        tried.add(name)
        allowed.append(key)
    return allowed


def until(key: ExchangeKey, *, now: datetime) -> datetime | None:
    """Until when nobody is to ask; None when everybody, or one as a trial, may."""
    end = rests(key)
    return end if end and end > now else None


def rests(key: ExchangeKey) -> datetime | None:
    """When it is tried again; a time that has passed until one trial has succeeded."""
    said = cache.get(f"{_name(key)}:open")
    return datetime.fromisoformat(said) if said else None


def _failed(key: ExchangeKey, *, times: int, now: datetime, words: str) -> None:
    """So many questions, and no answer to any. The wait doubles with each trial that fails."""
    name = _name(key)
    cache.add(name, 0, timeout=KEPT.total_seconds())
    try:
        failures = cache.incr(name, times)
    except ValueError:  # somebody was answered in this moment
        return
    cache.touch(name, KEPT.total_seconds())
    if failures < ENOUGH or until(key, now=now):
        return
    trials = cache.get(f"{name}:trials", 0)
    wait = min(LONGEST, SHORTEST * 2.0 ** min(trials, 10))
    cache.set(f"{name}:trials", trials + 1, timeout=KEPT.total_seconds())
    cache.set(f"{name}:open", (now + wait).isoformat(), timeout=KEPT.total_seconds())
    say = log.warning if trials else log.error
    say("venue answers nobody", venue=key.venue, market=key.market, wait=str(wait), words=words)
    venue_status_event.venue(key, state="resting", until=now + wait, words="It does not answer.")


def _worked(key: ExchangeKey) -> None:
    name, rested = _name(key), _on_trial(key)
    cache.delete_many([name, f"{name}:trials", f"{name}:open"])
    if rested:
        log.info("venue answers again", venue=key.venue, market=key.market)
        venue_status_event.venue(key, state="open", until=None, words="")


def _on_trial(key: ExchangeKey) -> bool:
    """Whether one question is to show first that the venue answers again."""
    return rests(key) is not None


def _name(key: ExchangeKey) -> str:
    return f"breaker:{key.venue}:{key.market}:{'paper' if key.is_paper else 'live'}"
