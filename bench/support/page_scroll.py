"""The list of 5,000 orders: how fast it opens and goes on, and how smoothly it scrolls.

Where it goes on more slowly than PATIENCE, what is there by then is scrolled: `scroll_5000_rows`
says how many rows that were. `scroll_5000_main_ms` is what a frame costs the page's own thread:
the other figures are those of the machine too, which draws without a graphics card.
"""

import time
from typing import TYPE_CHECKING, Any, Final

from bench import percentile
from bench.support.many_orders import add_ended_orders
from bench.support.page_storm import SCRIPT, count_slow, read_metrics
from bench.support.whole_installation import WholeInstallation

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

ORDERS: Final = 5000
MOST_ROWS: Final = 5000  # as orders/static/orders/more_orders.js has it
PATIENCE: Final = 120.0
STEP_MS: Final = 200
SCROLL_MS: Final = 2000  # as page_storm.js has it
COUNT: Final = "document.querySelectorAll('.orders .order').length"


def measure_scroll(context: "BrowserContext", ours: WholeInstallation) -> dict[str, float]:
    """Return the figures of one long list, each named `scroll_5000_…`."""
    add_ended_orders(ours, "alice", ORDERS)
    context.add_init_script(path=SCRIPT)
    page = context.new_page()
    began = time.monotonic()
    page.goto("/orders/?status=all")
    page.wait_for_selector("#dot[data-state=live]")
    opened = time.monotonic()
    _load_rows(page, opened + PATIENCE)
    loaded = time.monotonic()
    session = context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})  # not the time of others
    before = read_metrics(session)
    scrolling: Any = page.evaluate("scrollTable()")
    busy = read_metrics(session)["TaskDuration"] - before["TaskDuration"]
    page.close()
    gaps = scrolling["gaps"] or [SCROLL_MS]  # not one frame in time
    return {
        "scroll_5000_rows": scrolling["rows"],
        "scroll_5000_live_ms": round((opened - began) * 1000),
        "scroll_5000_load_seconds": round(loaded - opened, 1),
        "scroll_5000_fps": round(len(gaps) / sum(gaps) * 1000, 1),
        "scroll_5000_p99_ms": round(percentile(gaps, 99)),
        "scroll_5000_main_ms": round(busy * 1000 / len(gaps), 1),
        "scroll_5000_longest_frame_ms": round(max(gaps)),
        "scroll_5000_slow_frames": count_slow(gaps),
    }


def _load_rows(page: "Page", until: float) -> None:
    """Go to the end of the list until it no longer goes on by itself, or the time is up."""
    while _count_rows(page) < MOST_ROWS and time.monotonic() < until:
        page.wait_for_timeout(STEP_MS)


def _count_rows(page: "Page") -> int:
    """Count the rows after going to the end of the list, where the next page is asked for."""
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    return int(page.evaluate(COUNT))
