"""The data of notes, which have no number: not stored, may be lost, the newest wins."""

from __future__ import annotations

from typing import Literal, TypedDict

from realtime.shapes.fields import Time


class StreamData(TypedDict):
    """The state of a key's own stream."""

    key: int
    state: Literal["idle", "connecting", "live", "waiting", "refused", "polled"]
    connected_since: Time | None
    last_message_at: Time | None
    last_reconcile_at: Time | None
    restarts: int
    last_error: str


class VenueData(TypedDict):
    """The state of a venue: if it may be asked, and until when it is left alone."""

    venue: str
    label: str
    market: str
    simulated: bool
    state: Literal["open", "frozen", "resting"]  # resting: no answer
    until: Time | None
    words: str


class LeverageSetData(TypedDict):
    """The outcome of a request for another leverage of one symbol."""

    key: int
    symbol: str
    leverage: int
    margin_mode: str
    ok: bool
    message: str


class OrdersCheckedData(TypedDict):
    """Orders that were compared with the venue at this time, changed or not."""

    orders: list[int]
    checked_at: Time


class AdminMessageData(TypedDict):
    """An operator's action on users or their sockets, for the other operators."""

    by: str
    action: str
    target: str
    words: str
    at: Time


class DelayData(TypedDict):
    """Something between a user's sockets and their venues that does not keep up."""

    about: str
    late: bool
    since: Time | None
    words: str


class HealthData(TypedDict):
    """The health of a service of the installation."""

    service: str
    status: Literal["healthy", "degraded", "down"]
    reason: str
    remedy: str
    response_ms: float | None
    at: Time


class JobData(TypedDict):
    """A job of the timetable that changed, or the progress of another job of the operators."""

    id: str
    name: str
    state: Literal["new", "waiting", "running", "done", "failed", "unfinished"]
    done: int
    of: int | None
    words: str
    job: int | None
    protected: bool
    paused: bool
    last_result: Literal["done", "failed", "unfinished"] | None
    seconds: float | None
    next_run_at: Time | None
