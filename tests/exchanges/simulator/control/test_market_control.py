"""How the control API turns the markets: walks, planned acts, snapshots."""

from decimal import Decimal
from typing import Any

import pytest

from exchanges.simulator.server import RunningSimulator
from tests.exchanges.simulator.client import Client, eventually

BTC = {"symbol": "BTCUSDT"}


def price_of(simulator: RunningSimulator, symbol: str = "BTCUSDT") -> Decimal:
    return simulator.simulation.venue.engine.markets[symbol].price


async def walk(client: Client, steps: int = 200) -> list[Decimal]:
    """Let the price walk, and return its prices after each ten steps."""
    prices = []
    for _ in range(steps // 10):
        answer = await client.control("POST", "walk", paused=True, step=10)
        prices.append(Decimal(answer.body["prices"]["BTCUSDT"]))
    return prices


async def test_a_walk_without_volatility_stands_still(client: Client) -> None:
    answer = await client.control("POST", "regime", **BTC, volatility="0")
    assert answer.body["volatility"] == "0"
    assert len(set(await walk(client))) == 1


async def test_volatility_widens_the_range(client: Client) -> None:
    calm = await walk(client)
    await client.control("POST", "regime", **BTC, volatility="20")
    wild = await walk(client)
    assert max(wild) - min(wild) > 3 * (max(calm) - min(calm))


async def test_a_trend_moves_the_price_by_so_much_an_hour(client: Client) -> None:
    await client.control("POST", "regime", **BTC, volatility="0", trend="-360")
    prices = await walk(client)  # 200 of 7200 steps: 10 percent, of what is left each time
    assert Decimal("0.904") < prices[-1] / Decimal(64000) < Decimal("0.906")


async def test_after_a_trend_the_price_stays_where_it_is(
    client: Client, simulator: RunningSimulator
) -> None:
    await client.control("POST", "price", **BTC, price="70000.01")
    await client.control("POST", "regime", **BTC, volatility="0", trend="0")
    assert set(await walk(client)) == {Decimal("70000.01")}


async def test_no_volume_means_no_public_trades(
    client: Client, simulator: RunningSimulator
) -> None:
    await client.control("POST", "regime", **BTC, volume="0")
    await walk(client, 50)
    history = simulator.simulation.history
    assert history.list_trades("BTCUSDT", 10) == []
    assert len(history.list_trades("ETHUSDT", 10)) == 10


async def test_a_restart_keeps_the_walk(client: Client, simulator: RunningSimulator) -> None:
    await client.control("POST", "regime", **BTC, volatility="2.5", trend="-1", volume="3")
    venue = simulator.simulation.venue
    assert venue._load_engine().markets["BTCUSDT"].regime == venue.engine.markets["BTCUSDT"].regime


async def test_a_move_by_percent_ends_at_a_step_of_the_price(client: Client) -> None:
    await client.control("POST", "price", **BTC, price="33333.33")
    answer = await client.control("POST", "move", **BTC, percent="-33.3")
    assert answer.body["price"] == "22233.33"


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("move", {**BTC, "percent": "-100"}),
        ("move", BTC),
        ("move", {"symbol": "NOSUCH", "percent": "1"}),
        ("regime", {**BTC, "volatility": "-1"}),
        ("regime", {**BTC, "volatility": "1001"}),
        ("regime", {**BTC, "trend": "-1001"}),
        ("schedule", {"plan": "a", "steps": []}),
        ("schedule", {"plan": "a", "steps": [{"act": "reset"}]}),
        ("schedule", {"plan": "a", "steps": [{"act": "price", "after_ms": -1}]}),
        ("schedule", {"plan": "a", "steps": ["price"]}),
    ],
)
async def test_what_makes_no_sense_is_refused(
    client: Client, simulator: RunningSimulator, name: str, fields: dict[str, Any]
) -> None:
    before = (await client.control("GET", "state")).body["symbols"]
    answer = await client.control("POST", name, **fields)
    assert answer.status in {400, 404}
    assert (await client.control("GET", "state")).body["symbols"] == before
    assert simulator.simulation.schedule.list_running() == []


async def test_planned_acts_happen_in_their_order(
    client: Client, simulator: RunningSimulator
) -> None:
    await client.control("POST", "limits", schedule_speed=1000)
    steps = [
        {"act": "price", "after_ms": 20_000, "body": {**BTC, "price": "61000"}},
        {"act": "price", "after_ms": 10_000, "body": {**BTC, "price": "no number"}},
        {"act": "move", "after_ms": 30_000, "body": {**BTC, "percent": "10"}},
        {"act": "faults", "after_ms": 40_000, "body": {"kind": "latency", "latency_ms": 1}},
    ]
    await client.control("POST", "schedule", plan="my plan", steps=steps)

    async def has_fault() -> bool:
        return len(simulator.simulation.faults.active) == 1

    await eventually(has_fault)
    assert price_of(simulator) == Decimal("67100")
    assert (await client.control("GET", "schedule")).body["schedule"] == {}


async def test_a_plan_is_called_off_by_its_name(
    client: Client, simulator: RunningSimulator
) -> None:
    step = {"act": "price", "after_ms": 60_000, "body": {**BTC, "price": "1"}}
    await client.control("POST", "schedule", plan="a", steps=[step, step])
    await client.control("POST", "schedule", plan="b", steps=[step])
    await client.control("POST", "schedule", plan="a", steps=[step])  # instead of the two
    listed = await client.control("GET", "schedule")
    assert listed.body["schedule"] == {"a": 1, "b": 1}
    assert (await client.control("DELETE", "schedule", plan="a")).body["cleared"] == 1
    assert (await client.control("DELETE", "schedule")).body["cleared"] == 1


async def test_a_snapshot_brings_back_prices_and_balances(
    client: Client, simulator: RunningSimulator
) -> None:
    await client.control("POST", "deposit", key=client.key, asset="USDT", amount="0.00000001")
    await client.control("POST", "price", **BTC, price="65432.10")
    snapshot = (await client.control("GET", "snapshot")).body
    later = await Client.open(client.session, client.base, {"USDT": "7"})
    await client.order(type="MARKET", quantity="0.5")
    resting = (await client.order(quantity="0.01", price="50000")).body
    await client.control("POST", "regime", **BTC, trend="5")
    await client.control("POST", "price", **BTC, price="60000")
    fields = {name: snapshot[name] for name in ("markets", "accounts")}
    answer = await client.control("POST", "snapshot", **fields)
    assert answer.body["cancelled"] == 1
    after = (await client.control("GET", "snapshot")).body
    assert after["accounts"][client.key] == snapshot["accounts"][client.key]
    assert after["markets"] == snapshot["markets"]
    assert after["accounts"][later.key]["balances"] == {"USDT": "7"}
    order = await client.signed("GET", "/api/v3/order", **BTC, orderId=resting["orderId"])
    assert order.body["status"] == "CANCELED"
    again = await client.order(quantity="0.01", price="50000")
    assert again.body["orderId"] > resting["orderId"]  # ids go on
