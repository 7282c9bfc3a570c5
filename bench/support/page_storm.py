"""The orders page under 500 updates a second: long tasks, memory, paints, focus and scroll.

The frames are made in the page itself, behind its socket: what is measured is the page, not how
fast this machine can run venue, worker, database and browser together.
"""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bench.support.whole_installation import WholeInstallation, wait_for

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, CDPSession, Page

RATE: Final = 500  # updates a second
SECONDS, QUICK_SECONDS = 60, 10
ORDERS: Final = 60
QUANTITY: Final = Decimal("0.001")
PATIENCE: Final = 120.0
SLOW_FRAME_MS: Final = 34  # two frames of 60 Hz
SCRIPT: Final = Path(__file__).with_suffix(".js")
PLACE: Final = "document.activeElement.getBoundingClientRect().top"
FOCUSED: Final = "document.activeElement?.closest('.order')?.dataset.id"


def measure_storm(
    context: "BrowserContext", ours: WholeInstallation, *, quick: bool
) -> dict[str, float]:
    """Return the figures of one storm, each named `storm_…`."""
    ours.control("POST", "walk", paused=True)
    _place_orders(ours)
    context.add_init_script(path=SCRIPT)
    page = context.new_page()
    page.goto("/orders/")
    page.wait_for_selector("#dot[data-state=live]")
    session = context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})  # not the time of others
    focused = _prepare_reader(page)
    place = page.evaluate(PLACE)
    before = _read_after_collecting(session)
    told = page.evaluate(
        "(options) => storm(options)",
        {"rate": RATE, "seconds": QUICK_SECONDS if quick else SECONDS},
    )
    after = _read_after_collecting(session)
    moved = page.evaluate(PLACE) - place
    is_kept = page.evaluate(FOCUSED) == focused
    scrolling: Any = page.evaluate("scrollTable()")
    page.close()
    return {
        "storm_updates_per_second": round(told["sent"] / told["seconds"]),
        "storm_long_tasks": told["longTasks"],
        "storm_longest_task_ms": round(told["longest"]),
        "storm_busy_percent": round(
            (after["TaskDuration"] - before["TaskDuration"]) / told["seconds"] * 100
        ),
        "storm_frames": told["frames"],
        "storm_paints": told["paints"],
        "storm_memory_mb": round((after["JSHeapUsedSize"] - before["JSHeapUsedSize"]) / 1e6, 1),
        "storm_focus_kept": int(is_kept),
        "storm_reader_moved_px": round(abs(moved)),
        "storm_rows": scrolling["rows"],
        "storm_slow_scroll_frames": count_slow(scrolling["gaps"]),
    }


def _place_orders(ours: WholeInstallation) -> None:
    price = Decimal(ours.control("GET", "state")["prices"]["BTCUSDT"]) / 2
    ours.place_orders("alice", ORDERS, price=price.quantize(Decimal("0.01")), quantity=QUANTITY)


def _prepare_reader(page: "Page") -> str:
    """Focus a row and scroll, as a person does who reads."""
    wait_for(lambda: page.locator("#rows .order").count() >= ORDERS, "all orders", PATIENCE)
    page.evaluate("document.querySelectorAll('#rows .order')[20].focus()")
    page.evaluate("scrollTo(0, 300)")
    return str(page.evaluate(FOCUSED))


def _read_after_collecting(session: "CDPSession") -> dict[str, float]:
    """Read them when only what is in use fills the memory."""
    session.send("HeapProfiler.collectGarbage")
    return read_metrics(session)


def read_metrics(session: "CDPSession") -> dict[str, float]:
    rows = session.send("Performance.getMetrics")["metrics"]
    return {row["name"]: row["value"] for row in rows}


def count_slow(gaps: Sequence[float]) -> int:
    return sum(gap > SLOW_FRAME_MS for gap in gaps)
