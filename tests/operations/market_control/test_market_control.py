"""Staff turn the simulated markets: prices, walks, scenarios, sessions and faults."""

import io
import json
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from operations.market_control import scenarios
from operations.models import MarketChange, MarketScenario, MarketSession
from tests.conftest import create_user, sign_in
from tests.operations.conftest import Ask
from tests.operations.market_control.conftest import BTC, Turn
from tests.services import wait_until
from tests.simulator import SimulatorProcess
from users.models import User

SWAP = "okx.futures.paper:BTC/USDT:USDT"


def read_markets(simulator: SimulatorProcess) -> Any:
    return simulator.control.get("state")["symbols"]


def test_a_price_is_set_to_the_last_digit(turn: Turn, simulator: SimulatorProcess) -> None:
    answer = turn("POST", "price/", instrument=BTC, price="61234.57")
    assert answer.json() == {
        "simulated": True,
        "symbol": "BTCUSDT",
        "price": "61234.57",
        "steps": 1,
    }
    turn("POST", "price/", instrument=SWAP, price="61000.10")
    markets = read_markets(simulator)
    assert markets["BTCUSDT"]["price"] == markets["BTCUSDT"]["anchor"] == "61234.57"
    assert markets["BTCUSDT-PERP"]["price"] == "61000.1"
    assert turn("POST", "price/", instrument=BTC, price="61234.571").json() == {
        "price": ["The price must be a multiple of 0.01."]
    }


def test_a_price_goes_by_steps_and_ends_exactly(turn: Turn, simulator: SimulatorProcess) -> None:
    simulator.control.post("limits", schedule_speed=1000)
    turn("POST", "price/", instrument=BTC, price="60000.01", seconds=100, steps=7)
    wait_until(lambda: read_markets(simulator)["BTCUSDT"]["price"] == "60000.01", what="the end")
    steps = MarketChange.objects.get().steps
    assert [step["after_ms"] for step in steps][-1] == 100_000
    assert [step["body"]["price"] for step in steps][:2] == ["63428.57", "62857.14"]


def test_planned_moves_are_called_off(turn: Turn, simulator: SimulatorProcess) -> None:
    turn("POST", "price/", instrument=BTC, price="60000", seconds=3600, steps=5)
    assert turn("GET", "markets/").json()["planned"] == {"price:BTCUSDT": 5}
    assert turn("DELETE", "plans/").json() == {"simulated": True, "cleared": 5}
    assert turn("GET", "markets/").json()["planned"] == {}


def test_walks_are_set_for_some_and_for_all(turn: Turn, simulator: SimulatorProcess) -> None:
    turn("POST", "regime/", instruments=[BTC], volatility="2.5", trend="-1.25")
    turn("POST", "regime/", volume="0")
    markets = read_markets(simulator)
    assert (markets["BTCUSDT"]["volatility"], markets["BTCUSDT"]["trend"]) == ("2.5", "-1.25")
    assert {row["volume"] for row in markets.values()} == {"0"}
    assert markets["ETHUSDT"]["volatility"] == "1"


def find_scenario(turn: Turn, name: str) -> int:
    rows = turn("GET", "scenarios/").json()
    return int(next(row["id"] for row in rows if row["name"] == name))


def test_scenarios_come_with_it_and_stay(turn: Turn, simulator: SimulatorProcess) -> None:
    rows = turn("GET", "scenarios/").json()
    assert [row["name"] for row in rows] == ["bull", "bear", "volatile", "sideways", "crash"]
    assert {(row["simulated"], row["protected"]) for row in rows} == {(True, True)}
    for row in rows:
        assert turn("DELETE", f"scenarios/{row['id']}/").status_code == 409
    assert turn("PATCH", f"scenarios/{rows[0]['id']}/", name="x").status_code == 409
    assert turn("PATCH", f"scenarios/{rows[0]['id']}/", trend="5").json()["trend"] == "5"
    assert len(turn("GET", "scenarios/").json()) == 5


def test_a_crash_falls_and_another_scenario_ends_it(
    turn: Turn, simulator: SimulatorProcess
) -> None:
    simulator.control.post("limits", schedule_speed=1000)
    crash, bull = find_scenario(turn, "crash"), find_scenario(turn, "bull")
    assert turn("POST", f"scenarios/{crash}/activate/").json()["active_since"]
    wait_until(lambda: turn("GET", "markets/").json()["planned"] == {}, what="the crash")
    price = Decimal(read_markets(simulator)["BTCUSDT"]["price"])
    assert Decimal("0.79") < price / 64000 < Decimal("0.81")
    turn("POST", f"scenarios/{bull}/activate/")
    assert MarketScenario.objects.get(pk=crash).active_since is None
    assert turn("GET", "markets/").json()["scenario"] == "bull"
    turn("POST", f"scenarios/{bull}/deactivate/")
    market = read_markets(simulator)["BTCUSDT"]
    assert [market[name] for name in ("volatility", "trend", "volume")] == ["1", "0", "1"]
    assert Decimal(market["price"]) == price
    assert turn("GET", "markets/").json()["scenario"] is None


