"""Contracts in the engine: positions, their profit and their margin."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchanges.simulator.accounts.accounts import Account, InsufficientBalance
from exchanges.simulator.accounts.positions import Position
from exchanges.simulator.engine import margin, payments
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
from tests.exchanges.simulator.traders import NOW, build_order, open_engine

BTC = "BTCUSDT-PERP"
RICH = Decimal(1_000_000)


def open_wallets(*names: str, wallet: Decimal = RICH) -> Engine:
    engine = open_engine(*names)
    for name in names:
        payments.pay_account(
            engine, engine.accounts[name], "DEPOSIT", "futures", "USDT", wallet, NOW
        )
    return engine


def trade(
    engine: Engine,
    account: str,
    side: Side,
    quantity: str,
    price: str,
    *,
    reduce_only: bool = False,
) -> Order:
    """Place an order; it rests or trades with resting orders."""
    request = build_order(
        account, side, quantity, price, symbol=BTC, client_id=f"{account}{engine.sequence}"
    )
    return place_order(engine, request if not reduce_only else _make_reduce_only(request), NOW)


def _make_reduce_only(request: NewOrder) -> NewOrder:
    return replace(request, reduce_only=True)


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


def test_the_cost_of_a_closed_quantity_has_eight_decimals() -> None:
    position = Position(contract=BTC)
    position.apply_trade("BUY", Decimal(1), Decimal(100), Decimal(100))
    position.apply_trade("BUY", Decimal(2), Decimal(101), Decimal(202))
    realised = position.apply_trade("SELL", Decimal(1), Decimal(100), Decimal(100))
    assert (realised, position.cost) == (Decimal("-0.66666666"), Decimal("201.33333334"))


def test_the_wallet_changes_by_realised_profit_and_fee() -> None:
    engine = open_wallets("anna", "ben")
    trade(engine, "ben", "SELL", "1", "64000")
    trade(engine, "anna", "BUY", "1", "64000")
    trade(engine, "ben", "BUY", "1", "65000")
    trade(engine, "anna", "SELL", "1", "65000")
    anna, ben = engine.accounts["anna"], engine.accounts["ben"]
    fee = (Decimal(64000) + Decimal(65000)) * Decimal("0.0005")
    assert anna.wallet == RICH + 1000 - fee
    assert ben.wallet == RICH - 1000 - (Decimal(129000) * Decimal("0.0002"))
    fills = engine.records.list_fills("anna", BTC)
    assert [fill.realised for fill in fills] == [0, 1000]
    assert {fill.commission_asset for fill in fills} == {"USDT"}
    assert anna.balances["USDT"].free == RICH  # the spot balance stays


def test_margin_is_held_for_orders_and_positions_but_not_twice() -> None:
    engine = open_wallets("anna", "ben")
    anna = engine.accounts["anna"]
    order = trade(engine, "anna", "BUY", "1", "64000")
    assert margin.compute_free_margin(engine, anna) == RICH - 3200
    cancel_order(engine, order, NOW)
    assert margin.compute_free_margin(engine, anna) == RICH
    trade(engine, "anna", "BUY", "1", "64000")
    trade(engine, "ben", "SELL", "1", "64000")
    fee = Decimal(64000) * Decimal("0.0002")
    assert margin.compute_free_margin(engine, anna) == RICH - 3200 - fee
    trade(engine, "anna", "SELL", "1", "70000")  # would reduce_only close
    assert margin.compute_free_margin(engine, anna) == RICH - 3200 - fee
    move_price(engine, BTC, Decimal(65000), NOW)
    assert margin.compute_free_margin(engine, anna) == RICH - 3250 - fee + 1000


def test_an_order_without_enough_margin_is_refused() -> None:
    engine = open_wallets("anna", wallet=Decimal(100))
    with pytest.raises(InsufficientBalance):
        trade(engine, "anna", "BUY", "0.1", "64000")
    margin.set_leverage(engine, engine.accounts["anna"], margin.get_contract(engine, BTC), 100, NOW)
    assert trade(engine, "anna", "BUY", "0.1", "64000").is_open


def test_reduce_only_needs_something_to_reduce_and_ends_with_it() -> None:
    engine = open_wallets("anna", "ben")
    with pytest.raises(ReduceOnlyRefused):
        trade(engine, "anna", "SELL", "1", "64000", reduce_only=True)
    trade(engine, "ben", "SELL", "1", "64000")
    trade(engine, "anna", "BUY", "1", "64000")
    with pytest.raises(ReduceOnlyRefused):
        trade(engine, "anna", "BUY", "1", "64000", reduce_only=True)
    first = trade(engine, "anna", "SELL", "0.6", "65000", reduce_only=True)
    second = trade(engine, "anna", "SELL", "0.9", "66000", reduce_only=True)
    third = trade(engine, "anna", "SELL", "1", "67000", reduce_only=True)
    move_price(engine, BTC, Decimal(70000), NOW)
    assert (first.status, first.executed) == ("FILLED", Decimal("0.6"))
    assert (second.status, second.executed) == ("EXPIRED", Decimal("0.4"))
    assert (third.status, third.executed) == ("EXPIRED", Decimal(0))
    assert engine.accounts["anna"].get_position(BTC).quantity == 0


def test_a_reduce_only_market_order_stops_at_zero() -> None:
    engine = open_wallets("anna", "ben")
    trade(engine, "ben", "SELL", "1", "64000")
    trade(engine, "anna", "BUY", "1", "64000")
    trade(engine, "ben", "BUY", "5", "64000")
    request = build_order("anna", "SELL", "3", symbol=BTC, type="MARKET")
    order = place_order(engine, _make_reduce_only(request), NOW)
    assert (order.status, order.executed) == ("EXPIRED", Decimal(1))


def test_leverage_and_margin_mode_have_their_limits() -> None:
    engine = open_wallets("anna")
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
    engine = open_wallets("anna", "ben", wallet=Decimal(10_000))
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


def test_a_contract_walks_with_its_spot_pair() -> None:
    engine = open_engine()
    for _ in range(300):
        for symbol in ("BTCUSDT", BTC):
            step_price(engine, symbol, 7, NOW)
    coin, contract = engine.markets["BTCUSDT"].price, engine.markets[BTC].price
    assert coin != Decimal(64000)
    assert abs(coin - contract) < 30  # by rounding reduce_only


def test_positions_and_wallets_survive_a_restart(tmp_path: Path) -> None:
    engine = open_wallets("anna", "ben")
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
OrderStep = tuple[str, Side, str, str, bool]
order_steps: st.SearchStrategy[OrderStep] = st.tuples(
    st.sampled_from(["anna", "ben", "cleo"]),
    st.sampled_from(SIDES),
    st.integers(1, 3000).map(lambda lots: str(Decimal(lots) / 1000)),
    st.integers(-30, 30).map(lambda ticks: str(Decimal("64000") + Decimal(ticks) / 10)),
    st.booleans(),
)
moves = st.integers(-50, 50).map(lambda ticks: Decimal("64000") + Decimal(ticks) / 10)
REFUSALS = (InsufficientBalance, ReduceOnlyRefused)


def sum_money(engine: Engine) -> Decimal:
    """Sum wallets, positions at cost, the house and the fees; the sum never changes."""
    accounts: list[Account] = list(engine.accounts.values())
    wallets = sum((a.wallet - p.cost for a in accounts for p in [a.get_position(BTC)]), Decimal(0))
    return wallets + engine.house["USDT"] + engine.fees["USDT"]


@settings(max_examples=100, deadline=None)
@given(st.lists(order_steps | moves | st.integers(0, 20), max_size=30))
def test_no_digit_appears_or_vanishes(steps: list[OrderStep | Decimal | int]) -> None:
    engine = open_wallets("anna", "ben", "cleo", wallet=Decimal(20_000))
    before = sum_money(engine)
    for step in steps:
        try:
            if isinstance(step, tuple):
                account, side, quantity, price, reduce_only = step
                trade(engine, account, side, quantity, price, reduce_only=reduce_only)
            elif isinstance(step, Decimal):
                move_price(engine, BTC, step, NOW, Decimal(1))
            else:
                open_orders = engine.records.list_open_orders("anna", BTC)
                for order in open_orders[: step % 2]:
                    fill_order(engine, order, Decimal("0.001"), order.price, NOW)
        except REFUSALS:
            continue
        assert sum_money(engine) == before
    quantities = [a.get_position(BTC).quantity for a in engine.accounts.values()]
    assert sum(quantities) + engine.house[BTC] == 0
    for order in engine.records.orders.values():
        fills = engine.records.list_order_fills(order)
        assert sum(fill.quantity for fill in fills) == order.executed <= order.quantity
