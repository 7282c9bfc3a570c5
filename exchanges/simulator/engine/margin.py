"""What contracts tie up of an account's futures wallet, and what is left of it."""

from collections.abc import Iterable
from decimal import Decimal

from exchanges.simulator.accounts.accounts import Account, InsufficientBalance
from exchanges.simulator.accounts.positions import Position, PositionEvent, Standing
from exchanges.simulator.decimals import ZERO, floor8
from exchanges.simulator.engine.engine import Engine
from exchanges.simulator.markets.contracts import SETTLED_IN, Contract, is_contract
from exchanges.simulator.orders.orders import NewOrder, Order


class ReduceOnlyRefused(Exception):
    """There is nothing that the order could reduce."""


class LeverageRefused(Exception):
    """More, or less, than the contract allows."""


class MarginModeRefused(Exception):
    """Not while there is a position or an open order."""


class NothingToChange(Exception):
    """It already is as wished."""


def judge(engine: Engine, new: NewOrder | Order, cost: Decimal) -> None:
    """Whether the wallet carries an order for a contract, which would move `cost` in quote."""
    account = engine.accounts[new.account]
    position = account.position(new.symbol)
    closing = position.closable(new.side)
    if new.reduce_only:
        if not closing:
            raise ReduceOnlyRefused(new.client_id)
        return
    opening = max(ZERO, new.quantity - closing)
    if new.quantity and cost * opening / new.quantity / position.leverage > free(engine, account):
        raise InsufficientBalance(SETTLED_IN)


def free(engine: Engine, account: Account) -> Decimal:
    """What is left of the wallet for new positions; what a cross position gained counts."""
    left = account.wallet
    for name, position in account.positions.items():
        mark = engine.markets[name].price
        left += ZERO if position.isolated else position.unrealised(mark)
        left -= of_position(position, mark) + of_orders(engine, account, name)
    return max(ZERO, left)


def of_position(position: Position, mark: Decimal) -> Decimal:
    """The initial margin that a position holds."""
    value = abs(position.cost if position.isolated else position.quantity * mark)
    return floor8(value / position.leverage)


def judge_change(engine: Engine, order: Order, changed: Order) -> None:
    """Whether the wallet also carries what the order wants to become."""
    account = engine.accounts[order.account]
    orders = engine.records.open_orders(account.key, order.symbol)
    after = [changed if one is order else one for one in orders]
    position = account.position(order.symbol)
    if _of(after, position) - _of(orders, position) > free(engine, account):
        raise InsufficientBalance(SETTLED_IN)


def of_orders(engine: Engine, account: Account, contract: str) -> Decimal:
    """The margin held for open orders, as far as they would open something."""
    orders = engine.records.open_orders(account.key, contract)
    return _of(orders, account.position(contract))


def _of(orders: Iterable[Order], position: Position) -> Decimal:
    closable = {"BUY": position.closable("BUY"), "SELL": position.closable("SELL")}
    held = ZERO
    for order in orders:
        if order.reduce_only or order.type == "MARKET" or (order.waits and not order.reserves):
            continue
        closing = min(order.remaining, closable[order.side])
        closable[order.side] -= closing
        held += order.price * (order.remaining - closing)
    return floor8(held / position.leverage)


def maintenance(contract: Contract, position: Position, mark: Decimal) -> Decimal:
    return floor8(abs(position.quantity) * mark * contract.maintenance)


def liquidation_price(contract: Contract, account: Account, position: Position) -> Decimal:
    """Where the venue would take the position away. Shown only: nobody is liquidated here."""
    if not position.quantity:
        return ZERO
    behind = account.wallet
    if position.isolated:
        behind = of_position(position, ZERO)
    sign = 1 if position.quantity > 0 else -1
    price = (position.cost - behind) / (position.quantity * (1 - sign * contract.maintenance))
    return max(ZERO, floor8(price))


def set_leverage(
    engine: Engine, account: Account, contract: Contract, leverage: int, now: int
) -> None:
    if not 1 <= leverage <= contract.max_leverage:
        raise LeverageRefused(leverage)
    account.position(contract.name).leverage = leverage
    _tell(engine, account, contract, "LEVERAGE", now)


def set_isolated(
    engine: Engine, account: Account, contract: Contract, isolated: bool, now: int
) -> None:
    position = account.position(contract.name)
    if position.isolated == isolated:
        raise NothingToChange(contract.name)
    if position.quantity or engine.records.open_orders(account.key, contract.name):
        raise MarginModeRefused(contract.name)
    position.isolated = isolated
    _tell(engine, account, contract, "MARGIN_TYPE", now)


def deposit(engine: Engine, account: Account, amount: Decimal, now: int) -> None:
    """Money for contracts: it lies apart from what spot orders can spend."""
    account.wallet += amount
    engine.changes.accounts[account.key] = account
    event = PositionEvent(account.key, "DEPOSIT", None, account.wallet, amount, now)
    engine.changes.positions.append(event)


def contract_of(engine: Engine, name: str) -> Contract:
    symbol = engine.contracts[name].symbol
    if not isinstance(symbol, Contract):
        raise TypeError(name)
    return symbol


def contract_orders(engine: Engine, account: str, symbol: str | None = None) -> list[Order]:
    orders = engine.records.open_orders(account, symbol)
    return [order for order in orders if is_contract(order.symbol)]


def _tell(engine: Engine, account: Account, contract: Contract, reason: str, now: int) -> None:
    position = account.position(contract.name)
    position.updated = now
    standing: Standing = engine.standing(account, contract.name)
    engine.changes.accounts[account.key] = account
    event = PositionEvent(account.key, reason, standing, account.wallet, ZERO, now)
    engine.changes.positions.append(event)
