"""Worker, web and Valkey are killed with -9 in the middle of fills: what is lost or doubled."""

import random
import threading
import time
from collections import Counter
from decimal import Decimal
from typing import Any

from bench import Result
from bench.support.tabs import TimedTab, open_tabs
from bench.support.whole_installation import WholeInstallation, run_installation, wait_for

FILLS, QUICK_FILLS = 200, 60
ORDERS_EACH = 5
USERS = ("alice", "bob")
SOCKETS_EACH = 3
VICTIMS = ("worker", "web", "valkey")
PRICE = Decimal(30000)  # far below the market; no other order of the installation has it
PACE = 0.15  # seconds between two fills


def run(*, quick: bool) -> Result:
    number = QUICK_FILLS if quick else FILLS
    with run_installation() as ours, open_tabs(ours, list(USERS * SOCKETS_EACH)) as tabs:
        ours.control("POST", "walk", paused=True)
        names = _place_orders(ours, tabs, parts=number // (ORDERS_EACH * len(USERS)))
        killer = threading.Thread(target=_kill_parts, args=(ours, number * PACE))
        killer.start()
        for name in random.Random(7).sample(names, len(names)):  # noqa: S311 (the same each time)
            ours.control("POST", "fill", clientOrderId=name, quantity="0.001", symbol="BTCUSDT")
            time.sleep(PACE)
        killer.join()
        ended = time.monotonic()
        wait_for(lambda: _all_agree(ours, tabs), "agreement of all", 90)
        seconds = time.monotonic() - ended
        return _build_result(ours, tabs, len(names), seconds)


def _kill_parts(ours: WholeInstallation, seconds: float) -> None:
    """Kill parts one by one, spread over the fills; the launcher restarts each."""
    for victim in VICTIMS:
        time.sleep(seconds / (len(VICTIMS) + 1))
        ours.parts()[victim].kill()


def _place_orders(ours: WholeInstallation, tabs: list[TimedTab], parts: int) -> list[str]:
    names = []
    for user in USERS:
        quantity = Decimal("0.001") * parts
        for order in ours.place_orders(user, ORDERS_EACH, price=PRICE, quantity=quantity):
            names += [order["client_order_id"]] * parts
    wait_for(lambda: set(names) <= _find_resting(tabs), "every order at the venue", 60)
    return names


def _find_resting(tabs: list[TimedTab]) -> set[str]:
    updates = (frame["data"] for tab in tabs for frame in tab.events if "status" in frame["data"])
    return {data["client_order_id"] for data in updates if data["status"] == "new"}


def _all_agree(ours: WholeInstallation, tabs: list[TimedTab]) -> bool:
    """Tell whether none of our orders is open and every socket has its user's newest event."""
    try:
        heads = {user: ours.ask(user, "GET", "snapshot/") for user in USERS}
    except OSError:
        return False  # the web process is coming back
    resting = [
        o for head in heads.values() for o in head["orders"] if Decimal(o["price"] or 0) == PRICE
    ]
    heard = all(
        tab.events and tab.events[-1]["seq"] == heads[tab.user]["stream"]["seq"] for tab in tabs
    )
    return heard and not resting


def _build_result(
    ours: WholeInstallation, tabs: list[TimedTab], made: int, seconds: float
) -> Result:
    trades = [_fetch_pages(ours, user, "fills/") for user in USERS]
    recorded = [fill for fills in trades for fill in fills if Decimal(fill["price"]) == PRICE]
    orders = {user: {o["id"]: o for o in _fetch_pages(ours, user, "orders/")} for user in USERS}
    figures = {
        "fills_made": made,
        "fills_recorded": len(recorded),
        "fills_doubled": len(recorded) - len({fill["trade_id"] for fill in recorded}),
        "events_heard": sum(len(tab.events) for tab in tabs),
        "events_lost": sum(_count_lost(tab) for tab in tabs),
        "events_doubled": sum(_count_doubled(tab) for tab in tabs),
        "events_of_others": sum(_of_others(tab, orders) for tab in tabs),
        "clients": len(tabs),
        "clients_that_disagree": sum(not _matches_database(tab, orders[tab.user]) for tab in tabs),
        "reconnects": sum(_count_connections(tab) - 1 for tab in tabs),
        "seconds_to_agree": round(seconds, 1),
    }
    return Result(
        title="Worker, web and Valkey killed with -9, in turn, in the middle of fills",
        figures=figures,
    )


def _fetch_pages(ours: WholeInstallation, user: str, path: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    path = f"{path}?limit=200"
    while path:
        page = ours.ask(user, "GET", path)
        found += page["results"]
        path = (page["next"] or "").partition("/api/v1/")[2]
    return found


def _count_lost(tab: TimedTab) -> int:
    numbers: set[int] = {frame["seq"] for frame in tab.events}
    return max(numbers) - min(numbers) + 1 - len(numbers)


def _count_doubled(tab: TimedTab) -> int:
    return sum(count - 1 for count in Counter(frame["seq"] for frame in tab.events).values())


def _of_others(tab: TimedTab, orders: dict[str, dict[int, Any]]) -> int:
    named = [f["data"].get("order", f["data"]["id"]) for f in tab.events if _is_of_orders(f)]
    return sum(number not in orders[tab.user] for number in named)


def _is_of_orders(frame: dict[str, Any]) -> bool:
    return frame["type"] in ("order_update", "order_filled", "trade")


def _matches_database(tab: TimedTab, orders: dict[int, Any]) -> bool:
    """Folding what was heard gives what the database has, but for the freshness."""
    folded = {f["data"]["id"]: f["data"] for f in tab.events if f["type"] == "order_update"}
    ours = {number for number, order in orders.items() if Decimal(order["price"] or 0) == PRICE}
    return ours <= folded.keys() and all(
        orders[number] | {"checked_at": None} == data | {"checked_at": None}
        for number, data in folded.items()
    )


def _count_connections(tab: TimedTab) -> int:
    return sum(frame["type"] == "live" for _, frame in tab.frames)
