"""The state of all streams for operators: which are followed, and by which process."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from django.db.models.functions import Now
from django.utils import timezone

from exchanges import payloads
from exchanges.models import ExchangeKey, StreamLease, StreamProcess
from realtime.shapes.notes import StreamData


@dataclass(frozen=True, slots=True)
class StreamOverview:
    key: ExchangeKey
    holder: str
    stream: StreamData | None


def list_streams(*, now: datetime) -> list[StreamOverview]:
    """Return every active key with its stream, followed or not."""
    keys = ExchangeKey.objects.filter(is_active=True).select_related("user", "stream")
    return [_describe_key(key, now) for key in keys.order_by("pk")]


def count_states() -> dict[str, int]:
    """Count the streams by state."""
    followed = list_streams(now=timezone.now())
    return dict(Counter(row.stream["state"] if row.stream else "idle" for row in followed))


def count_processes() -> int:
    return StreamProcess.objects.filter(alive_until__gt=Now()).count()


def _describe_key(key: ExchangeKey, now: datetime) -> StreamOverview:
    lease: StreamLease | None = getattr(key, "stream", None)
    if lease is None:
        return StreamOverview(key, "", None)
    return StreamOverview(key, lease.holder, payloads.stream_data(lease, now=now))
