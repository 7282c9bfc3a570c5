"""Open interest of a contract, and how its holders are divided into long and short."""

from decimal import Decimal

from exchanges.simulator.decimals import ZERO
from exchanges.simulator.engine.engine import Engine


def compute_open_interest(engine: Engine, contract: str) -> Decimal:
    """Return how much is held; the house holds what one side has more than the other."""
    quantities = _list_quantities(engine, contract)
    long = sum((quantity for quantity in quantities if quantity > 0), ZERO)
    short = sum((-quantity for quantity in quantities if quantity < 0), ZERO)
    return max(long, short)


def compute_long_share(engine: Engine, contract: str) -> Decimal:
    """Return which part of the holders is long; a half if there are none.

    The house is a holder too, of what one side has more than the other, so both have some.
    """
    quantities = [quantity for quantity in _list_quantities(engine, contract) if quantity]
    if not quantities:
        return Decimal("0.5")
    if house := -sum(quantities, ZERO):
        quantities.append(house)
    return Decimal(sum(quantity > 0 for quantity in quantities)) / len(quantities)


def _list_quantities(engine: Engine, contract: str) -> list[Decimal]:
    """List the position of every account.

    An account of a venue that never had one has no position either, and asking makes none.
    """
    accounts = engine.accounts.values()
    positions = [position for account in accounts for position in account.positions.values()]
    return [position.quantity for position in positions if position.contract == contract]
