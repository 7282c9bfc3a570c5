"""A socket's times, limits and identity."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple

from django.conf import settings

from realtime import frames, watchlist
from realtime.endpoints import Endpoint
from realtime.socket import control_frames

Authenticated = Literal["session", "bearer", "no"]

STRIKES = 3
FRAME_BYTES = 16 * 1024
FIRST_FRAME_BYTES = 4 * 1024
FRAMES_PER_SECOND = 20
BURST = 40


@dataclass(frozen=True, slots=True)
class SocketTimes:
    """The protocol's times in seconds."""

    heartbeat: float = 25
    silence: float = 35
    auth: float = 10
    expiry_warning: float = 60
    expiry_grace: float = 25
    age: float = 12 * 3600
    pause: float = 1  # before a client of ours that may come back does


TIMES = ("HEARTBEAT", "SILENCE", "AUTH", "EXPIRY_WARNING", "EXPIRY_GRACE", "AGE")


def get_times() -> SocketTimes:
    """Return the times of the settings, in one object for all sockets."""
    return _build_times(*(settings.REALTIME[f"{name}_SECONDS"] for name in TIMES))


@lru_cache(maxsize=1)
def _build_times(*times: float) -> SocketTimes:
    return SocketTimes(*times)


@dataclass(frozen=True, slots=True)
class Identity:
    """The socket's user, and what must stay true for them to stay."""

    user_id: int
    credentials: str
    session_key: str | None = None
    sign_in: str | None = None  # by API
    api_token: int | None = None
    scopes: frozenset[str] = frozenset()  # of the API token
    key_ids: frozenset[int] | None = None  # that it is for; None: all
    expires_in: float | None = None


@dataclass(frozen=True, slots=True)
class Farewell:
    code: frames.Close
    message: str
    delay: float | None = None  # before the client comes again; None: as for all who may


class SocketFigures(NamedTuple):
    """One socket's figures for the metrics: its endpoint, age, and how its client keeps up."""

    endpoint: str
    opened: float
    behind: int | None
    answer_seconds: float | None


class FrameBucket:
    """A token bucket: the frames that a client may still send."""

    __slots__ = ("_at", "_tokens")

    def __init__(self, now: float) -> None:
        self._tokens, self._at = float(BURST), now

    def wait(self, now: float) -> float:
        """Take a token; else how long until there is one."""
        self._tokens = min(BURST, self._tokens + (now - self._at) * FRAMES_PER_SECOND)
        self._at = now
        if self._tokens >= 1:
            self._tokens -= 1
            return 0.0
        return (1 - self._tokens) / FRAMES_PER_SECOND


@lru_cache(maxsize=64)
def build_hello(rules: SocketTimes, endpoint: Endpoint, authenticated: Authenticated) -> str:
    """Build the frame `hello`, cached: thousands of sockets come at once after a restart."""
    limits = control_frames.Limits(
        frame_bytes=FRAME_BYTES,
        frames_per_second=FRAMES_PER_SECOND,
        burst=BURST,
        instruments=watchlist.LONGEST,
        fastest_ms=watchlist.FASTEST_MS,
    )
    data = control_frames.HelloData(
        protocol=frames.PROTOCOL,
        authenticated=authenticated,
        heartbeat_seconds=rules.heartbeat,
        silence_seconds=rules.silence,
        auth_seconds=rules.auth,
        limits=limits,
        topics=sorted(endpoint.topics),
    )
    return control_frames.server_frame("hello", data)
