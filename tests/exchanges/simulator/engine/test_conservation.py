"""Conservation: no money appears or vanishes, and locked funds equal the open orders."""

from collections import defaultdict
from dataclasses import dataclass, replace
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from exchanges.simulator.accounts.accounts import InsufficientBalance
from exchanges.simulator.engine.engine import Engine
from exchanges.simulator.engine.matching import DuplicateClientId, WouldTake, place_order
from exchanges.simulator.engine.random_walk import step_price
from exchanges.simulator.engine.resting_orders import (
    amend_order,
    cancel_order,
    fill_order,
    move_price,
)
from exchanges.simulator.engine.triggering import add_waiting_order, process_queued_prices
from exchanges.simulator.markets.filters import FilterFailure
from exchanges.simulator.markets.order_book import default_liquidity
from exchanges.simulator.orders.orders import NewOrder, Order
from exchanges.simulator.orders.triggers import Trigger, WouldTrigger
from tests.exchanges.simulator.traders import NOW, RICH, open_engine

REFUSALS = (InsufficientBalance, FilterFailure, DuplicateClientId, WouldTake, WouldTrigger)

prices = st.integers(-300, 300).map(lambda ticks: Decimal("0.05") + Decimal(ticks) / 100000)
near = st.integers(-20, 20).map(lambda ticks: Decimal("0.05") + Decimal(ticks) / 100000)
orders = st.builds(
    NewOrder,
    account=st.sampled_from(["anna", "ben", "cleo"]),
    symbol=st.just("ETHBTC"),
    side=st.sampled_from(["BUY", "SELL"]),
    type=st.sampled_from(["LIMIT", "LIMIT", "LIMIT_MAKER"]),
    client_id=st.uuids().map(str),
    time_in_force=st.sampled_from(["GTC", "GTC", "GTC", "IOC", "FOK"]),
    quantity=st.integers(1, 200_000).map(lambda lots: Decimal(lots) / 10000),
    price=prices,
    self_trade=st.sampled_from(["NONE", "EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH"]),
)
market_orders = st.builds(
    NewOrder,
    account=st.sampled_from(["anna", "ben", "cleo"]),
    symbol=st.just("ETHBTC"),
    side=st.sampled_from(["BUY", "SELL"]),
    type=st.just("MARKET"),
    client_id=st.uuids().map(str),
    quote_quantity=st.integers(1, 3000).map(lambda value: Decimal(value) / 1000),
)
market_by_quantity = st.builds(
    NewOrder,
    account=st.sampled_from(["anna", "ben"]),
    symbol=st.just("ETHBTC"),
    side=st.sampled_from(["BUY", "SELL"]),
    type=st.just("MARKET"),
    client_id=st.uuids().map(str),
    quantity=st.integers(1, 2000).map(lambda lots: Decimal(lots) / 100),
)
triggers = st.builds(
    Trigger,
    kind=st.sampled_from(["STOP_LOSS", "TAKE_PROFIT"]),
    rises=st.booleans(),
    price=near,
    trail=st.sampled_from([Decimal(0), Decimal(0), Decimal("0.1"), Decimal(1)]),
)
orders_with_trigger = st.builds(
    replace, orders | market_by_quantity, trigger=triggers, reserves=st.booleans()
)


@dataclass(frozen=True)
class WaitingRequest:
    """A conditional order with an id of its own."""

    request: NewOrder
    trigger: Trigger


waiting_requests = st.builds(WaitingRequest, orders | market_by_quantity, triggers)
amounts = st.integers(1, 100_000).map(lambda lots: Decimal(lots) / 10000)


@dataclass(frozen=True)
class Change:
    """An action other than a new order; `chosen` selects an open order."""

    kind: str
    price: Decimal = Decimal(0)
    chosen: int = 0
    amount: Decimal | None = None


actions = st.one_of(
    orders,
    orders,
    market_orders,
    orders_with_trigger,
    waiting_requests,
    st.builds(Change, st.just("move"), price=near),
    st.builds(Change, st.just("move"), price=near),
    st.builds(Change, st.just("move"), price=prices, amount=st.none() | amounts),
    st.builds(Change, st.just("fill"), chosen=st.integers(0, 50), amount=amounts),
    st.builds(Change, st.just("cancel"), chosen=st.integers(0, 50)),
    st.builds(Change, st.just("amend"), prices, st.integers(0, 50), amounts),
    st.just(Change("step")),
)