def test_a_scenario_of_ones_own(turn: Turn, simulator: SimulatorProcess) -> None:
    moves = [{"after_seconds": 3600, "percent": "-1.5"}]
    fields = {"name": "Night", "instruments": [BTC], "volatility": "0", "moves": moves}
    made = turn("POST", "scenarios/", **fields)
    assert made.status_code == 201
    address = f"scenarios/{made.json()['id']}/"
    assert turn("POST", "scenarios/", name="night").status_code == 409
    turn("POST", f"{address}activate/")
    assert turn("GET", "markets/").json()["planned"] == {"scenario": 1}
    markets = read_markets(simulator)
    assert (markets["BTCUSDT"]["volatility"], markets["ETHUSDT"]["volatility"]) == ("0", "1")
    assert turn("DELETE", address).status_code == 409  # it runs
    turn("POST", f"{address}deactivate/")
    assert turn("GET", "markets/").json()["planned"] == {}
    assert turn("DELETE", address).status_code == 204


def test_a_change_keeps_what_another_operator_changed(
    market_operator: User, turn: Turn, simulator: SimulatorProcess
) -> None:
    stale = MarketScenario.objects.get(pk=find_scenario(turn, "bull"))
    turn("PATCH", f"scenarios/{stale.pk}/", trend="5")
    scenarios.save_scenario(market_operator, stale, {"description": "Up"})
    kept = MarketScenario.objects.get(pk=stale.pk)
    assert (kept.description, kept.trend) == ("Up", Decimal(5))
    turn("POST", f"scenarios/{stale.pk}/activate/")
    with pytest.raises(scenarios.ScenarioActive):
        scenarios.save_scenario(market_operator, stale, {"description": "Down"})
    assert MarketScenario.objects.exclude(active_since=None).get().description == "Up"


def test_an_unknown_fault_clears_no_other(
    market_operator: User, client: Client, turn: Turn, simulator: SimulatorProcess
) -> None:
    turn("POST", "faults/", kind="latency", latency_ms=1)
    sign_in(client, market_operator)
    for text in ("all", "-1", "9999"):
        client.post(reverse("market-turn", args=["clear-faults"]), {"fault": text})
        assert len(turn("GET", "faults/").json()["faults"]) == 1, text
    client.post(reverse("market-turn", args=["clear-faults"]))
    assert turn("GET", "faults/").json()["faults"] == []


def test_a_session_is_replayed_and_gone_back_from(turn: Turn, simulator: SimulatorProcess) -> None:
    account = simulator.open_account({"USDT": "1000"})
    session = turn("POST", "sessions/", name="Demo").json()["id"]
    assert turn("POST", "sessions/", name="Second").status_code == 409
    turn("POST", "price/", instrument=BTC, price="62000")
    turn("POST", "price/", instrument=BTC, price="70000", seconds=3600, steps=2)
    turn("POST", "price/", instrument=BTC, price="63000")  # calls those two off
    turn("POST", "faults/", kind="latency", latency_ms=1)
    simulator.control.post("deposit", key=account["key"], asset="USDT", amount="5")
    assert turn("POST", f"sessions/{session}/replay/").status_code == 409  # open
    turn("POST", f"sessions/{session}/stop/")
    turn("POST", "price/", instrument=BTC, price="99000")  # belongs to no session
    turn("DELETE", "faults/")

    back = turn("POST", f"sessions/{session}/reset/").json()
    assert (back["simulated"], back["payments"]) == (True, 1)
    assert read_markets(simulator)["BTCUSDT"]["price"] == "64000"
    rows = simulator.control.get("accounts")["accounts"]
    assert rows[0]["balances"]["USDT"]["free"] == "1000.00000000"

    simulator.control.post("limits", schedule_speed=100)
    assert turn("POST", f"sessions/{session}/replay/").json()["steps"] == 3
    wait_until(lambda: turn("GET", "faults/").json()["faults"] != [], what="the fault")
    assert read_markets(simulator)["BTCUSDT"]["price"] == "63000"
    replayed = MarketChange.objects.get(act="replay").steps
    changes = MarketSession.objects.get(pk=session).changes.filter(act="price").order_by("id")
    started = MarketSession.objects.get(pk=session).started_at
    first = round((changes[0].at - started).total_seconds() * 1000)
    assert replayed[0]["after_ms"] == first


def test_a_snapshot_of_later(turn: Turn, simulator: SimulatorProcess) -> None:
    session = turn("POST", "sessions/", name="Demo").json()["id"]
    turn("POST", "price/", instrument=BTC, price="62000")
    turn("POST", f"sessions/{session}/snapshot/")
    turn("POST", "price/", instrument=BTC, price="50000")
    turn("POST", f"sessions/{session}/reset/")
    assert read_markets(simulator)["BTCUSDT"]["price"] == "62000"


