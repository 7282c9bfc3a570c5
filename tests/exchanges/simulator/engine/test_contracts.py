"""Contracts in the pure engine: positions, what they bring, what they tie up."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchanges.simulator.accounts.accounts import Account, InsufficientBalance
from exchanges.simulator.accounts.positions import Position
from exchanges.simulator.engine import margin
from exchanges.simulator.engine.engine import Engine
from exchanges.simulator.engine.margin import (
    LeverageRefused,
    MarginModeRefused,
    MarginModeUnchanged,
    ReduceOnlyRefused,
)
from exchanges.simulator.engine.matching import place_order
from exchanges.simulator.engine.random_walk import step_price
from exchanges.simulator.engine.resting_orders import cancel_order, fill_order, move_price
from exchanges.simulator.engine.storage import Store
from exchanges.simulator.orders.orders import NewOrder, Order, Side
from tests.exchanges.simulator.traders import NOW, new, opened

BTC = "BTCUSDT-PERP"
RICH = Decimal(1_000_000)


def traders(*names: str, wallet: Decimal = RICH) -> Engine:
    engine = opened(*names)
    for name in names:
        margin.deposit_for_contracts(engine, engine.accounts[name], wallet, NOW)
    return engine


def trade(
    engine: Engine, who: str, side: Side, quantity: str, price: str, *, only: bool = False
) -> Order:
    """A resting order, or one that meets what rests."""
    wish = new(who, side, quantity, price, symbol=BTC, client_id=f"{who}{engine.sequence}")
    return place_order(engine, wish if not only else _reducing(wish), NOW)


def _reducing(wish: NewOrder) -> NewOrder:
    return replace(wish, reduce_only=True)


def test_a_position_is_opened_averaged_reduced_and_turned() -> None:
    position = Position(contract=BTC)
    assert position.apply_trade("BUY", Decimal(1), Decimal(100), Decimal(100)) == 0
    assert position.apply_trade("BUY", Decimal(1), Decimal(110), Decimal(110)) == 0
    assert [position.quantity, position.entry_price] == [2, 105]
    assert position.apply_trade("SELL", Decimal(1), Decimal(120), Decimal(120)) == 15
    assert position.apply_trade("SELL", Decimal(3), Decimal(125), Decimal(375)) == 20
    assert [position.quantity, position.entry_price, position.realised] == [-2, 125, 35]
    assert position.apply_trade("BUY", Decimal(2), Decimal(130), Decimal(260)) == -10
    assert [position.quantity, position.cost, position.entry_price] == [0, 0, 0]
    assert position.compute_unrealised(Decimal(99)) == 0


def test_what_a_part_cost_is_counted_to_the_eighth_digit() -> None:
    position = Position(contract=BTC)
    position.apply_trade("BUY", Decimal(1), Decimal(100), Decimal(100))
    position.apply_trade("BUY", Decimal(2), Decimal(101), Decimal(202))
    brought = position.apply_trade("SELL", Decimal(1), Decimal(100), Decimal(100))
    assert (brought, position.cost) == (Decimal("-0.66666666"), Decimal("201.33333334"))


def test_money_moves_by_what_closing_brings_and_the_fee() -> None:
    engine = traders("anna", "ben")
    trade(engine, "ben", "SELL", "1", "64000")
    trade(engine, "anna", "BUY", "1", "64000")
    trade(engine, "ben", "BUY", "1", "65000")
    trade(engine, "anna", "SELL", "1", "65000")
    anna, ben = engine.accounts["anna"], engine.accounts["ben"]
    taken = (Decimal(64000) + Decimal(65000)) * Decimal("0.0005")
    assert anna.wallet == RICH + 1000 - taken
    assert ben.wallet == RICH - 1000 - (Decimal(129000) * Decimal("0.0002"))
    fills = engine.records.list_fills("anna", BTC)
    assert [one.realised for one in fills] == [0, 1000]
    assert {one.commission_asset for one in fills} == {"USDT"}
    assert anna.balances["USDT"].free == RICH  # spot knows nothing of it


def test_margin_is_held_for_orders_and_positions_but_not_twice() -> None:
    engine = traders("anna", "ben")
    anna = engine.accounts["anna"]
    order = trade(engine, "anna", "BUY", "1", "64000")
    assert margin.compute_free_margin(engine, anna) == RICH - 3200
    cancel_order(engine, order, NOW)
    assert margin.compute_free_margin(engine, anna) == RICH
    trade(engine, "anna", "BUY", "1", "64000")
    trade(engine, "ben", "SELL", "1", "64000")
    fee = Decimal(64000) * Decimal("0.0002")
    assert margin.compute_free_margin(engine, anna) == RICH - 3200 - fee
    trade(engine, "anna", "SELL", "1", "70000")  # would only close
    assert margin.compute_free_margin(engine, anna) == RICH - 3200 - fee
    move_price(engine, BTC, Decimal(65000), NOW)
    assert margin.compute_free_margin(engine, anna) == RICH - 3250 - fee + 1000


def test_what_the_wallet_does_not_carry_is_refused() -> None:
    engine = traders("anna", wallet=Decimal(100))
    with pytest.raises(InsufficientBalance):
        trade(engine, "anna", "BUY", "0.1", "64000")
    margin.set_leverage(engine, engine.accounts["anna"], margin.get_contract(engine, BTC), 100, NOW)
    assert trade(engine, "anna", "BUY", "0.1", "64000").is_open


def test_reduce_only_needs_something_to_reduce_and_ends_with_it() -> None:
    engine = traders("anna", "ben")
    with pytest.raises(ReduceOnlyRefused):
        trade(engine, "anna", "SELL", "1", "64000", only=True)
    trade(engine, "ben", "SELL", "1", "64000")
    trade(engine, "anna", "BUY", "1", "64000")
    with pytest.raises(ReduceOnlyRefused):
        trade(engine, "anna", "BUY", "1", "64000", only=True)
    first = trade(engine, "anna", "SELL", "0.6", "65000", only=True)
    second = trade(engine, "anna", "SELL", "0.9", "66000", only=True)
    third = trade(engine, "anna", "SELL", "1", "67000", only=True)
    move_price(engine, BTC, Decimal(70000), NOW)
    assert (first.status, first.executed) == ("FILLED", Decimal("0.6"))
    assert (second.status, second.executed) == ("EXPIRED", Decimal("0.4"))
    assert (third.status, third.executed) == ("EXPIRED", Decimal(0))
    assert engine.accounts["anna"].get_position(BTC).quantity == 0


def test_a_market_order_that_only_reduces_stops_at_zero() -> None:
    engine = traders("anna", "ben")
    trade(engine, "ben", "SELL", "1", "64000")
    trade(engine, "anna", "BUY", "1", "64000")
    trade(engine, "ben", "BUY", "5", "64000")
    wish = new("anna", "SELL", "3", symbol=BTC, type="MARKET")
    order = place_order(engine, _reducing(wish), NOW)
    assert (order.status, order.executed) == ("EXPIRED", Decimal(1))


def test_leverage_and_margin_mode_have_their_limits() -> None:
    engine = traders("anna")
    anna, contract = engine.accounts["anna"], margin.get_contract(engine, BTC)
    for wrong in (0, 126):
        with pytest.raises(LeverageRefused):
            margin.set_leverage(engine, anna, contract, wrong, NOW)
    margin.set_isolated(engine, anna, contract, True, NOW)
    with pytest.raises(MarginModeUnchanged):
        margin.set_isolated(engine, anna, contract, True, NOW)
    trade(engine, "anna", "BUY", "1", "64000")
    with pytest.raises(MarginModeRefused):
        margin.set_isolated(engine, anna, contract, False, NOW)
    events = engine.take_changes().positions
    assert [event.reason for event in events] == ["DEPOSIT", "MARGIN_TYPE"]


def test_the_liquidation_price_lies_on_the_losing_side() -> None:
    engine = traders("anna", "ben", wallet=Decimal(10_000))
    contract = margin.get_contract(engine, BTC)
    trade(engine, "ben", "SELL", "1", "64000")
    trade(engine, "anna", "BUY", "1", "64000")
    anna, ben = engine.accounts["anna"], engine.accounts["ben"]
    below = margin.compute_liquidation_price(contract, anna, anna.get_position(BTC))
    above = margin.compute_liquidation_price(contract, ben, ben.get_position(BTC))
    assert 54000 < below < 55000
    assert 73000 < above < 74000
    anna.get_position(BTC).isolated = True
    assert 61000 < margin.compute_liquidation_price(contract, anna, anna.get_position(BTC)) < 62000


def test_a_contract_walks_with_its_coin() -> None:
    engine = opened()
    for _ in range(300):
        for symbol in ("BTCUSDT", BTC):
            step_price(engine, symbol, 7, NOW)
    coin, contract = engine.markets["BTCUSDT"].price, engine.markets[BTC].price
    assert coin != Decimal(64000)
    assert abs(coin - contract) < 30  # by rounding only


def test_positions_and_wallets_survive_a_restart(tmp_path: Path) -> None:
    engine = traders("anna", "ben")
    trade(engine, "ben", "SELL", "0.003", "64000.1")
    trade(engine, "anna", "BUY", "0.003", "64000.1")
    store = Store(tmp_path / "venue.sqlite3")
    store.save(engine, engine.take_changes())
    again = Engine()
    store.load(again)
    store.close()
    for name in ("anna", "ben"):
        before, after = engine.accounts[name], again.accounts[name]
        assert (after.wallet, after.positions) == (before.wallet, before.positions)
    assert again.records.list_fills("anna", BTC) == engine.records.list_fills("anna", BTC)


SIDES: tuple[Side, ...] = ("BUY", "SELL")
Wish = tuple[str, Side, str, str, bool]
wishes: st.SearchStrategy[Wish] = st.tuples(
    st.sampled_from(["anna", "ben", "cleo"]),
    st.sampled_from(SIDES),
    st.integers(1, 3000).map(lambda lots: str(Decimal(lots) / 1000)),
    st.integers(-30, 30).map(lambda ticks: str(Decimal("64000") + Decimal(ticks) / 10)),
    st.booleans(),
)
moves = st.integers(-50, 50).map(lambda ticks: Decimal("64000") + Decimal(ticks) / 10)
REFUSALS = (InsufficientBalance, ReduceOnlyRefused)


def owed(engine: Engine) -> Decimal:
    """Every wallet with its positions at cost, the house, and the fees: never anything else."""
    accounts: list[Account] = list(engine.accounts.values())
    held = sum((a.wallet - p.cost for a in accounts for p in [a.get_position(BTC)]), Decimal(0))
    return held + engine.house["USDT"] + engine.fees["USDT"]


@settings(max_examples=100, deadline=None)
@given(st.lists(wishes | moves | st.integers(0, 20), max_size=30))
def test_no_digit_is_made_or_lost(steps: list[Wish | Decimal | int]) -> None:
    engine = traders("anna", "ben", "cleo", wallet=Decimal(20_000))
    before = owed(engine)
    for act in steps:
        try:
            if isinstance(act, tuple):
                who, side, quantity, price, only = act
                trade(engine, who, side, quantity, price, only=only)
            elif isinstance(act, Decimal):
                move_price(engine, BTC, act, NOW, Decimal(1))
            else:
                standing = engine.records.list_open_orders("anna", BTC)
                for order in standing[: act % 2]:
                    fill_order(engine, order, Decimal("0.001"), order.price, NOW)
        except REFUSALS:
            continue
        assert owed(engine) == before
    quantities = [a.get_position(BTC).quantity for a in engine.accounts.values()]
    assert sum(quantities) + engine.house[BTC] == 0
    for order in engine.records.orders.values():
        filled = engine.records.list_order_fills(order)
        assert sum(one.quantity for one in filled) == order.executed <= order.quantity
