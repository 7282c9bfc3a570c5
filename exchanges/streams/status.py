"""How the keys' streams fare, for operators: which are followed, and by which process."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from django.db.models.functions import Now
from django.utils import timezone

from exchanges import payloads
from exchanges.models import ExchangeKey, StreamLease, StreamProcess
from realtime.shapes import StreamData


@dataclass(frozen=True, slots=True)
class Followed:
    key: ExchangeKey
    holder: str
    stream: StreamData | None


def all_active(*, now: datetime) -> list[Followed]:
    """Every key that may be followed, whether or not anybody does."""
    keys = ExchangeKey.objects.filter(is_active=True).select_related("user", "stream")
    return [_of(key, now) for key in keys.order_by("pk")]


def states() -> dict[str, int]:
    """How many streams are in which state."""
    followed = all_active(now=timezone.now())
    return dict(Counter(one.stream["state"] if one.stream else "idle" for one in followed))


def processes() -> int:
    return StreamProcess.objects.filter(alive_until__gt=Now()).count()


def _of(key: ExchangeKey, now: datetime) -> Followed:
    lease: StreamLease | None = getattr(key, "stream", None)
    if lease is None:
        return Followed(key, "", None)
    return Followed(key, lease.holder, payloads.stream_data(lease, now=now))
