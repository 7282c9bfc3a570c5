"""The pages in a real Chromium: requests, bytes over the wire, first paint, seconds until live.

Each page is opened in a browser without a cache, and then once more. The installation runs as
shipped, with its demo data, which are complete by then. Where it is installed, Chromium without
windows is used: to open a tab with windows takes two cores 0.4 s for any page. At the end the
orders page stands a storm of updates (`storm_…`), and a list of 5,000 orders is scrolled
(`scroll_5000_…`).
"""

import statistics
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from bench import Result
from bench.support import axe
from bench.support.browser import open_browser, open_window, sign_in
from bench.support.page_scroll import measure_scroll
from bench.support.page_storm import measure_storm
from bench.support.whole_installation import WholeInstallation, run_installation, wait_for

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

ROUNDS, QUICK_ROUNDS = 5, 1
PAGES: Final = {
    "orders": "/orders/",
    "bots": "/bots/",
    "portfolio": "/portfolio/",
    "markets": "/markets/",
    "holdings": "/holdings/",
    "signals": "/signals/",
    "keys": "/keys/",
    "notifications": "/notifications/",
    "logs": "/logs/",
}
# Pages of operators, on which axe-core looks for what some people cannot use.
CONSOLE: Final = (
    *("/operations/", "/operations/venues/", "/operations/streams/", "/operations/queues/"),
    *("/operations/figures/", "/operations/sockets/", "/operations/logs/", "/operations/audit/"),
    *("/operations/messages/", "/operations/backups/", "/operations/users/"),
    *("/operations/markets/", "/api/docs/", "/api/docs/?tag=orders", "/admin/"),
)
# The dot is live when the socket is; the time counts from the start of the navigation.
NOTE_LIVE: Final = """
const isLive = () => document.querySelector("#dot[data-state=live]");
new MutationObserver(() => {
  if (!window.liveAt && isLive()) window.liveAt = performance.now();
}).observe(document, { subtree: true, childList: true, attributes: true });
"""
READ_PAINT: Final = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0"


@dataclass(frozen=True, slots=True)
class Visit:
    """One opening of a page."""

    requests: int
    kilobytes: float
    paint_ms: float
    live_ms: float


def run(*, quick: bool) -> Result:
    rounds = QUICK_ROUNDS if quick else ROUNDS
    with run_installation() as ours, open_browser() as browser:
        cookies = sign_in(browser, ours)
        ours.wait_until_calm()
        visits = {
            name: [_visit_twice(browser, ours, cookies, path) for _ in range(rounds)]
            for name, path in PAGES.items()
        }
        storm = _measure_orders_page(browser, ours, cookies, quick=quick)
        violations = axe.count_violations(browser, ours.url, cookies, PAGES.values())
        operator = sign_in(browser, ours, "operator")
        violations += axe.count_violations(browser, ours.url, operator, CONSOLE)
    figures = {
        f"{page}_{name}": value
        for page, pairs in visits.items()
        for name, value in _summarise_visits(pairs).items()
    }
    return Result(
        title=f"Pages in Chromium, medians of {rounds} visits without a cache, and once more",
        columns=("page", "requests", "KB first", "KB again", "first paint ms", "live ms"),
        rows=[
            [page, *map(str, _summarise_visits(pairs).values())] for page, pairs in visits.items()
        ],
        figures=figures
        | storm
        | {
            "axe_violations": violations.total(),
            **{f"axe_{finding.replace(' ', '_')}": count for finding, count in violations.items()},
            "first_paint_ms": figures["orders_first_paint_ms"],
            "live_ms": figures["orders_live_ms"],
        },
    )


def _measure_orders_page(
    browser: "Browser", ours: WholeInstallation, cookies: list[Any], *, quick: bool
) -> dict[str, float]:
    """Measure the storm, then the long list, each in a context of its own."""
    figures: dict[str, float] = {}
    for measure in (partial(measure_storm, quick=quick), measure_scroll):
        context = open_window(browser, ours, cookies)
        figures |= measure(context, ours)
        context.close()
    return figures


def _summarise_visits(pairs: list[tuple[Visit, Visit]]) -> dict[str, float]:
    firsts, seconds = zip(*pairs, strict=True)
    return {
        "requests": statistics.median(visit.requests for visit in firsts),
        "kb_first": round(statistics.median(visit.kilobytes for visit in firsts), 1),
        "kb_again": round(statistics.median(visit.kilobytes for visit in seconds), 1),
        "first_paint_ms": round(statistics.median(visit.paint_ms for visit in firsts)),
        "live_ms": round(statistics.median(visit.live_ms for visit in firsts)),
    }


def _visit_twice(
    browser: "Browser", ours: WholeInstallation, cookies: list[Any], path: str
) -> tuple[Visit, Visit]:
    context = open_window(browser, ours, cookies)
    context.add_init_script(NOTE_LIVE)
    try:
        return _visit_page(context, path), _visit_page(context, path)
    finally:
        context.close()


def _visit_page(context: "BrowserContext", path: str) -> Visit:
    page = context.new_page()
    received = _count_bytes(context, page)
    page.goto(path, wait_until="load")
    page.wait_for_selector("#dot[data-state=live]")
    wait_for(lambda: page.evaluate(READ_PAINT), "the first paint", 10)
    live = page.evaluate("window.liveAt")
    visit = Visit(len(received), sum(received) / 1000, page.evaluate(READ_PAINT), live)
    page.close()
    return visit


def _count_bytes(context: "BrowserContext", page: "Page") -> list[float]:
    """Collect the encoded bytes of each answer of the page, headers included."""
    received: list[float] = []
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    return received
