"""The pages in a real Chromium: requests, bytes over the wire, first paint, seconds until live.

Each page is opened in a browser without a cache, and then once more. The installation runs as
shipped, with its demo data, which are complete by then. For these visits Chromium without windows
is used where it is installed: to open a tab with windows takes two cores 0.4 s for any page. Then
the orders page stands a storm of updates (`storm_…`), and a list of 5,000 orders is scrolled
(`scroll_5000_…`), in Chromium with all its parts.
"""

import statistics
from collections.abc import Mapping, Sequence
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
class Times:
    """From the start of a navigation until the first paint, and until the dot is live."""

    paint_ms: float
    live_ms: float


def run(*, quick: bool, only: Sequence[str] = ()) -> Result:
    """Measure all pages, or the visits of `only` some: `--only orders markets`."""
    rounds = QUICK_ROUNDS if quick else ROUNDS
    paths = {name: path for name, path in PAGES.items() if not only or name in only}
    with run_installation() as ours:
        visits = _visit_pages(ours, paths, rounds)
        others = {} if only else _measure_work(ours, quick=quick)
    figures = {
        f"{page}_{name}": value for page, row in visits.items() for name, value in row.items()
    }
    return Result(
        title=f"Pages in Chromium, medians of {rounds} visits without a cache, and once more",
        columns=("page", "requests", "KB first", "KB again", "first paint ms", "live ms"),
        rows=[[page, *map(str, row.values())] for page, row in visits.items()],
        figures=figures
        | others
        | {name: figures[f"orders_{name}"] for name in ("first_paint_ms", "live_ms") if not only},
    )


def _visit_pages(
    ours: WholeInstallation, paths: Mapping[str, str], rounds: int
) -> dict[str, dict[str, float]]:
    """Visit each page in turn, so that a busy moment does not meet all visits of one."""
    with open_browser(has_windows=False) as browser:
        cookies = sign_in(browser, ours)
        ours.wait_until_calm()
        traffic = {
            name: _count_traffic(browser, ours, cookies, path) for name, path in paths.items()
        }
        times: dict[str, list[Times]] = {name: [] for name in paths}
        for _ in range(rounds):
            for name, path in paths.items():
                times[name].append(_time_visit(browser, ours, cookies, path))
    return {
        name: traffic[name]
        | {
            "first_paint_ms": round(statistics.median(one.paint_ms for one in times[name])),
            "live_ms": round(statistics.median(one.live_ms for one in times[name])),
        }
        for name in paths
    }


def _measure_work(ours: WholeInstallation, *, quick: bool) -> dict[str, float]:
    """Measure what the orders page stands, and look on all pages for what people cannot use."""
    with open_browser() as browser:
        cookies = sign_in(browser, ours)
        figures = _measure_orders_page(browser, ours, cookies, quick=quick)
        violations = axe.count_violations(browser, ours.url, cookies, PAGES.values())
        operator = sign_in(browser, ours, "operator")
        violations += axe.count_violations(browser, ours.url, operator, CONSOLE)
    by_finding = {f"axe_{name.replace(' ', '_')}": count for name, count in violations.items()}
    return figures | {"axe_violations": violations.total(), **by_finding}


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


def _count_traffic(
    browser: "Browser", ours: WholeInstallation, cookies: list[Any], path: str
) -> dict[str, float]:
    """Count requests and bytes of a first visit, and bytes of the next one."""
    context = open_window(browser, ours, cookies)
    first, again = (_list_received(context, path) for _ in range(2))
    context.close()
    return {
        "requests": len(first),
        "kb_first": round(sum(first) / 1000, 1),
        "kb_again": round(sum(again) / 1000, 1),
    }


def _list_received(context: "BrowserContext", path: str) -> list[float]:
    """List the encoded bytes of each answer of a page, headers included."""
    page, received = context.new_page(), list[float]()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    _open_page(page, path)
    page.close()
    return received


def _time_visit(
    browser: "Browser", ours: WholeInstallation, cookies: list[Any], path: str
) -> Times:
    """Open a page without a cache, and with nothing that listens to its requests."""
    context = open_window(browser, ours, cookies)
    context.add_init_script(NOTE_LIVE)
    page = context.new_page()
    _open_page(page, path)
    times = Times(page.evaluate(READ_PAINT), page.evaluate("window.liveAt"))
    context.close()
    return times


def _open_page(page: "Page", path: str) -> None:
    page.goto(path, wait_until="load")
    page.wait_for_selector("#dot[data-state=live]")
    wait_for(lambda: page.evaluate(READ_PAINT), "the first paint", 10)
