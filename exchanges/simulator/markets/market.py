"""One symbol's market: its price, its order book and the house's price levels."""

import heapq
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from exchanges.simulator.decimals import ZERO
from exchanges.simulator.markets.order_book import BookSide, Level, build_levels, default_liquidity
from exchanges.simulator.markets.regime import Regime
from exchanges.simulator.markets.symbols import Symbol
from exchanges.simulator.orders.orders import Order, Side, opposite_side

# Every symbol counts its own orders from the same start, as at real Binance, where two symbols
# may share an order id. A client that stores ids without the symbol fails here.
FIRST_ORDER_ID = 1_000_001
FIRST_TRADE_ID = 5_000_001


Levels = dict[Decimal, Decimal]  # quantities by price


@dataclass(frozen=True)
class Offer:
    """A quantity that a taker can take: a user's order, or one of the house's price levels."""

    price: Decimal
    quantity: Decimal
    order: Order | None
    level: Level | None


class Market:
    def __init__(self, symbol: Symbol) -> None:
        self.symbol = symbol
        self.price = symbol.start_price
        self.liquidity = default_liquidity(symbol)
        self.next_order_id = FIRST_ORDER_ID
        self.next_trade_id = FIRST_TRADE_ID
        self.steps = 0
        self.regime = Regime()
        self.is_listed = True
        self.is_known = True  # not even orders of an unknown symbol can be asked about
        self.update_id = 1
        self.sides: dict[Side, BookSide] = {"BUY": BookSide("BUY"), "SELL": BookSide("SELL")}
        self.refill_levels()

    def refill_levels(self) -> None:
        build = partial(build_levels, self.symbol, self.price, self.liquidity)
        self.price_levels = {side: build(side) for side in self.sides}

    def list_offers(self, taker: Side) -> Iterator[Offer]:
        """Yield a taker's offers, best price first; at one price users come before the house."""
        side = opposite_side(taker)
        sign = 1 if side == "SELL" else -1
        users = (Offer(order.price, order.remaining, order, None) for order in self.sides[side])
        bound = self.sides[taker].best_price()  # the house does not cross a user's order
        levels = (level for level in self.price_levels[side] if level.quantity > 0)
        house = (
            Offer(level.price, level.quantity, None, level)
            for level in levels
            if bound is None or sign * (level.price - bound) > 0
        )
        return heapq.merge(users, house, key=lambda offer: sign * offer.price)

    def compute_depth(self, side: Side, limit: int) -> list[tuple[Decimal, Decimal]]:
        """Return one side of the visible order book: price and total quantity, best first."""
        totals: Levels = {}
        for offer in self.list_offers(opposite_side(side)):
            if offer.price not in totals and len(totals) == limit:
                break
            totals[offer.price] = totals.get(offer.price, ZERO) + offer.quantity
        return list(totals.items())

    def copy_book(self, limit: int) -> dict[Side, Levels]:
        return {side: dict(self.compute_depth(side, limit)) for side in self.sides}


def find_changed_levels(before: Levels, after: Levels) -> Levels:
    """Return the new and changed levels; a level that is gone has no quantity."""
    changed = {price: size for price, size in after.items() if before.get(price) != size}
    return changed | {price: ZERO for price in before if price not in after}


def write_levels(
    levels: Iterable[tuple[Decimal, Decimal]], write: Callable[[Decimal], str]
) -> list[list[str]]:
    """Write price and quantity of each level."""
    return [[write(price), write(quantity)] for price, quantity in levels]
