"""`manage.py watch`: somebody's stream in a terminal."""

import asyncio
import json
import os
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from rich.console import Console

from exchanges.models import Symbol
from realtime import prices, redis, streams
from realtime.client.terminal import TerminalScreen
from realtime.management.commands.watch import UserWatch
from realtime.shapes.events import OrderData
from tests.fork_server import PythonCommand
from tests.realtime.socket.wire import write
from tests.realtime.test_prices import BTC
from tests.realtime.test_prices import price as live_price
from tests.services import process_environment, wait_until
from users.models import User


def order(number: int, **more: Any) -> OrderData:
    values: dict[str, Any] = {
        "id": number,
        "version": 1,
        "key": 1,
        "key_label": "main",
        "venue": "binance",
        "market": "spot",
        "simulated": True,
        "bot": None,
        "bot_name": None,
        "symbol": "BTC/USDT",
        "side": "buy",
        "type": "limit",
        "time_in_force": "GTC",
        "price": "60000.5",
        "trigger_price": None,
        "take_profit_price": None,
        "trailing_percent": None,
        "good_till": None,
        "reduce_only": False,
        "position_side": None,
        "closes_position": False,
        "group": None,
        "leverage": None,
        "quantity": "0.1",
        "quote_amount": None,
        "filled": "0",
        "remaining": "0.1",
        "average_price": None,
        "cost": "0",
        "fees": {},
        "lacks_fees": False,
        "status": "new",
        "origin": "fillwatch",
        "client_order_id": "x",
        "exchange_order_id": None,
        "placed_by": None,
        "cancel_requested": False,
        "amend_price": None,
        "amend_quantity": None,
        "amend_trigger_price": None,
        "created_at": "2026-01-01T00:00:00Z",
        "submitted_at": None,
        "checked_at": None,
        "ended_at": None,
        "ended_by": "",
        "ended_reason": "",
    }
    made: Any = values | more
    return made  # type: ignore[no-any-return]


NOW = datetime(2026, 1, 1, 10, 11, 20, tzinfo=UTC)


def screen_of(user: str = "ada", **more: Any) -> TerminalScreen:
    return TerminalScreen(user, **{"now": lambda: NOW} | more)


def drawn(screen: TerminalScreen) -> str:
    console = Console(width=140)
    with console.capture() as capture:
        console.print(screen.draw_screen())
    return capture.get()


def frame(kind: str, data: Any, **more: Any) -> dict[str, Any]:
    return {"type": kind, "data": data, **more}


def price(**more: Any) -> dict[str, Any]:
    data = {
        "instrument": "binance.spot.paper:BTC/USDT",
        "simulated": True,
        "last": "60000",
        "bid": "59999",
        "ask": None,
        "at": "2026-01-01T10:11:18Z",
        "stale": False,
    }
    return frame("price_update", data | more)


def test_an_order_as_it_changes() -> None:
    screen = screen_of()
    screen.set_state("live", "at 4")
    screen.apply_frame(frame("order_update", order(7), seq=5))
    assert "live  at 5" in drawn(screen)
    assert "60000.5" in drawn(screen)
    assert "main (SIMULATED)" in drawn(screen)
    screen.apply_frame(
        frame("order_update", order(7, version=3, status="filled", filled="0.1"), seq=6)
    )
    screen.apply_frame(
        frame("order_update", order(7, version=2, status="new"), seq=7)
    )  # a late repeat
    assert "filled" in drawn(screen)


def test_ended_orders_do_not_add_up_over_weeks() -> None:
    screen = screen_of()
    screen.replace_orders([dict(order(1))])
    for number in range(2, 200):
        screen.apply_frame(frame("order_update", order(number)))
        screen.apply_frame(frame("order_update", order(number, version=2, status="filled")))
    assert "and 1 more" in drawn(screen)  # the open one, below thirty that ended


@pytest.mark.parametrize("kind", ["key_deleted", "key_unshared"])
def test_orders_go_with_their_key(kind: str) -> None:
    screen = screen_of()
    screen.replace_orders([dict(order(7, key_label="mine")), dict(order(8, key=2))])
    screen.apply_frame(frame(kind, {"id": 2}, seq=5))
    assert "mine" in drawn(screen)
    assert "main" not in drawn(screen)


def test_freshness_without_a_change() -> None:
    screen = screen_of()
    screen.replace_orders([dict(order(7))])
    assert "never" in drawn(screen)
    checked = {"orders": [7, 8], "checked_at": "2026-01-01T10:11:12Z"}
    screen.apply_frame(frame("orders_checked", checked))
    assert "8.0 s ago" in drawn(screen)


def test_what_is_not_live_says_since_when() -> None:
    moments = [NOW]
    screen = screen_of(now=lambda: moments[-1])
    screen.replace_orders([dict(order(7))])
    screen.set_state("live", "at 4")
    assert "what is shown" not in drawn(screen)
    screen.set_state("waiting", "", NOW.timestamp() + 5)
    moments.append(NOW + timedelta(seconds=3))
    text = drawn(screen)
    assert "reconnecting in 2 s" in text
    assert "what is shown was true 3.0 s ago, at 10:11:20 UTC" in text


