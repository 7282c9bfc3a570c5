"""Position mode: one position for each contract, or a long and a short one beside each other."""

from exchanges.simulator.accounts.accounts import Account
from exchanges.simulator.engine.engine import Engine


class PositionModeUnchanged(Exception):
    """The account is in this mode already."""


class PositionsOpen(Exception):
    """The mode cannot change while there is a position."""


class OrdersOpen(Exception):
    """The mode cannot change while there is an open order."""


def set_hedged(engine: Engine, account: Account, hedged: bool) -> None:
    """Give contracts two positions, or one again, unless something of them is open."""
    if account.hedged == hedged:
        raise PositionModeUnchanged(account.key)
    if any(position.quantity for position in account.positions.values()):
        raise PositionsOpen(account.key)
    if _has_open_orders(engine, account):
        raise OrdersOpen(account.key)
    account.hedged = hedged
    engine.changes.accounts[account.key] = account


def _has_open_orders(engine: Engine, account: Account) -> bool:
    contracts = engine.contracts
    waiting = engine.conditional.list_waiting(account.key)
    if any(order.is_open and order.symbol in contracts for order in waiting):
        return True
    return any(engine.records.list_open_orders(account.key, name) for name in contracts)
