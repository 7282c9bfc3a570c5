"""Margin of contracts: what positions and orders bind, and what is left of the wallet."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from exchanges.simulator.accounts.accounts import Account, InsufficientBalance
from exchanges.simulator.accounts.positions import Position, PositionEvent
from exchanges.simulator.decimals import ZERO, floor_to_8
from exchanges.simulator.engine.engine import Engine
from exchanges.simulator.markets.symbols import SETTLEMENT_ASSET, Contract
from exchanges.simulator.orders.orders import NewOrder, Order
from exchanges.simulator.refusals import OrderRefusal


class ReduceOnlyRefused(OrderRefusal):
    """The order is reduce-only and there is no position to reduce."""


class LeverageRefused(Exception):
    """The leverage is outside the contract's range."""


class MarginModeRefused(Exception):
    """The margin mode cannot change while there is a position or an open order."""


class MarginModeUnchanged(Exception):
    """The margin mode already has the requested value."""


def check_margin(engine: Engine, new: NewOrder | Order, cost: Decimal) -> None:
    """Raise if the wallet cannot carry an order that moves `cost` in quote."""
    account = engine.accounts[new.account]
    position = account.get_position(new.symbol, new.position_side)
    closing = position.get_closable(new.side)
    if new.reduces:
        if not closing or (not new.reduce_only and new.quantity > closing):
            raise ReduceOnlyRefused(new.client_id)
        return
    opening = max(ZERO, new.quantity - closing)
    if not new.quantity:
        return
    margin = cost * opening / new.quantity / position.leverage
    if margin > compute_free_margin(engine, account):
        raise InsufficientBalance(SETTLEMENT_ASSET)


def compute_free_margin(engine: Engine, account: Account) -> Decimal:
    """Return the margin left for new positions; unrealised profit of cross positions counts."""
    free = account.wallet
    for position in account.positions.values():
        mark = engine.markets[position.contract].price
        free += ZERO if position.isolated else position.compute_unrealised(mark)
        free -= compute_position_margin(position, mark)
        free -= compute_order_margin(engine, account, position)
    return max(ZERO, free)


def compute_position_margin(position: Position, mark: Decimal) -> Decimal:
    """Return the initial margin of a position."""
    value = abs(position.cost if position.isolated else position.quantity * mark)
    return floor_to_8(value / position.leverage)


def check_margin_of_change(engine: Engine, order: Order, changed: Order) -> None:
    """Raise if the wallet cannot carry the changed order in place of the present one."""
    account = engine.accounts[order.account]
    orders = engine.records.list_open_orders(account.key, order.symbol)
    after = [changed if open_order is order else open_order for open_order in orders]
    position = account.get_position(order.symbol, order.position_side)
    added = _sum_order_margin(after, position) - _sum_order_margin(orders, position)
    if added > compute_free_margin(engine, account):
        raise InsufficientBalance(SETTLEMENT_ASSET)


def compute_order_margin(engine: Engine, account: Account, position: Position) -> Decimal:
    """Return the margin of the open orders of a position, as far as they would enlarge it."""
    orders = engine.records.list_open_orders(account.key, position.contract)
    return _sum_order_margin(orders, position)


def _sum_order_margin(orders: Iterable[Order], position: Position) -> Decimal:
    closable = {"BUY": position.get_closable("BUY"), "SELL": position.get_closable("SELL")}
    total = ZERO
    for order in orders:
        if order.position_side != position.side or order.reduces or order.type == "MARKET":
            continue
        if order.is_waiting and not order.reserves:
            continue
        closing = min(order.remaining, closable[order.side])
        closable[order.side] -= closing
        total += order.price * (order.remaining - closing)
    return floor_to_8(total / position.leverage)


@dataclass
class ContractTotals:
    """Sums over all positions of an account."""

    positions: Decimal = ZERO
    orders: Decimal = ZERO
    maintenance: Decimal = ZERO
    unrealised: Decimal = ZERO
    realised: Decimal = ZERO


def sum_contracts(engine: Engine, account: Account) -> ContractTotals:
    totals = ContractTotals()
    for position in list(account.positions.values()):
        name = position.contract
        mark = engine.markets[name].price
        totals.positions += compute_position_margin(position, mark)
        totals.orders += compute_order_margin(engine, account, position)
        totals.maintenance += compute_maintenance(get_contract(engine, name), position, mark)
        totals.unrealised += position.compute_unrealised(mark)
        totals.realised += position.realised
    return totals


def compute_maintenance(contract: Contract, position: Position, mark: Decimal) -> Decimal:
    return floor_to_8(abs(position.quantity) * mark * contract.maintenance)


def compute_liquidation_price(contract: Contract, account: Account, position: Position) -> Decimal:
    """Return the price at which a venue would liquidate. Shown only: nothing is liquidated here."""
    if not position.quantity:
        return ZERO
    collateral = account.wallet
    if position.isolated:
        collateral = compute_position_margin(position, ZERO)
    sign = 1 if position.quantity > 0 else -1
    price = (position.cost - collateral) / (position.quantity * (1 - sign * contract.maintenance))
    return max(ZERO, floor_to_8(price))


def set_leverage(
    engine: Engine, account: Account, contract: Contract, leverage: int, now: int
) -> None:
    if not 1 <= leverage <= contract.max_leverage:
        raise LeverageRefused(leverage)
    for position in account.list_positions(contract.name):
        position.leverage = leverage
    _record_position_event(engine, account, contract, "LEVERAGE", now)


def set_isolated(
    engine: Engine, account: Account, contract: Contract, isolated: bool, now: int
) -> None:
    positions = account.list_positions(contract.name)
    if all(position.isolated == isolated for position in positions):
        raise MarginModeUnchanged(contract.name)
    is_held = any(position.quantity for position in positions)
    if is_held or engine.records.list_open_orders(account.key, contract.name):
        raise MarginModeRefused(contract.name)
    for position in positions:
        position.isolated = isolated
    _record_position_event(engine, account, contract, "MARGIN_TYPE", now)


def get_contract(engine: Engine, name: str) -> Contract:
    symbol = engine.contracts[name].symbol
    if not isinstance(symbol, Contract):
        raise TypeError(name)
    return symbol


def _record_position_event(
    engine: Engine, account: Account, contract: Contract, reason: str, now: int
) -> None:
    for position in account.list_positions(contract.name):
        position.updated = now
        snapshot = engine.snapshot_position(account, contract.name, position.side)
        event = PositionEvent(account.key, reason, snapshot, account.wallet, ZERO, now)
        engine.changes.positions.append(event)
    engine.changes.accounts[account.key] = account
