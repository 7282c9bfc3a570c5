"""No path from market control reaches a live key or a live number."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.core import serializers
from django.utils import timezone

from exchanges.keys import actions
from exchanges.models import Balance, ExchangeKey, Symbol
from orders.models import Order
from tests.operations.market_control.conftest import BTC, Turn
from tests.simulator import SimulatorProcess
from tests.trading import record_order
from users.models import User

LIVE = "binance.spot:BTC/USDT"


@pytest.fixture(scope="module")
def live_venue() -> Iterator[SimulatorProcess]:
    """A second venue in the place of a real one."""
    with SimulatorProcess() as venue:
        yield venue


@pytest.fixture
def live_key(user: User, live_venue: SimulatorProcess, simulator: SimulatorProcess) -> ExchangeKey:
    """A live key with an order; the simulated venue knows an account of the same API key."""
    account = live_venue.open_account({"USDT": "1000", "BTC": "1"}, label="ada")
    same = {name: account[name] for name in ("secret", "passphrase")}
    simulator.open_account({"USDT": "7"}, label="ada", api_key=account["key"], **same)
    key = actions.attach(
        user=user,
        label="Live",
        venue="binance",
        market="spot",
        api_key=account["key"],
        secret=account["secret"],
    )
    record_order(key)
    now = timezone.now()
    Balance.objects.create(
        key=key, currency="USDT", free=1000, held=0, known_at=now, changed_at=now
    )
    Symbol.objects.create(
        **{"venue": "binance", "market": "spot", "is_paper": False, "name": "BTC/USDT"},
        **{"base": "BTC", "quote": "USDT", "price_step": "0.01", "quantity_step": "0.00001"},
        **{"min_quantity": "0.00001", "min_cost": "5", "read_at": now},
    )
    return key


def dump_live(live_venue: SimulatorProcess) -> str:
    """Write down everything that is live: the venue's state and our rows."""
    control = live_venue.control
    # These calls to the control API are not counted among the venue's requests.
    state = {name: control.get(name) for name in ("accounts", "orders", "trades", "faults")}
    figures = control.get("state")
    state["state"] = {name: figures[name] for name in ("symbols", "requests", "open_orders")}
    rows = [*ExchangeKey.objects.all(), *Order.objects.all(), *Balance.objects.all()]
    return json.dumps(state) + str(serializers.serialize("json", [*rows, *Symbol.objects.all()]))


def turn_everything(turn: Turn) -> list[int]:
    scenario = next(row for row in turn("GET", "scenarios/").json() if row["name"] == "crash")
    session = turn("POST", "sessions/", name="All").json()["id"]
    answers = [
        turn("POST", "price/", instrument=BTC, price="1"),
        turn("POST", "price/", instrument=BTC, price="99999", seconds=3600, steps=3),
        turn("POST", "regime/", volatility="1000", trend="-1000", volume="1000"),
        turn("POST", f"scenarios/{scenario['id']}/activate/"),
        turn("POST", f"scenarios/{scenario['id']}/deactivate/"),
        turn("POST", "faults/", kind="ban", seconds=60),
        turn("POST", "faults/", kind="revoked_key", match={"key": "ada"}),
        turn("POST", "faults/", kind="drop_sockets"),
        turn("DELETE", "faults/"),
        turn("POST", f"sessions/{session}/snapshot/"),
        turn("POST", f"sessions/{session}/stop/"),
        turn("POST", f"sessions/{session}/reset/"),
        turn("POST", f"sessions/{session}/replay/"),
        turn("DELETE", "plans/"),
    ]
    return [answer.status_code for answer in answers]


def test_what_is_live_stays_byte_for_byte(
    turn: Turn, live_key: ExchangeKey, live_venue: SimulatorProcess, simulator: SimulatorProcess
) -> None:
    before, simulated = dump_live(live_venue), simulator.control.get("snapshot")["markets"]
    assert max(turn_everything(turn)) < 300
    assert dump_live(live_venue) == before
    assert simulator.control.get("snapshot")["markets"] != simulated  # it did turn something


@pytest.mark.parametrize("name", [LIVE, "okx.futures:BTC/USDT:USDT", "BTCUSDT", "x.y.live:A/B"])
def test_a_live_instrument_is_refused(turn: Turn, simulator: SimulatorProcess, name: str) -> None:
    before = simulator.control.get("snapshot")["markets"]
    requests: list[tuple[str, dict[str, Any]]] = [
        ("price/", {"instrument": name, "price": "1"}),
        ("regime/", {"instruments": [BTC, name], "trend": "1"}),
        ("scenarios/", {"name": "x", "instruments": [name]}),
    ]
    for path, body in requests:
        answer = turn("POST", path, **body)
        assert (answer.status_code, list(answer.json())) == (400, ["instrument"])
    assert simulator.control.get("snapshot")["markets"] == before


def test_a_key_is_no_field_of_market_control(turn: Turn, live_key: ExchangeKey) -> None:
    answer = turn("POST", "price/", instrument=BTC, price="1", key=live_key.pk)
    assert answer.json() == {"key": ["There is no such field."]}


def test_every_answer_says_that_it_is_simulated(turn: Turn) -> None:
    turn("POST", "sessions/", name="All")
    turn("POST", "price/", instrument=BTC, price="60000")
    for path in ("markets/", "faults/"):
        assert turn("GET", path).json()["simulated"] is True
    for path in ("scenarios/", "sessions/", "changes/"):
        answer = turn("GET", path).json()
        rows = answer["results"] if isinstance(answer, dict) else answer
        assert rows
        assert all(row["simulated"] is True for row in rows)
