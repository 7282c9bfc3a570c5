"""A bot's order is filled: how long until the next one is accepted, by the venue's own clock.

Told by the stream; found by the check while that stream is silently dead; and found by the check
while there is no stream.
"""

import os
import random
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import cycle
from threading import Event, Thread
from typing import Any, Final

from bench import Result, percentile
from bench.support.resting_orders import Control
from bench.support.running_bots import GRID, SCALPER, attach_key, run_bot_servers, start_bot
from bench.support.whole_installation import wait_for

FILLS, QUICK_FILLS = 200, 40
BOTS: Final = 20  # half of them scalpers, half grids
STEPS: Final = ("recorded", "decided", "sent", "accepted")
PACE: Final = 0.1  # seconds between two fills on average
LOOK: Final = 0.3  # between two looks at the database, which others need


@dataclass(frozen=True, slots=True)
class Chain:
    """Milliseconds after the fill at the venue until each step."""

    recorded: float
    decided: float
    sent: float
    accepted: float


def run(*, quick: bool) -> Result:
    number = QUICK_FILLS if quick else FILLS
    with run_bot_servers() as venue, _keep_price_fresh(venue):
        bots = _start_bots(venue)
        ways = {"stream": _fill_bots(venue, bots, number)}
        _to_all(venue, bots, kind="mute_sockets")
        ways["silent stream"] = _fill_bots(venue, bots, number)
        _to_all(venue, bots, kind="drop_sockets", seconds=3600)
        wait_for(lambda: _live_streams() == 0, "the end of every key's stream", 120)
        ways["no stream"] = _fill_bots(venue, bots, number)
        extra = _in_excess(venue, bots, fills=len(ways) * (number // BOTS))
    load = os.getloadavg()[0]
    return Result(
        title=f"Fill at the venue to the next order accepted there (ms): {BOTS} bots, {number} "
        f"fills each way; {extra} orders in excess; load average {load:.1f}",
        columns=["way", "step", "p50", "p99"],
        rows=[
            [way, step, *(f"{percentile(_step_times(chains, step), p):.0f}" for p in (50, 99))]
            for way, chains in ways.items()
            for step in STEPS
        ],
        figures={"fills": number, "in_excess": extra, "load": round(load, 1)}
        | {
            f"{way.replace(' ', '_')}_{step}_p{p}_ms": round(
                percentile(_step_times(chains, step), p), 1
            )
            for way, chains in ways.items()
            for step in STEPS
            for p in (50, 99)
        },
    )


def _fill_bots(venue: Control, bots: Sequence[Any], number: int) -> list[Chain]:
    return [chain for _ in range(number // BOTS) for chain in _one_by_one(venue, bots)]


def _step_times(chains: Sequence[Chain], step: str) -> list[float]:
    return [getattr(chain, step) for chain in chains]


def _start_bots(venue: Control) -> list[Any]:
    """All of them at work, each with an order that waits."""
    kinds: list[tuple[str, Any]] = [("scalper", SCALPER), ("grid", GRID)] * (BOTS // 2)
    bots = [start_bot(attach_key(venue), strategy, settings) for strategy, settings in kinds]
    wait_for(lambda: len(_newest_orders(bots)) == len(bots), "an order of every bot", 120)
    wait_for(lambda: _live_streams() == len(bots), "every key's stream", 120)
    return bots


def _live_streams() -> int:
    from exchanges.models import StreamLease

    return StreamLease.objects.filter(state="live", last_reconcile_at__isnull=False).count()


def _to_all(venue: Control, bots: Sequence[Any], **fault: Any) -> None:
    """Inject a fault into the keys' private streams only; prices go on."""
    for bot in bots:
        venue("POST", "faults", **fault, match={"key": bot.key.api_key})


def _newest_orders(bots: Sequence[Any]) -> dict[Any, Any]:
    """The newest order of each bot, where it stands at the venue; of a new grid, the highest."""
    from orders.models import Order

    found = Order.objects.filter(bot__in=[bot.pk for bot in bots]).order_by("bot", "pk")
    newest = {order.bot_id: order for order in found}
    return {bot: order for bot, order in newest.items() if order.status == "new"}


def _one_by_one(venue: Control, bots: Sequence[Any]) -> list[Chain]:
    """A fill for each bot, at moments of chance; then all that came of them."""
    standing = _newest_orders(bots)
    for bot in random.sample(bots, len(bots)):
        time.sleep(random.uniform(0, 2 * PACE))  # noqa: S311 (a moment of chance, nothing secret)
        name = standing[bot.pk].client_order_id
        venue("POST", "fill", clientOrderId=name, account=bot.key.api_key)

    def followed() -> bool:
        time.sleep(LOOK)
        after = _newest_orders(bots)
        return len(after) == len(bots) and all(after[pk].pk > standing[pk].pk for pk in after)

    wait_for(followed, "every next order", 120)
    after = _newest_orders(bots)
    return [_build_chain(venue, bot, standing[bot.pk], after[bot.pk]) for bot in bots]


@contextmanager
def _keep_price_fresh(venue: Control) -> Iterator[None]:
    """A market that stands still says nothing, and a bot acts on no price that is old."""
    over = Event()

    def beat() -> None:
        for turn in cycle(("60000.01", "60000")):
            venue("POST", "price", symbol="BTCUSDT", price=turn)
            if over.wait(2):
                return

    thread = Thread(target=beat)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _build_chain(venue: Control, bot: Any, order: Any, after: Any) -> Chain:
    rows = venue("GET", "orders", account=bot.key.api_key)["orders"]
    by_name = {row["clientOrderId"]: row for row in rows}
    filled_at = by_name[order.client_order_id]["updateTime"]
    changes = order.changes.filter(status="filled").order_by("at")
    return Chain(
        recorded=_to_ms(changes[0].at) - filled_at,
        decided=_to_ms(after.created_at) - filled_at,
        sent=_to_ms(after.submitted_at) - filled_at,
        accepted=by_name[after.client_order_id]["time"] - filled_at,
    )


def _to_ms(at: datetime) -> float:
    return at.timestamp() * 1000


def _in_excess(venue: Control, bots: Sequence[Any], *, fills: int) -> int:
    """A scalper has one order for each fill, and the one that waits; a grid one for each step."""
    found = 0
    for bot in bots:
        there = len(venue("GET", "orders", account=bot.key.api_key)["orders"])
        begun = 1 if bot.strategy == "scalper" else 6
        found += there - begun - fills
    return found