def apply_action(engine: Engine, action: NewOrder | WaitingRequest | Change) -> None:
    try:
        _apply_action(engine, action)
    finally:
        process_queued_prices(engine, NOW)


def _apply_action(engine: Engine, action: NewOrder | WaitingRequest | Change) -> None:
    if isinstance(action, NewOrder):
        place_order(engine, action, NOW)
    elif isinstance(action, WaitingRequest):
        add_waiting_order(engine, action.request, action.trigger, NOW)
    elif action.kind == "move":
        move_price(engine, "ETHBTC", action.price, NOW, action.amount)
    elif action.kind == "step":
        step_price(engine, "ETHBTC", 1, NOW)
    elif open_orders := [o for o in engine.records.orders.values() if o.is_open]:
        order = open_orders[action.chosen % len(open_orders)]
        if action.kind == "amend":
            _amend_order(engine, order, action)
        elif action.amount and not order.is_waiting:
            fill_order(engine, order, action.amount, order.price, NOW)
        else:
            cancel_order(engine, order, NOW)


def _amend_order(engine: Engine, order: Order, action: Change) -> None:
    quantity = order.executed + (action.amount or 1)
    # Only unfilled orders get a new price, so each fill can be checked against its order's price.
    price = action.price if order.type != "MARKET" and not order.executed else None
    amend_order(engine, order, NOW, price=price, quantity=quantity, trigger_price=action.price)


def sum_assets(engine: Engine) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for account in engine.accounts.values():
        for asset, balance in account.balances.items():
            sums[asset] += balance.free + balance.locked
    for ledger in (engine.house, engine.fees):
        for asset, amount in ledger.items():
            sums[asset] += amount
    return sums


def check_holds(engine: Engine) -> None:
    locked: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for order in engine.records.orders.values():
        assert 0 <= order.executed <= order.quantity
        assert order.is_open or order.hold == 0
        symbol = engine.markets[order.symbol].symbol
        locked[order.account, symbol.quote if order.side == "BUY" else symbol.base] += order.hold
    for account in engine.accounts.values():
        for asset, balance in account.balances.items():
            assert balance.free >= 0
            assert balance.locked == locked[account.key, asset]


def check_fills(engine: Engine) -> None:
    for order in engine.records.orders.values():
        fills = engine.records.list_order_fills(order)
        assert sum(f.quantity for f in fills) == order.executed
        assert sum(f.quote for f in fills) == order.quote_executed
        for fill in fills:
            is_buy = order.side == "BUY"
            is_better = fill.price <= order.price if is_buy else fill.price >= order.price
            assert is_better or order.type == "MARKET"


def check_book(engine: Engine) -> None:
    market = engine.markets["ETHBTC"]
    bids, asks = market.compute_depth("BUY", 100), market.compute_depth("SELL", 100)
    assert bids == sorted(bids, reverse=True)
    assert asks == sorted(asks)
    assert not (bids and asks) or bids[0][0] < asks[0][0]
    for side in market.sides.values():
        rows = [(order.price, order.sequence) for order in side]
        sign = -1 if side.side == "BUY" else 1
        assert rows == sorted(rows, key=lambda row: (sign * row[0], row[1]))
        assert all(order.is_open for order in side)


@settings(max_examples=150, deadline=None)
@given(st.lists(actions, min_size=20, max_size=40), st.booleans(), st.booleans())
def test_no_money_appears_or_vanishes(
    steps: list[NewOrder | WaitingRequest | Change], has_house: bool, in_bnb: bool
) -> None:
    engine = open_engine("anna", "ben", "cleo")
    if has_house:
        market = engine.markets["ETHBTC"]
        market.liquidity = default_liquidity(market.symbol)
        market.refill_levels()
    engine.accounts["anna"].fee_asset = "BNB" if in_bnb else ""
    before = {asset: 3 * Decimal(amount) for asset, amount in RICH.items()}
    for step in steps:
        try:
            apply_action(engine, step)
        except REFUSALS:
            continue
        check_holds(engine)
        check_book(engine)
    check_fills(engine)
    after = sum_assets(engine)
    assert {asset: after[asset] for asset in before} == before
