"""Real stream processes, a real web process, and sockets that watch."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest
from django.utils import timezone

from config.launcher import processes
from exchanges.models import Symbol
from tests.exchanges.prices.price_watch import (
    MARKETS,
    STALE,
    Start,
    Watch,
    paper_name,
    watch_instruments,
)
from tests.failures.harness.processes import KillableProcess
from tests.realtime.socket.wire import Wire
from tests.services import process_environment


@pytest.fixture(autouse=True)
def _known(transactional_db: None) -> None:
    steps = dict.fromkeys(("price_step", "quantity_step", "min_quantity", "min_cost"), 1)
    for venue, kind in [*MARKETS, ("binanceus", "spot")]:
        for base in ("BTC", "ETH", "GONE"):  # the last one only we believe to be traded
            Symbol.objects.create(
                venue=venue,
                market=kind,
                is_paper=True,
                name=paper_name(venue, kind, base).partition(":")[2],
                base=base,
                quote="USDT",
                read_at=timezone.now(),
                **steps,
            )


def following(name: str, **settings: str) -> KillableProcess:
    environment = process_environment() | {"MARKET_STALE_SECONDS": STALE} | settings
    return KillableProcess(replace(processes.stream_part(environment=environment), name=name))


@pytest.fixture(scope="module")
def follower(django_db_setup: None) -> Iterator[None]:
    """One stream process for all tests of a module; its feeds end with what was watched."""
    mortal = following("feeds")
    mortal.start()
    yield
    mortal.end()


@pytest.fixture
def start(transactional_db: None) -> Iterator[Start]:
    """Start a stream process of one's own: start(), or start("another", MARKET_…="30")."""
    with ExitStack() as stack:

        def begin(name: str = "own feeds", **settings: str) -> KillableProcess:
            mortal = following(name, **settings)
            stack.callback(mortal.end)
            mortal.start()
            return mortal

        yield begin


@pytest.fixture
def watch(web: str) -> Iterator[Watch]:
    """A socket of nobody in particular that watches these: watch(SPOT, interval_ms=100)."""
    with ExitStack() as stack:

        def connect(*instruments: str, **more: Any) -> Wire:
            wire = Wire(web.replace("http", "ws") + "/ws/market/")
            stack.callback(wire.close)
            watch_instruments(wire, *instruments, **more)
            return wire

        yield connect
