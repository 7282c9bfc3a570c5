"""A long and a short position beside each other, in the engine."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from exchanges.simulator.accounts.positions import PositionSide
from exchanges.simulator.engine import margin, position_mode
from exchanges.simulator.engine.engine import Engine
from exchanges.simulator.engine.margin import ReduceOnlyRefused
from exchanges.simulator.engine.matching import place_order
from exchanges.simulator.engine.resting_orders import cancel_order
from exchanges.simulator.engine.storage import Store
from exchanges.simulator.orders.orders import Order, Side
from tests.exchanges.simulator.engine.test_contracts import BTC, open_wallets, trade
from tests.exchanges.simulator.traders import build_order

OPPOSITE: dict[Side, Side] = {"BUY": "SELL", "SELL": "BUY"}


def open_hedged() -> Engine:
    engine = open_wallets("ada", "bob")
    position_mode.set_hedged(engine, engine.accounts["ada"], True)
    return engine


def place_hedged(
    engine: Engine, side: Side, quantity: str, price: str, position_side: PositionSide
) -> Order:
    name = f"ada{engine.sequence}"
    request = build_order("ada", side, quantity, price, symbol=BTC, client_id=name)
    return place_order(engine, replace(request, position_side=position_side), 1)


def trade_hedged(
    engine: Engine, side: Side, quantity: str, price: str, position_side: PositionSide
) -> Order:
    trade(engine, "bob", OPPOSITE[side], quantity, price)
    return place_hedged(engine, side, quantity, price, position_side)


def test_both_sides_are_held_and_win_and_lose_apart() -> None:
    engine = open_hedged()
    ada = engine.accounts["ada"]
    trade_hedged(engine, "BUY", "2", "60000", "LONG")
    trade_hedged(engine, "SELL", "1", "61000", "SHORT")
    long, short = ada.list_positions(BTC)
    assert [long.quantity, long.entry_price] == [2, 60000]
    assert [short.quantity, short.entry_price] == [-1, 61000]
    trade_hedged(engine, "BUY", "1", "60500", "SHORT")
    assert [long.quantity, short.quantity, short.realised, long.realised] == [2, 0, 500, 0]
    trade_hedged(engine, "SELL", "2", "60500", "LONG")
    assert [long.quantity, long.realised] == [0, 1000]
    totals = margin.sum_contracts(engine, ada)
    assert [totals.realised, totals.positions, totals.orders] == [1500, 0, 0]


def test_margin_is_bound_for_both_sides_and_their_orders() -> None:
    engine = open_hedged()
    trade_hedged(engine, "BUY", "1", "60000", "LONG")
    trade_hedged(engine, "SELL", "1", "60000", "SHORT")
    place_hedged(engine, "BUY", "1", "40000", "LONG")
    place_hedged(engine, "SELL", "1", "90000", "LONG")  # which only closes
    totals = margin.sum_contracts(engine, engine.accounts["ada"])
    mark = engine.markets[BTC].price
    assert totals.positions == pytest.approx(2 * mark / 20)
    assert totals.orders == Decimal(40000) / 20


@pytest.mark.parametrize(("held", "asked"), [("0", "1"), ("1", "1.5")])
def test_more_than_is_held_is_not_closed(held: str, asked: str) -> None:
    engine = open_hedged()
    if held != "0":
        trade_hedged(engine, "BUY", held, "60000", "LONG")
    with pytest.raises(ReduceOnlyRefused):
        place_hedged(engine, "SELL", asked, "60000", "LONG")


def test_the_mode_stays_while_something_is_open(tmp_path: Path) -> None:
    engine = open_hedged()
    ada = engine.accounts["ada"]
    with pytest.raises(position_mode.PositionModeUnchanged):
        position_mode.set_hedged(engine, ada, True)
    order = place_hedged(engine, "BUY", "1", "40000", "LONG")
    with pytest.raises(position_mode.OrdersOpen):
        position_mode.set_hedged(engine, ada, False)
    cancel_order(engine, order, 2)
    trade_hedged(engine, "BUY", "1", "60000", "LONG")
    with pytest.raises(position_mode.PositionsOpen):
        position_mode.set_hedged(engine, ada, False)
    store, again = Store(tmp_path / "state.sqlite"), Engine()
    store.save(engine, engine.take_changes())
    store.load(again)
    assert again.accounts["ada"] == ada
    trade_hedged(engine, "SELL", "1", "60000", "LONG")
    position_mode.set_hedged(engine, ada, False)
    assert [position.side for position in ada.list_positions(BTC)] == ["BOTH"]
