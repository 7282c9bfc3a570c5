"""Restarts: every acknowledged request is there once, even after a kill."""

import itertools
import json
import sqlite3
import threading
import time
from contextlib import closing
from decimal import Decimal
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

from exchanges.simulator.accounts.accounts import Account
from exchanges.simulator.engine.engine import Engine
from exchanges.simulator.engine.storage import Store
from exchanges.simulator.engine.venue import Venue
from exchanges.simulator.orders.triggers import stop_loss
from exchanges.simulator.transport.signing import sign_payload
from tests.exchanges.simulator.engine.test_conservation import check_holds
from tests.exchanges.simulator.traders import build_order
from tests.simulator import SimulatorProcess, wait_until

ACCOUNT = {"api_key": "restart-key", "secret": "restart-secret"}


def send_request(simulator: SimulatorProcess, method: str, path: str, **params: object) -> object:
    query = urlencode({"timestamp": time.time_ns() // 1_000_000, **params})
    url = f"{path}?{query}&signature={sign_payload(ACCOUNT['secret'], query).hex()}"
    connection = HTTPConnection(urlsplit(simulator.spot["rest"]).netloc, timeout=10)
    try:
        connection.request(method, url, headers={"X-MBX-APIKEY": ACCOUNT["api_key"]})
        answer = connection.getresponse()
        body = json.load(answer)
    finally:
        connection.close()
    assert answer.status == 200, body
    return body


def read_state(simulator: SimulatorProcess) -> dict[str, object]:
    names = ("accounts", "orders", "trades")
    rows: dict[str, object] = {name: simulator.control.get(name)[name] for name in names}
    return rows | {"prices": simulator.control.get("state")["prices"]}


def test_everything_is_there_after_a_restart(process: SimulatorProcess) -> None:
    process.open_account({"USDT": "100000", "BTC": "1"}, **ACCOUNT)
    order = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC"}
    send_request(process, "POST", "/api/v3/order", **order, quantity="1", price="60000")
    process.control.post("price", symbol="BTCUSDT", price="60000", liquidity="0.3")
    before = read_state(process)
    ca = Path(process.ca).read_bytes()
    assert process.stop() == 0
    process.start()
    assert read_state(process) == before
    assert Path(process.ca).read_bytes() == ca
    process.control.post("price", symbol="BTCUSDT", price="60000")
    (row,) = process.control.get("orders")["orders"]
    assert (row["status"], row["executedQty"]) == ("FILLED", "1.00000000")


def place_until_dead(simulator: SimulatorProcess, acknowledged: list[dict[str, object]]) -> None:
    order = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.001"}
    for number in itertools.count(len(acknowledged)):
        try:
            answer = send_request(
                simulator, "POST", "/api/v3/order", **order, newClientOrderId=f"n{number}"
            )
        except (OSError, ValueError):
            return
        assert isinstance(answer, dict)
        acknowledged.append(answer)


def load_state(home: Path) -> Engine:
    """Load the state that a killed simulator left on disk."""
    engine, store = Engine(), Store(home / "venue.sqlite3")
    store.load(engine)
    store.close()
    return engine


@pytest.mark.parametrize("moment", [1, 20, 60])
def test_a_kill_loses_nothing_that_was_acknowledged(process: SimulatorProcess, moment: int) -> None:
    process.open_account({"USDT": "100000"}, **ACCOUNT)
    process.control.post("limits", orders_per_10s=100000)
    acknowledged: list[dict[str, object]] = []
    placing = threading.Thread(target=place_until_dead, args=(process, acknowledged))
    placing.start()
    wait_until(lambda: len(acknowledged) >= moment)
    process.kill()
    placing.join()
    check_holds(load_state(process.home))
    process.start()
    orders = {row["clientOrderId"]: row for row in process.control.get("orders")["orders"]}
    trades = process.control.get("trades")["trades"]
    # Only the request that was in flight may be there without its answer.
    assert len(acknowledged) <= len(orders) <= len(acknowledged) + 1
    for answer in acknowledged:
        stored = orders[str(answer["clientOrderId"])]
        assert (stored["orderId"], stored["executedQty"]) == (
            answer["orderId"],
            answer["executedQty"],
        )
    identities = {(row["symbol"], row["id"], row["orderId"]) for row in trades}
    assert len(identities) == len(trades) == len(orders)
    (account,) = process.control.get("accounts")["accounts"]
    spent = sum(float(row["quoteQty"]) for row in trades)
    assert float(account["balances"]["USDT"]["free"]) == pytest.approx(100000 - spent)


def test_a_request_that_cannot_be_stored_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "venue.sqlite3"
    venue = Venue(Store(file), seed=1)
    venue.open_account(Account(key="anna", secret="s"), {"USDT": Decimal(100000)})
    with closing(sqlite3.connect(file, isolation_level=None)) as intruder:
        intruder.execute("begin immediate")
        with pytest.raises(sqlite3.OperationalError):
            venue.place_order(build_order("anna", "BUY", "1", "60000"))
        assert not venue.engine.records.orders
        assert venue.engine.accounts["anna"].get_free("USDT") == 100000
    assert venue.place_order(build_order("anna", "BUY", "1", "60000")).status == "NEW"
    venue.close()


def test_old_ended_orders_are_deleted(tmp_path: Path) -> None:
    store = Store(tmp_path / "venue.sqlite3")
    venue = Venue(store, seed=1)
    venue.open_account(Account(key="anna", secret="s"), {"USDT": Decimal(100000)})
    ended = venue.place_order(build_order("anna", "BUY", "0.01", type="MARKET"))
    resting = venue.place_order(build_order("anna", "BUY", "1", "60000"))
    venue.fill_order(resting, [Decimal("0.5")], resting.price)
    assert store.delete_ended_before(ended.updated) == 0
    assert store.delete_ended_before(venue.now() + 1) == 1
    again = Venue(store, seed=1).engine
    (stored,) = again.records.orders.values()
    assert stored.id == resting.id
    assert [fill.order_id for fill in again.records.fills] == [resting.id]
    venue.close()


def test_a_file_with_old_field_names_is_loaded(tmp_path: Path) -> None:
    file = tmp_path / "venue.sqlite3"
    venue = Venue(Store(file), seed=1)
    venue.open_account(Account(key="anna", secret="s"), {"BTC": Decimal(9)})
    trigger = stop_loss(buys=False, price=Decimal(60000))
    waiting = venue.add_waiting_order(build_order("anna", "SELL", "1", "60000"), trigger)
    venue.close()
    with closing(sqlite3.connect(file, isolation_level=None)) as database:
        for name, old_name in (("request", "wish"), ("order_id", "became")):
            database.execute("update waiting set body = replace(body, ?, ?)", (name, old_name))
    (restored,) = load_state(tmp_path).conditional.list_waiting("anna")
    assert vars(restored) == vars(waiting)


def test_one_home_has_one_simulator(process: SimulatorProcess) -> None:
    with pytest.raises(RuntimeError, match="another simulator runs"):
        SimulatorProcess(process.home).start()
    assert process.control.get("state")["simulated"] is True
