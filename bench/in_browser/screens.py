"""Take the pictures of docs/screens anew: each page as the demo's users see it.

Each page is seen light at 1400 px; the pages of a trader's day also dark, and on a phone.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bench import Result
from bench.support.browser import open_browser, open_window, save_picture, sign_in
from bench.support.whole_installation import WholeInstallation, run_installation, wait_for
from config.launcher.home import BASE

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

FOLDER: Final = BASE / "docs" / "screens"
TRADES_FIRST, QUICK_TRADES_FIRST = 25, 1  # so many filled orders before the first picture
SIZES: Final = {"light": (1400, 900), "dark": (1400, 900), "phone": (390, 780)}
ALL: Final = ("light", "dark", "phone")
LIGHT: Final = ("light",)


@dataclass(frozen=True, slots=True)
class Screen:
    """A page, and the looks in which its picture is taken."""

    name: str
    path: str
    looks: tuple[str, ...] = LIGHT
    user: str = "alice"


SIGN_IN: Final = Screen("sign-in", "/sign-in/", user="")
TRADERS: Final = (
    Screen("orders", "/orders/", ALL),
    Screen("place-order", "/orders/new/?symbol=BTC/USDT", ("light", "phone")),
    Screen("order", "/orders/{order}/", ALL),
    Screen("markets", "/markets/", ("light", "phone")),
    Screen("market", "/markets/binance.spot.paper:BTC/USDT/", ("light", "dark")),
    Screen("holdings", "/holdings/"),
    Screen("portfolio", "/portfolio/", ALL),
    Screen("bots", "/bots/", ("light", "phone")),
    Screen("bot", "/bots/{bot}/", ALL),
    Screen("new-bot", "/bots/new/"),
    Screen("backtests", "/backtests/"),
    Screen("signals", "/signals/"),
    Screen("keys", "/keys/"),
    Screen("notifications", "/notifications/"),
    Screen("notification-settings", "/notifications/settings/"),
    Screen("alert-rules", "/alerts/rules/"),
    Screen("reports", "/reports/"),
    Screen("preferences", "/preferences/"),
    Screen("sessions", "/sessions/"),
    Screen("api-tokens", "/api-tokens/"),
    Screen("changes", "/account/changes/"),
    Screen("api-reference", "/api/docs/", ("light", "dark")),
)
OPERATORS: Final = tuple(
    Screen(name, path, looks, "operator")
    for name, path, looks in (
        ("console", "/operations/", ALL),
        ("console-venues", "/operations/venues/", LIGHT),
        ("console-streams", "/operations/streams/", LIGHT),
        ("console-queues", "/operations/queues/", LIGHT),
        ("console-figures", "/operations/figures/", ("light", "dark")),
        ("console-sockets", "/operations/sockets/", LIGHT),
        ("console-logs", "/operations/logs/", LIGHT),
        ("console-alerts", "/operations/alerts/", LIGHT),
        ("console-audit", "/operations/audit/", LIGHT),
        ("console-messages", "/operations/messages/", LIGHT),
        ("console-backups", "/operations/backups/", LIGHT),
        ("console-users", "/operations/users/", LIGHT),
        ("console-markets", "/operations/markets/", LIGHT),
        ("admin", "/admin/", ("light", "dark")),
    )
)


def run(*, quick: bool) -> Result:
    FOLDER.mkdir(exist_ok=True)
    taken: list[Path] = []
    with run_installation() as ours, open_browser() as browser:
        ids = _wait_for_trades(ours, QUICK_TRADES_FIRST if quick else TRADES_FIRST)
        taken += _take_pictures(browser, ours, [], (SIGN_IN,), ids)
        taken += _take_pictures(browser, ours, sign_in(browser, ours), TRADERS, ids)
        taken += _take_pictures(browser, ours, sign_in(browser, ours, "operator"), OPERATORS, ids)
    for old in set(FOLDER.glob("*.webp")) - set(taken):
        old.unlink()
    (FOLDER / "README.md").write_text(_write_index())
    sizes = {path.stem: path.stat().st_size / 1000 for path in taken}
    return Result(
        title="Pictures of docs/screens",
        columns=("picture", "KB"),
        rows=[[name, f"{size:.0f}"] for name, size in sizes.items()],
        figures={"pictures": len(sizes), "kilobytes": round(sum(sizes.values()))},
    )


def _wait_for_trades(ours: WholeInstallation, count: int) -> dict[str, int]:
    """Wait until the demo's bots have traded; return a filled order and its bot."""

    def list_filled() -> list[dict[str, Any]]:
        orders = ours.ask("alice", "GET", "orders/?status=filled&limit=100")["results"]
        return [order for order in orders if order["bot"]]

    wait_for(lambda: len(list_filled()) >= count, "the trades of the demo's bots", 900)
    order = list_filled()[0]
    return {"order": order["id"], "bot": order["bot"]}


def _take_pictures(
    browser: "Browser",
    ours: WholeInstallation,
    cookies: list[Any],
    screens: tuple[Screen, ...],
    ids: dict[str, int],
) -> Iterator[Path]:
    for look, (width, height) in SIZES.items():
        context = open_window(
            browser,
            ours,
            cookies,
            viewport={"width": width, "height": height},
            color_scheme="dark" if look == "dark" else "light",
            reduced_motion="reduce",
        )
        for screen in screens:
            if look in screen.looks:
                yield _take_picture(context, screen, look, screen.path.format(**ids))
        context.close()


def _take_picture(context: "BrowserContext", screen: Screen, look: str, path: str) -> Path:
    page = context.new_page()
    answer = page.goto(path, wait_until="networkidle" if path.startswith("/sign-in") else "load")
    if answer is None or not answer.ok:
        raise RuntimeError(f"{path} has no page to take a picture of")
    if page.query_selector("#dot"):
        page.wait_for_selector("#dot[data-state=live]")
    _wait_for_charts(page)
    target = FOLDER / (f"{screen.name}.webp" if look == "light" else f"{screen.name}-{look}.webp")
    save_picture(page, target)
    page.close()
    return target


def _wait_for_charts(page: "Page") -> None:
    """Wait until nothing on the page changes its size any more: charts are drawn at the end."""
    sizes: list[float] = []
    measure = "document.documentElement.scrollHeight + document.querySelectorAll('canvas').length"

    def is_still() -> bool:
        sizes.append(page.evaluate(measure))
        return len(sizes) > 10 and len(set(sizes[-10:])) == 1

    wait_for(is_still, "a page at rest", 20)


def _write_index() -> str:
    lines = [
        "# Pages",
        "",
        "Taken by `python -m bench screens` of the demo that `make run` starts.",
    ]
    for title, screens in (
        ("Traders", (SIGN_IN, *TRADERS)),
        ("Operators", OPERATORS),
    ):
        lines += ["", f"## {title}"]
        for screen in screens:
            name = re.sub("-", " ", screen.name)
            lines += ["", f"### {name[0].upper()}{name[1:]}", ""]
            for look in screen.looks:
                file = screen.name if look == "light" else f"{screen.name}-{look}"
                lines += [f"![{name}, {look}]({file}.webp)"]
    return "\n".join(lines) + "\n"