def test_a_silent_line_is_not_called_live() -> None:
    screen = screen_of(heard_at=lambda: NOW.timestamp() - 31)
    screen.set_state("live", "at 4")
    assert "delayed  nothing was heard for 31 s" in drawn(screen)


def test_prices_with_their_age() -> None:
    screen = screen_of()
    screen.apply_frame(price())
    assert "binance.spot.paper:BTC/USDT (SIMULATED)" in drawn(screen)
    assert "2.0 s ago" in drawn(screen)
    book = {"bid": "59990", "ask": "60010", "at": "2026-01-01T10:11:19Z"}
    screen.apply_frame(price(**book) | {"type": "book_update"})
    assert "60010" in drawn(screen)
    screen.apply_frame(price(stale=True))
    assert "2.0 s ago, stale" in drawn(screen)


def test_whatever_else_is_heard_has_a_line() -> None:
    screen = screen_of()
    screen.apply_frame(frame("key_deleted", {"id": 4}, seq=8))
    assert "10:11:20  key_deleted  id 4" in drawn(screen)


def test_labels_are_words_not_orders() -> None:
    screen = screen_of()
    screen.replace_orders([dict(order(7, key_label="[/bold]\x1b[2Jmine"))])
    text = drawn(screen)
    assert "[/bold]" in text
    assert "\x1b[2J" not in text


def watch(*text: str) -> PythonCommand:
    command = [sys.executable, "manage.py", "watch", *text]
    return PythonCommand(command, os.environ | process_environment())


@pytest.mark.parametrize("more", [["--json"], []])
def test_it_shows_events_and_stops(
    web: str, transactional_db: None, user: User, more: list[str]
) -> None:
    process = watch("ada", "--url", web, "--count", "2", *more)

    def nudge() -> bool:
        """It takes a while to connect, and then begins with what comes."""
        with streams.unit() as unit:
            unit.event(user_id=user.pk, type="order_update", data=order(7))
        return process.poll() is not None

    wait_until(nudge, every=0.2, what="the watch has seen two events")
    ended = process.wait_end()
    assert ended.returncode == 0, ended.stderr
    if more:
        frames = [json.loads(line) for line in ended.stdout.splitlines()]
        first, second = (frame["seq"] for frame in frames if "seq" in frame)
        assert second == first + 1
    else:
        assert "BTC/USDT" in ended.stdout


def test_through_another_endpoint_and_behind_a_position(
    web: str, transactional_db: None, user: User
) -> None:
    write(user, 1, 2)
    epoch = streams.fetch_head(user.pk).epoch
    text = ["--door", "trading", "--topic", "keys", "--since", f"{epoch}:1", "--json"]
    process = watch("ada", "--url", web, "--count", "1", *text)
    ended = process.wait_end()
    assert ended.returncode == 0, ended.stderr
    first = json.loads(ended.stdout.splitlines()[0])
    assert (first["type"], first["seq"]) == ("key_update", 2)


def test_prices_of_instruments(web: str, transactional_db: None, user: User) -> None:
    steps = dict.fromkeys(("price_step", "quantity_step", "min_quantity", "min_cost"), 1)
    names = {"name": "BTC/USDT", "base": "BTC", "quote": "USDT", "read_at": timezone.now()}
    Symbol.objects.create(venue="binance", market="spot", is_paper=True, **names, **steps)
    redis.redis_client().set(prices.FOLLOWED + "binance.spot.paper", "a process")
    prices.publish_changes([("price_update", live_price(BTC, 60_000))])
    process = watch("ada", "--url", web, "--prices", BTC, "--count", "1")
    ended = process.wait_end()
    assert ended.returncode == 0, ended.stderr
    assert f"{BTC} (SIMULATED)" in ended.stdout
    assert "60000" in ended.stdout


def test_a_token_is_had_after_the_database_was_away(transactional_db: None, user: User) -> None:
    options = {"user": "ada", "url": "http://127.0.0.1", "door": "all", "topic": None}
    watching = UserWatch({**options, "prices": [], "since": None, "count": 0})
    before = list_sessions()
    with asyncio.Runner() as runner:
        runner.run(watching._fetch_token())
        new = list(list_sessions() - before)  # the others belong to tests that come later
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pid) FROM unnest(%s::int[]) AS pid", [new])
        assert runner.run(watching._fetch_token())


def list_sessions() -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
        return {pid for (pid,) in cursor.fetchall()}


def test_words_that_are_no_position(transactional_db: None, user: User) -> None:
    process = watch("ada", "--since", "yesterday")
    ended = process.wait_end()
    assert ended.returncode == 1
    assert "'yesterday' is no position" in ended.stderr


def test_nobody_of_that_name(transactional_db: None, user: User) -> None:
    write(user, 1)
    process = watch("nobody")
    ended = process.wait_end()
    assert ended.returncode == 1
    assert "There is no user 'nobody'." in ended.stderr
