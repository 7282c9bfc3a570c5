"""Five tasks of a day, done by hand in a real Chromium: clicks, keys and seconds of each.

Each begins on the orders page, signed in. A key is one press; a field that is chosen by the mouse
costs a click, and so does each look behind a fold. FreqUI's column was counted in its source
(BotControls, ForceEntryForm, TradeDetail, HourlyChart): no measurement of ours, without seconds.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from bench import Result
from bench.support.browser import open_browser, open_window, sign_in
from bench.support.whole_installation import WholeInstallation, run_installation, wait_for

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PAIR: Final = "BTCUSDT"
WINDOW: Final = {"width": 1400, "height": 900}
BAN_SECONDS: Final = 120


class CountedHands:
    """A tab that counts the clicks and keys that were needed in it."""

    def __init__(self, page: "Page") -> None:
        self.page = page
        self.clicks = 0
        self.keys = 0

    def click(self, selector: str) -> None:
        self.page.click(selector)
        self.clicks += 1

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)
        self.keys += 1

    def type_text(self, text: str) -> None:
        self.page.keyboard.type(text)
        self.keys += len(text)

    def wait_for_text(self, selector: str) -> None:
        self.page.wait_for_selector(selector)


@dataclass(frozen=True, slots=True)
class Task:
    """Something that a trader wants to know or do, and what it takes in FreqUI."""

    name: str
    prepare: Callable[[WholeInstallation], Any]
    perform: Callable[[CountedHands, Any], None]
    in_frequi: str


def run(*, quick: bool) -> Result:
    """Do each task once: a count is the same in each round."""
    rows: list[list[str]] = []
    figures: dict[str, float] = {}
    with run_installation() as ours, open_browser() as browser:
        cookies = sign_in(browser, ours)
        for task in TASKS:
            hands, seconds = _perform_task(browser, ours, cookies, task)
            counts = [str(hands.clicks), str(hands.keys), f"{seconds:.1f}"]
            rows.append([task.name, *counts, task.in_frequi])
            name = task.name.replace(" ", "_")
            figures[f"{name}_clicks"] = hands.clicks
            figures[f"{name}_keys"] = hands.keys
            figures[f"{name}_seconds"] = round(seconds, 1)
    return Result(
        title="Five tasks, from the orders page",
        columns=("task", "clicks", "keys", "seconds", "in FreqUI"),
        rows=rows,
        figures=figures,
    )


def _perform_task(
    browser: "Browser", ours: WholeInstallation, cookies: list[Any], task: Task
) -> tuple[CountedHands, float]:
    prepared = task.prepare(ours)
    context = open_window(browser, ours, cookies, viewport=WINDOW)
    page = context.new_page()
    page.goto("/orders/")
    page.wait_for_selector("#dot[data-state=live]")
    hands = CountedHands(page)
    began = time.monotonic()
    task.perform(hands, prepared)
    seconds = time.monotonic() - began
    context.close()
    return hands, seconds


# What each begins with


def _cancel_at_venue(ours: WholeInstallation) -> int:
    """Place an order here, cancel it at the venue, and return its id."""
    price = Decimal(_read_price(ours) * 9 // 10)
    placed = ours.place_orders("alice", 1, price=price, quantity=Decimal("0.01"))[0]

    def has_status(status: str) -> bool:
        order = ours.ask("alice", "GET", f"orders/{placed['id']}/")
        return bool(order["status"] == status)

    wait_for(lambda: has_status("new"), "an open order")
    ours.control("POST", "cancel", symbol=PAIR, clientOrderId=placed["client_order_id"])
    wait_for(lambda: has_status("canceled"), "a cancelled order")
    return int(placed["id"])


def _read_price(ours: WholeInstallation) -> int:
    return int(Decimal(ours.control("GET", "state")["prices"][PAIR]))


def _find_running_bot(ours: WholeInstallation) -> int:
    bots = ours.ask("alice", "GET", "bots/")["results"]
    return int(next(bot["id"] for bot in bots if bot["mode"] == "running"))


def _close_trade(ours: WholeInstallation) -> int:
    """Let the price fall, then rise, until a bot has sold what it bought; return the bot."""

    def list_sales(status: str) -> list[int]:
        path = f"orders/?status={status}&side=sell&symbol=BTC/USDT&limit=100"
        orders = ours.ask("alice", "GET", path)["results"]
        return [order["bot"] for order in orders if order["bot"]]

    if not list_sales("filled"):
        ours.control("POST", "move", symbol=PAIR, percent="-1")
        wait_for(lambda: list_sales("new"), "a bot that offers what it bought")
        ours.control("POST", "move", symbol=PAIR, percent="2")
        wait_for(lambda: list_sales("filled"), "a filled sale of a bot")
    return list_sales("filled")[0]


def _ban_everybody(ours: WholeInstallation) -> None:
    ours.control("POST", "faults", kind="ban", seconds=BAN_SECONDS, match={"venue": "binance"})


# What is done by hand


def _find_cancel_reason(hands: CountedHands, order: int) -> None:
    hands.click(f"#order-{order} .symbol a")
    hands.wait_for_text("#detail:has-text('By hand at the exchange')")


def _place_bracket(hands: CountedHands, price: int) -> None:
    """Buy a tenth below the price, with the profit taken at the price and a stop a fifth below."""
    entry, stop = price * 9 // 10, price * 8 // 10
    while not hands.page.query_selector(".order:focus .symbol a:text-is('BTC/USDT')"):
        hands.press("j")
    hands.press("n")  # its symbol and key are filled in, and the amount has the focus
    hands.wait_for_text("#dialog [name=quantity]:focus")
    hands.type_text("0.01")
    hands.click("#dialog [name=price]")
    hands.type_text(str(entry))
    hands.click("#dialog .exits summary")
    for name, text in (("take_profit", str(price)), ("stop_loss", str(stop))):
        hands.click(f"#dialog [name={name}]")
        hands.type_text(text)
    hands.press("Enter")
    hands.wait_for_text(f".order[data-status=new]:has-text('{entry:,}')")


def _stop_bot(hands: CountedHands, bot: int) -> None:
    hands.click("nav a[href='/bots/']")
    hands.click(f"#bot-{bot} button:has-text('Stop')")
    hands.wait_for_text(f"#bot-{bot}[data-mode=stopped]")


def _find_banned(hands: CountedHands, _: None) -> None:
    hands.wait_for_text("#waiting:has-text('nothing is sent there')")


def _find_worst_hour(hands: CountedHands, bot: int) -> None:
    hands.click("nav a[href='/bots/']")
    hands.click(f"#bot-{bot} .name a")
    # A new demo has traded in one hour alone, and an hour that won is never called the worst.
    hands.wait_for_text("#hours p:text-matches('(Best|Worst): ')")


TASKS: Final = (
    Task("why cancelled", _cancel_at_venue, _find_cancel_reason, "not told: no reason is kept"),
    Task(
        "bracket order",
        _read_price,
        _place_bracket,
        "6 clicks, about 20 keys: the entry; exits are its strategy's",
    ),
    Task("worst hour", _close_trade, _find_worst_hour, "read off a chart of 24 hours"),
    Task("stop a bot", _find_running_bot, _stop_bot, "2 clicks; the whole process stops"),
    Task("what a ban affects", _ban_everybody, _find_banned, "not told"),
)
