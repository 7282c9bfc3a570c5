"""Users by the thousand with tokens for their sockets, and servers for them to connect to."""

import sys
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from signal import SIGKILL
from typing import Any, Final

import psutil

from bench.support import servers
from bench.support.websocket_clients import Seat
from config.launcher.home import BASE
from config.launcher.parts import Part

# Whoever measures sockets is no attacker
UNLIMITED: Final = {"REALTIME_USER_SOCKETS": "1000000", "REALTIME_CONNECTS_PER_MINUTE": "0"}
ENDPOINT: Final = "/ws/"
RIVAL_ENDPOINT: Final = "/?user={user}"


def create_users(number: int) -> list[Any]:
    """Create users up to this number; reuse those of an earlier call."""
    from django.contrib.auth import get_user_model

    model = get_user_model()
    names = [f"bench{one}" for one in range(number)]
    model.objects.bulk_create(
        [model(username=name, password="!") for name in names],  # noqa: S106 (none fits)
        batch_size=1000,
        ignore_conflicts=True,
    )
    found = {user.get_username(): user for user in model.objects.filter(username__in=names)}
    return [found[name] for name in names]


def build_seats(people: list[Any], tabs: int = 1) -> list[Seat]:
    return [seat for user in people for seat in [Seat(user.pk, make_bearer(user))] * tabs]


def make_bearer(user: Any) -> str:
    """Make an access token, as the subprotocol of a socket has it."""
    from rest_framework_simplejwt.tokens import AccessToken

    return urlsafe_b64encode(str(AccessToken.for_user(user)).encode()).decode().rstrip("=")


@contextmanager
def run_our_web(port: int) -> Iterator[psutil.Process]:
    with servers.run_web(port=port, **UNLIMITED):
        yield newest_child()


@contextmanager
def run_rival(name: str, port: int) -> Iterator[psutil.Process]:
    from django.conf import settings

    words = ["--port", str(port), "--redis", str(settings.REDIS_URL)]
    part = Part(
        name=name,
        command=[sys.executable, "-m", "bench.support.rival_servers", name, *words],
        folder=Path(BASE),
        ready=lambda: _is_answering(port),
        stop_signal=SIGKILL,
    )
    with servers.run_part(part):
        yield newest_child()


def key_event_data(number: int, label: str = "main") -> Any:
    """Data of a key_update event."""
    return {
        "id": number,
        "label": label,
        "venue": "binance",
        "market": "spot",
        "simulated": True,
        "is_active": True,
        "last_error": "",
        "last_checked_at": None,
        "permissions": ["read", "trade"],
        "position_mode": None,
    }


def newest_child() -> psutil.Process:
    """The youngest of our children: the server that has just begun to answer."""
    return max(psutil.Process().children(), key=lambda child: (child.create_time(), child.pid))


def _is_answering(port: int) -> bool:
    from config.launcher import processes

    return processes.answers_http(f"http://127.0.0.1:{port}/")


def memory_kb(process: psutil.Process) -> float:
    """Proportional set size in KB: what it shares with others counts by its part."""
    return float(process.memory_full_info().pss) / 1024


def cpu_seconds(process: psutil.Process) -> float:
    times: Any = process.cpu_times()
    return float(times.user + times.system)
