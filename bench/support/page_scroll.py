"""The list of all orders with 5,000 rows: how fast it opens, and how smoothly it scrolls."""

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from bench.support.many_orders import add_ended_orders
from bench.support.page_storm import SCRIPT, count_slow
from bench.support.whole_installation import WholeInstallation, wait_for

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

ROWS: Final = 5000
PATIENCE: Final = 120.0
COUNT: Final = "document.querySelectorAll('#rows .order').length"


def measure_scroll(context: "BrowserContext", ours: WholeInstallation) -> dict[str, float]:
    """Return the figures of one long list, each named `scroll_5000_…`."""
    add_ended_orders(ours, "alice", ROWS)
    context.add_init_script(path=SCRIPT)
    page = context.new_page()
    began = time.monotonic()
    page.goto("/orders/?status=all")
    page.wait_for_selector("#dot[data-state=live]")
    opened = time.monotonic()
    with suppress(TimeoutError):  # then `scroll_5000_rows` says how many there were
        wait_for(lambda: _count_rows(page) >= ROWS, "all rows", PATIENCE)
    loaded = time.monotonic()
    scrolling: Any = page.evaluate("scrollTable()")
    page.close()
    gaps = scrolling["gaps"]
    return {
        "scroll_5000_rows": scrolling["rows"],
        "scroll_5000_live_ms": round((opened - began) * 1000),
        "scroll_5000_load_seconds": round(loaded - opened, 1),
        "scroll_5000_fps": round(len(gaps) / sum(gaps) * 1000, 1),
        "scroll_5000_slow_frames": count_slow(gaps),
    }


def _count_rows(page: "Page") -> int:
    """Count the rows after going to the end of the list, where the next page is asked for."""
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    return int(page.evaluate(COUNT))
