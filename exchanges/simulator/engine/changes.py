"""Changes: what one request did to orders, fills, accounts and markets."""

from dataclasses import dataclass, field

from exchanges.simulator.accounts.accounts import Account
from exchanges.simulator.accounts.ledger import Income
from exchanges.simulator.accounts.positions import PositionEvent
from exchanges.simulator.markets.market import Market
from exchanges.simulator.orders.conditional_orders import WaitingEvent, WaitingOrder
from exchanges.simulator.orders.orders import BalanceEvent, Fill, Order, OrderEvent, PublicTrade


@dataclass
class Changes:
    """The changes of one request; the venue stores them together and only then publishes them."""

    orders: dict[tuple[str, int], Order] = field(default_factory=dict)
    fills: list[Fill] = field(default_factory=list)
    accounts: dict[str, Account] = field(default_factory=dict)
    markets: dict[str, Market] = field(default_factory=dict)
    waiting: dict[int, WaitingOrder] = field(default_factory=dict)
    events: list[OrderEvent | BalanceEvent | WaitingEvent] = field(default_factory=list)
    trades: list[PublicTrade] = field(default_factory=list)
    # Apart from `events`, which are about orders: only dialects with contracts use these.
    positions: list[PositionEvent] = field(default_factory=list)
    income: list[Income] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.orders or self.accounts or self.markets or self.waiting)
