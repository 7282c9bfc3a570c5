"""The examples of docs/clients.md do what they say, as they stand there, on the real server."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.test import Client
from django.utils import timezone

from config.launcher.home import BASE
from exchanges.models import ExchangeKey, Symbol
from realtime import prices, redis, streams
from tests.clients.test_node import can_run
from tests.conftest import PASSWORD
from tests.pages.conftest import Tab
from tests.realtime.socket.wire import token, write
from tests.realtime.test_prices import BTC, price
from tests.services import wait_until
from tests.trading import record_order
from users.models import User

if TYPE_CHECKING:
    from playwright.sync_api import Page

CLIENTS = BASE / "docs" / "clients.md"
EMPTY = "/static/fillwatch/tokens.css"  # a page of our origin without a stream of its own
SCRIPT = """
import { follow } from "./example.mjs";
const stream = follow(process.env.SERVER, JSON.parse(process.env.PAIR));
stream.on("state", ({ name, words }) => console.log(name, words ?? ""));
stream.on("key_update", (data, { seq }) => {
  console.log("event", seq);
  if (data.label === "the end") stream.stop();
});
"""


def read_example(name: str) -> str:
    found = re.search(rf"<!-- runs: {name} -->\n```\w+\n(.*?)```", CLIENTS.read_text(), re.DOTALL)
    assert found, f"no example {name} in {CLIENTS}"
    return found[1]


def run_in(page: "Page", name: str) -> None:
    body = read_example(name)
    page.route(
        "**/static/example.js",
        lambda route: route.fulfill(body=body, content_type="text/javascript"),
    )
    page.evaluate("import('/static/example.js')")


def wait_for_text(page: "Page", words: str) -> None:
    wait_until(lambda: words in page.inner_text("body"), what=f"{words!r} on the page")


@pytest.mark.browser
def test_a_page(tab: Tab, user: User, key: ExchangeKey) -> None:
    before = record_order(key)
    page = tab(user, EMPTY)
    run_in(page, "page")
    wait_for_text(page, f"live\n{before.pk} BTC/USDT pending")
    after = record_order(key)
    wait_for_text(page, f"{after.pk} BTC/USDT pending")


@pytest.mark.browser
def test_prices(tab: Tab, user: User) -> None:
    steps = dict.fromkeys(("price_step", "quantity_step", "min_quantity", "min_cost"), 1)
    names = {"name": "BTC/USDT", "base": "BTC", "quote": "USDT", "read_at": timezone.now()}
    Symbol.objects.create(venue="binance", market="spot", is_paper=True, **names, **steps)
    redis.redis_client().set(prices.FOLLOWED + "binance.spot.paper", "a process")
    prices.publish_changes([("price_update", price(BTC, 60_000))])
    page = tab(None, EMPTY)
    run_in(page, "prices")
    wait_for_text(page, f"{BTC} 60000")
    prices.publish_changes([("price_update", price(BTC, 60_001, stale=True))])
    wait_for_text(page, f"{BTC} 60001 (stale)")


@contextmanager
def run_command(command: list[str], **more: str) -> Iterator[list[str]]:
    """A program, and the lines that it has said so far; it must end well and by itself."""
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    log = Path(more.pop("FOLDER")) / "said"
    with log.open("w") as output:
        process = subprocess.Popen(command, env=environment | more, stdout=output, stderr=output)
    said = _Lines(log)
    try:
        yield said
        wait_until(lambda: process.poll() is not None, what="the program ended")
        assert process.returncode == 0, log.read_text()
    finally:
        process.kill()
        process.wait()


class _Lines(list[str]):
    def __init__(self, log: Path) -> None:
        super().__init__()
        self._log = log

    def __contains__(self, line: object) -> bool:
        return line in self._log.read_text().splitlines()


@pytest.mark.skipif(not can_run(), reason="node 20.19 or later is not on this machine")
def test_tokens(web: str, transactional_db: None, user: User, tmp_path: Path) -> None:
    words = {"username": user.username, "password": PASSWORD}
    answer = Client().post("/api/v1/auth/token/", words, content_type="application/json")
    pair = answer.json()
    pair["access"] = token(user, exp=int(timezone.now().timestamp()) + 60)  # it ends too soon
    client = (BASE / "realtime/static/realtime/client.js").as_uri()
    code = read_example("tokens").replace("./realtime/client.js", client)
    (tmp_path / "example.mjs").write_text(code)
    (tmp_path / "run.mjs").write_text(SCRIPT)
    node = [str(shutil.which("node")), "--no-warnings", "--experimental-websocket"]
    environment = {"SERVER": web, "PAIR": json.dumps(pair), "FOLDER": str(tmp_path)}
    with run_command([*node, str(tmp_path / "run.mjs")], **environment) as said:
        wait_until(lambda: "live " in said, what="live in node")
        write(user, 1)
        write(user, 2, label="the end")
    for line in ("event 1", "event 2", "stopped Stopped here"):
        assert line in said


def test_python(
    web: str, transactional_db: None, user: User, key: ExchangeKey, tmp_path: Path
) -> None:
    code = read_example("python").replace(
        "asyncio.run(main())",
        "try:\n    asyncio.run(asyncio.wait_for(main(), 20))\nexcept TimeoutError:\n    pass\n"
        "import sys\nassert 'django' not in sys.modules",
    )
    code = code.replace(
        "flush=True)\n\n\nasyncio", "flush=True)\n                return\n\n\nasyncio"
    )
    (tmp_path / "example.py").write_text(code)
    environment = {
        "FILLWATCH_SOCKET": web.replace("http", "ws", 1) + "/ws/",
        "FILLWATCH_TOKEN": token(user),
        "PYTHONPATH": str(BASE),
        "FOLDER": str(tmp_path),
    }
    record_order(key)
    seq = streams.fetch_head(user.pk).seq
    with run_command([sys.executable, str(tmp_path / "example.py")], **environment) as said:
        wait_until(lambda: f"live at {seq}" in said, what="live in Python")
        record_order(key)
    assert f"{seq + 1} BTC/USDT pending" in said
