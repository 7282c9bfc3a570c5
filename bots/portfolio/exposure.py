"""How much of a portfolio moves with prices: coins, and the size of open contracts. Pure.

Long and short add up here: both can lose. Money in the pocket does not count, be it of a state or a
coin that follows one.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from bots.portfolio.valuation import ROUNDED, RateTable, Wallet
from exchanges.instruments import is_inverse, profit_currency
from exchanges.models import Position
from realtime.values import EXACT, ZERO

CASH: Final = frozenset(
    {
        *("USDT", "USDC", "FDUSD", "TUSD", "BUSD", "DAI", "USDE", "USDD", "PYUSD", "EURI", "EURC"),
        *("USD", "EUR", "GBP", "JPY", "TRY", "BRL", "AUD", "CAD", "CHF", "PLN"),
    }
)


def measure_position(position: Position) -> tuple[str, Decimal] | None:
    """Return the currency and the size of a position; None if no price of it is known."""
    size = abs(position.quantity)
    if is_inverse(position.symbol):  # its quantity is in the quote currency
        pair = position.symbol.partition(":")[0]
        return pair.partition("/")[2], size
    price = position.mark_price or position.entry_price
    return (profit_currency(position.symbol), EXACT.multiply(size, price)) if price else None


def sum_exposure(wallets: Iterable[Wallet], rates: RateTable) -> Decimal | None:
    """Return the value of all that moves with prices; None if the size of a part is not known.

    Coins without a price are left out, as they are in the total.
    """
    total = ZERO
    for wallet in wallets:
        if None in wallet.contracts:
            return None
        coins = [
            (one.currency, abs(one.amount)) for one in wallet.amounts if one.currency not in CASH
        ]
        for currency, amount in coins:
            rate = rates.find_rate(currency, wallet.priced_by)
            total = EXACT.add(total, EXACT.multiply(amount, rate.each) if rate else ZERO)
        for currency, amount in filter(None, wallet.contracts):
            rate = rates.find_rate(currency, wallet.priced_by)
            if rate is None:
                return None
            total = EXACT.add(total, EXACT.multiply(amount, rate.each))
    return EXACT.quantize(total, ROUNDED)