def test_faults_are_listed_set_and_cleared(turn: Turn, simulator: SimulatorProcess) -> None:
    assert {"latency", "ban", "maintenance", "drop_sockets", "repeat_events"} <= set(
        turn("GET", "faults/").json()["kinds"]
    )
    match = {"venue": "okx"}
    fault = turn("POST", "faults/", kind="maintenance", match=match, seconds=60).json()["fault"]
    assert turn("GET", "faults/").json()["faults"][0]["match"]["venue"] == "okx"
    assert turn("DELETE", f"faults/{fault['id']}/").json()["cleared"] == 1
    refused = turn("POST", "faults/", kind="nonsense")
    assert (refused.status_code, "unknown kind" in str(refused.json())) == (400, True)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("price/", {"instrument": BTC, "price": "0"}),
        ("price/", {"instrument": BTC, "price": "1", "steps": 5}),
        ("price/", {"instrument": "binance.spot.paper:NO/SUCH", "price": "1"}),
        ("regime/", {}),
        ("regime/", {"volatility": "-1"}),
        ("regime/", {"volatility": 1.5}),
        ("scenarios/", {"name": "x", "moves": [{"after_seconds": 0, "percent": "1"}]}),
        ("scenarios/", {"name": "x", "moves": [{"after_seconds": 1, "percent": "-100"}]}),
    ],
)
def test_what_makes_no_sense_is_refused(
    turn: Turn, simulator: SimulatorProcess, path: str, body: dict[str, Any]
) -> None:
    before = read_markets(simulator)
    assert turn("POST", path, **body).status_code == 400
    assert read_markets(simulator) == before


def test_each_act_is_on_record_and_told(
    turn: Turn,
    simulator: SimulatorProcess,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    told: list[Any] = []
    monkeypatch.setattr("realtime.publish.notify_staff", lambda **note: told.append(note["data"]))
    with django_capture_on_commit_callbacks(execute=True):
        turn("POST", "price/", instrument=BTC, price="62000")
        turn("POST", "faults/", kind="nonsense")
    assert [(row["act"], row["outcome"]) for row in turn("GET", "changes/").json()["results"]] == [
        ("fault", "refused"),
        ("price", "done"),
    ]
    change = MarketChange.objects.get(act="price")
    assert (change.by, change.before) == ("mia", {"price": "64000"})
    assert [(note["by"], note["target"], note["words"]) for note in told] == [
        ("mia", "SIMULATED BTCUSDT", "64000 to 62000"),
        ("mia", "SIMULATED nonsense", f"refused: {MarketChange.objects.first().reason}"),  # type: ignore[union-attr]
    ]


def test_without_the_permission_nothing_is_done(
    ask: Ask, turn: Turn, user: User, simulator: SimulatorProcess
) -> None:
    staff = create_user("noa", is_staff=True)
    body = {"instrument": BTC, "price": "1"}
    for person, status in ((None, 401), (user, 403), (staff, 403)):
        assert ask(person, "POST", "market-control/price/", body).status_code == status
        assert ask(person, "GET", "market-control/markets/").status_code == status
    assert not MarketChange.objects.exists()
    assert read_markets(simulator)["BTCUSDT"]["price"] == "64000"


def test_a_venue_that_is_away_is_said_so(turn: Turn, settings: Any, tmp_path: Any) -> None:
    settings.SIMULATOR_ENDPOINT = str(tmp_path / "none.json")
    assert turn("GET", "markets/").status_code == 503
    assert turn("POST", "faults/", kind="ban").status_code == 503
    assert MarketChange.objects.get().outcome == "failed"
    settings.SIMULATOR_ENDPOINT = ""
    assert turn("GET", "markets/").status_code == 409


def test_a_restart_of_the_venue_keeps_walks(turn: Turn, simulator: SimulatorProcess) -> None:
    turn("POST", "regime/", instruments=[BTC], trend="3")
    assert turn("GET", "markets/").json()["symbols"]["BTCUSDT"]["trend"] == "3"


def run_command(*arguments: str) -> Any:
    output = io.StringIO()
    call_command("market", *arguments, "--json", stdout=output)
    return json.loads(output.getvalue())


def test_the_command_does_the_same(
    staff_user: User, simulator: SimulatorProcess, turn: Turn
) -> None:
    by = ("--by", "olga")
    run_command("set", BTC, "--price", "62000", *by)
    assert run_command("list")["symbols"]["BTCUSDT"]["price"] == "62000"
    run_command("set", "--volatility", "3", *by)
    run_command("scenario", "bear", *by)
    assert run_command("list")["scenario"] == "bear"
    run_command("scenario", "off", *by)
    run_command("fault", "latency", "latency_ms=5", *by)
    assert run_command("fault")["faults"][0]["kind"] == "latency"
    assert run_command("fault", "clear", *by)["cleared"] == 1
    session = run_command("session", "start", "Demo", *by)["id"]
    assert MarketSession.objects.get().started_at <= timezone.now()
    assert run_command("session", "stop", str(session), *by)["id"] == session
    assert {change.by for change in MarketChange.objects.all()} == {"olga"}
