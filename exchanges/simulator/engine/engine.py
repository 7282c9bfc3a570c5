"""The venue's truth: who owns what, which orders stand, and what each trade moves."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal

from exchanges.simulator.accounts.accounts import Account
from exchanges.simulator.accounts.positions import PositionEvent, PositionSnapshot
from exchanges.simulator.decimals import ZERO, floor_to_8
from exchanges.simulator.engine.fees import compute_commission
from exchanges.simulator.markets.contracts import CONTRACTS, SETTLEMENT_ASSET, is_contract
from exchanges.simulator.markets.market import Market
from exchanges.simulator.markets.symbols import SYMBOLS, Symbol
from exchanges.simulator.orders.conditional_orders import (
    ConditionalOrders,
    WaitingEvent,
    WaitingEventKind,
    WaitingOrder,
)
from exchanges.simulator.orders.orders import (
    BalanceEvent,
    EventKind,
    Fill,
    Holding,
    Order,
    OrderEvent,
    PublicTrade,
    Side,
    opposite_side,
)
from exchanges.simulator.orders.records import OrderRecords


@dataclass
class Changes:
    """What one request changed: to be stored together, and only then told."""

    orders: dict[tuple[str, int], Order] = field(default_factory=dict)
    fills: list[Fill] = field(default_factory=list)
    accounts: dict[str, Account] = field(default_factory=dict)
    markets: dict[str, Market] = field(default_factory=dict)
    waiting: dict[int, WaitingOrder] = field(default_factory=dict)
    events: list[OrderEvent | BalanceEvent | WaitingEvent] = field(default_factory=list)
    trades: list[PublicTrade] = field(default_factory=list)
    # Apart from `events`, which tell of orders: only dialects with contracts hear these.
    positions: list[PositionEvent] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.orders or self.accounts or self.markets or self.waiting)


class Engine:
    def __init__(self, symbols: Iterable[Symbol] = (*SYMBOLS, *CONTRACTS)) -> None:
        self.markets = {symbol.name: Market(symbol) for symbol in symbols}
        self.spot = {n: m for n, m in self.markets.items() if not is_contract(n)}
        self.contracts = {n: m for n, m in self.markets.items() if is_contract(n)}
        self.accounts: dict[str, Account] = {}
        self.records = OrderRecords()
        self.conditional = ConditionalOrders()
        # Prices that triggers have not been shown yet: see triggering.settle.
        self.queued_prices: list[tuple[str, Decimal]] = []
        # The counterparty of every synthetic trade may owe; fees only ever grow.
        self.house: dict[str, Decimal] = defaultdict(Decimal)
        self.fees: dict[str, Decimal] = defaultdict(Decimal)
        self.sequence = 0
        self.events = 0
        self.max_open_orders = 200
        self.changes = Changes()

    def take_changes(self) -> Changes:
        changes, self.changes = self.changes, Changes()
        return changes

    def open_account(self, account: Account) -> None:
        self.accounts[account.key] = account
        self.changes.accounts[account.key] = account

    def deposit(self, account: Account, asset: str, amount: Decimal, now: int) -> None:
        account.credit(asset, amount)
        account.updated = now
        self.changes.accounts[account.key] = account
        self.changes.events.append(BalanceEvent(account.key, asset, amount, now))

    def accept_order(self, order: Order) -> None:
        """Lock what the order may spend, and say that it is there."""
        order.hold = self._compute_hold(order)
        self.accounts[order.account].hold(self._get_spent_asset(order), order.hold)
        self.records.add_order(order)
        self.record_event("NEW", order, order.created)

    def rest_order(self, order: Order) -> None:
        if order.is_waiting:
            self.conditional.add_order(order)
        else:
            self.markets[order.symbol].sides[order.side].add(order)

    def activate_order(self, order: Order, now: int) -> None:
        """Its trigger has fired; what it holds from now on is held before anybody hears of it."""
        account, asset = self.accounts[order.account], self._get_spent_asset(order)
        working = replace(order, working_since=now)
        hold = self._compute_hold(working)
        if not order.reserves:
            account.require(asset, hold)
        self.conditional.remove_order(order)
        order.working_since = order.updated = now
        account.release(asset, order.hold)
        account.hold(asset, hold)
        order.hold = hold
        self.record_event("TRIGGERED", order, now)

    def amend_order(self, order: Order, changed: Order, now: int) -> None:
        """Another price or quantity under the same names; the order leaves the book for it."""
        account, asset = self.accounts[order.account], self._get_spent_asset(order)
        hold = self._compute_hold(changed)
        account.require(asset, hold - order.hold)
        side = self.markets[order.symbol].sides[order.side]
        if order in side:
            side.remove(order)
        account.release(asset, order.hold)
        account.hold(asset, hold)
        order.price, order.quantity, order.trigger = (
            changed.price,
            changed.quantity,
            changed.trigger,
        )
        order.hold, order.updated = hold, now
        self.record_event("AMENDED", order, now)

    def execute_trade(
        self,
        symbol: str,
        *,
        taker: Order | None,
        maker: Order | None,
        taker_side: Side,
        price: Decimal,
        quantity: Decimal,
        now: int,
    ) -> None:
        """Move money both ways; a side without an order is the venue's own market maker."""
        market = self.markets[symbol]
        trade_id, market.next_trade_id = market.next_trade_id, market.next_trade_id + 1
        quote = floor_to_8(price * quantity)
        public = PublicTrade(symbol, trade_id, price, quantity, quote, now, taker_side == "SELL")
        self.changes.trades.append(public)
        self.touch_market(market)
        for order, is_maker in ((taker, False), (maker, True)):
            if order:
                self._fill_order(order, public, is_maker)
            else:
                side = opposite_side(taker_side) if is_maker else taker_side
                self._settle_house(market.symbol, side, quantity, quote)
        for order in (taker, maker):
            if order and is_contract(symbol):
                self._expire_reduce_only(order.account, symbol, now)

    def end_order(
        self, order: Order, status: str, kind: EventKind, now: int, cancel_id: str = ""
    ) -> None:
        """Close an order that still has something left, and give back what it held."""
        order.status = status
        order.updated = now
        self.accounts[order.account].release(self._get_spent_asset(order), order.hold)
        order.hold = ZERO
        self._leave_book(order)
        self.record_event(kind, order, now, cancel_id=cancel_id)

    def record_event(
        self,
        kind: EventKind,
        order: Order,
        now: int,
        *,
        fill: Fill | None = None,
        cancel_id: str = "",
    ) -> None:
        self.events += 1
        account = self.accounts[order.account]
        account.updated = now
        self.changes.orders[order.symbol, order.id] = order
        self.changes.accounts[order.account] = account
        self.touch_market(self.markets[order.symbol])
        event = OrderEvent(
            kind=kind,
            order=replace(order),
            time=now,
            number=self.events,
            fill=fill,
            cancel_id=cancel_id,
            holdings=self._list_holdings(account, order),
            snapshot=self.snapshot_position(account, order.symbol)
            if is_contract(order.symbol)
            else None,
        )
        self.changes.events.append(event)

    def record_waiting_event(self, kind: WaitingEventKind, waiting: WaitingOrder, now: int) -> None:
        self.events += 1
        self.store_order(waiting)
        event = WaitingEvent(kind=kind, waiting=replace(waiting), time=now, number=self.events)
        self.changes.events.append(event)

    def store_order(self, one: WaitingOrder | Order) -> None:
        """Store it with this transaction, without a word to anybody."""
        if isinstance(one, WaitingOrder):
            self.changes.waiting[one.id] = one
        else:
            self.changes.orders[one.symbol, one.id] = one

    def _fill_order(self, order: Order, trade: PublicTrade, maker: bool) -> None:
        account = self.accounts[order.account]
        order.executed += trade.quantity
        order.quote_executed += trade.quote
        order.updated = trade.time
        if order.is_open:  # a fill may be told late, of an order that has ended
            order.status = "PARTIALLY_FILLED" if order.remaining else "FILLED"
            self._shrink_hold(order, account)
        pay = self._settle_contract if is_contract(order.symbol) else self._settle_spot
        fee, asset, realised = pay(order, account, trade, maker)
        fill = Fill(
            symbol=order.symbol,
            id=trade.id,
            order_id=order.id,
            account=order.account,
            side=order.side,
            price=trade.price,
            quantity=trade.quantity,
            quote=trade.quote,
            commission=fee,
            commission_asset=asset,
            maker=maker,
            time=trade.time,
            realised=realised,
        )
        self.records.add_fill(fill)
        self.changes.fills.append(fill)
        if not order.is_open:
            self._leave_book(order)
        self.record_event("TRADE", order, trade.time, fill=fill)

    def _settle_spot(
        self, order: Order, account: Account, trade: PublicTrade, maker: bool
    ) -> tuple[Decimal, str, Decimal]:
        """Give one asset, take the other, and pay the fee of it; returns that fee."""
        symbol = self.markets[order.symbol].symbol
        given, taken = (symbol.quote, trade.quote), (symbol.base, trade.quantity)
        if order.side == "SELL":
            given, taken = taken, given
        account.debit(*given)
        account.credit(*taken)
        fee, asset = compute_commission(account, *taken, maker, self.markets)
        account.debit(asset, fee)
        self.fees[asset] += fee
        return fee, asset, ZERO

    def _settle_contract(
        self, order: Order, account: Account, trade: PublicTrade, maker: bool
    ) -> tuple[Decimal, str, Decimal]:
        """A contract gives and takes nothing but what closing brings, and the fee."""
        position = account.get_position(order.symbol)
        realised = position.apply_trade(order.side, trade.quantity, trade.price, trade.quote)
        position.updated = trade.time
        rate = account.contract_maker_fee if maker else account.contract_taker_fee
        fee = floor_to_8(trade.quote * rate)
        account.wallet += realised - fee
        self.fees[SETTLEMENT_ASSET] += fee
        return fee, SETTLEMENT_ASSET, realised

    def get_tradable_quantity(self, order: Order) -> Decimal:
        """What may still be traded of it: one that only reduces stops where the position ends."""
        if not order.reduce_only:
            return order.remaining
        position = self.accounts[order.account].get_position(order.symbol)
        return min(order.remaining, position.get_closable(order.side))

    def snapshot_position(self, account: Account, contract: str) -> PositionSnapshot:
        market = self.markets[contract]
        return PositionSnapshot(
            replace(account.get_position(contract)), market.price, account.wallet
        )

    def _expire_reduce_only(self, account: str, contract: str, now: int) -> None:
        """Where nothing is left to reduce, the orders for that have no sense any more."""
        for order in self.records.list_open_orders(account, contract):
            if order.reduce_only and not order.is_waiting and not self.get_tradable_quantity(order):
                self.end_order(order, "EXPIRED", "EXPIRED", now)

    def _settle_house(self, symbol: Symbol, side: Side, quantity: Decimal, quote: Decimal) -> None:
        sign = 1 if side == "BUY" else -1
        asset = symbol.name if is_contract(symbol.name) else symbol.base
        self.house[asset] += sign * quantity
        self.house[symbol.quote] -= sign * quote

    def _shrink_hold(self, order: Order, account: Account) -> None:
        hold = self._compute_hold(order)
        account.release(self._get_spent_asset(order), order.hold - hold)
        order.hold = hold

    def _leave_book(self, order: Order) -> None:
        self.records.close_order(order)
        self.conditional.remove_order(order)
        side = self.markets[order.symbol].sides[order.side]
        if order in side:
            side.remove(order)

    def _get_spent_asset(self, order: Order) -> str:
        symbol = self.markets[order.symbol].symbol
        return symbol.quote if order.side == "BUY" else symbol.base

    def _compute_hold(self, order: Order) -> Decimal:
        """A market order is over before anything could be locked for it, unless it waits.

        What contracts tie up is reckoned from positions and orders: see margin.py.
        """
        if is_contract(order.symbol) or (order.is_waiting and not order.reserves):
            return ZERO
        price = order.price
        if order.type == "MARKET":
            if not order.is_waiting or not order.trigger:
                return ZERO
            price = order.trigger.expected_price
        return floor_to_8(price * order.remaining) if order.side == "BUY" else order.remaining

    def _list_holdings(self, account: Account, order: Order) -> tuple[Holding, ...]:
        if is_contract(order.symbol):
            return ()
        symbol = self.markets[order.symbol].symbol
        assets = dict.fromkeys((symbol.base, symbol.quote, account.fee_asset or symbol.quote))
        balances = ((asset, account.get_balance(asset)) for asset in assets)
        return tuple(Holding(asset, balance.free, balance.locked) for asset, balance in balances)

    def queue_price(self, market: Market, price: Decimal) -> None:
        """Whoever waits for a price is shown this one when the request is through."""
        self.queued_prices.append((market.symbol.name, price))

    def touch_market(self, market: Market) -> None:
        market.update_id += 1
        self.changes.markets[market.symbol.name] = market
