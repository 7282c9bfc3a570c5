"""The engine: accounts, orders and markets, and how orders and trades change them."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from exchanges.simulator.accounts.accounts import Account
from exchanges.simulator.accounts.ledger import Ledger
from exchanges.simulator.accounts.positions import PositionSide, PositionSnapshot
from exchanges.simulator.decimals import ZERO, floor_to_8
from exchanges.simulator.engine.changes import Changes
from exchanges.simulator.engine.settlement import (
    compute_hold,
    settle_contract,
    settle_house,
    settle_spot,
)
from exchanges.simulator.markets.market import Market
from exchanges.simulator.markets.symbols import (
    CONTRACTS,
    SETTLEMENT_ASSET,
    SYMBOLS,
    Symbol,
    is_contract,
    wire_symbol,
)
from exchanges.simulator.orders.conditional_orders import (
    ConditionalOrders,
    WaitingEvent,
    WaitingEventKind,
    WaitingOrder,
)
from exchanges.simulator.orders.orders import (
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


class Engine:
    """The venue's state. Time is an argument; changes are collected for `take_changes`."""

    def __init__(self, symbols: Iterable[Symbol] = (*SYMBOLS, *CONTRACTS)) -> None:
        self.markets: dict[str, Market] = {}
        self.spot: dict[str, Market] = {}
        self.contracts: dict[str, Market] = {}
        self.contracts_by_pair: dict[str, Market] = {}
        for symbol in symbols:
            self.list_symbol(symbol)
        self.accounts: dict[str, Account] = {}
        self.records = OrderRecords()
        self.ledger = Ledger()
        self.conditional = ConditionalOrders()
        # Prices that triggers have not seen yet: see triggering.process_queued_prices.
        self.queued_prices: list[tuple[str, Decimal]] = []
        # The house is the counterparty of synthetic trades and may go negative; fees only grow.
        self.house: dict[str, Decimal] = defaultdict(Decimal)
        self.fees: dict[str, Decimal] = defaultdict(Decimal)
        self.sequence = 0
        self.events = 0
        self.max_open_orders = 200

    def list_symbol(self, symbol: Symbol) -> None:
        """Start trading a symbol."""
        name, market = symbol.name, Market(symbol)
        self.markets[name] = market
        if is_contract(name):
            self.contracts[name] = self.contracts_by_pair[wire_symbol(name)] = market
        else:
            self.spot[name] = market
        self.changes = Changes()

    def take_changes(self) -> Changes:
        changes, self.changes = self.changes, Changes()
        return changes

    def open_account(self, account: Account) -> None:
        self.accounts[account.key] = account
        self.changes.accounts[account.key] = account

    def accept_order(self, order: Order) -> None:
        """Lock the funds of a new order and record it."""
        order.hold = compute_hold(order)
        self.accounts[order.account].hold(self._get_spent_asset(order), order.hold)
        self.records.add_order(order)
        self.record_event("NEW", order, order.updated)

    def rest_order(self, order: Order) -> None:
        if order.is_waiting:
            self.conditional.add_order(order)
        else:
            self.markets[order.symbol].sides[order.side].add(order)

    def activate_order(self, order: Order, now: int) -> None:
        """Make a triggered order a working one; lock its funds before the event is recorded."""
        account, asset = self.accounts[order.account], self._get_spent_asset(order)
        working = replace(order, working_since=now)
        hold = compute_hold(working)
        if not order.reserves:
            account.require(asset, hold)
        self.conditional.remove_order(order)
        order.working_since = order.updated = now
        account.release(asset, order.hold)
        account.hold(asset, hold)
        order.hold = hold
        self.record_event("TRIGGERED", order, now)

    def amend_order(self, order: Order, changed: Order, now: int) -> None:
        """Change price, quantity, trigger or client id; the order leaves the order book."""
        account, asset = self.accounts[order.account], self._get_spent_asset(order)
        hold = compute_hold(changed)
        account.require(asset, hold - order.hold)
        side = self.markets[order.symbol].sides[order.side]
        if order in side:
            side.remove(order)
        account.release(asset, order.hold)
        account.hold(asset, hold)
        order.price, order.quantity = changed.price, changed.quantity
        order.trigger, order.hold, order.updated = changed.trigger, hold, now
        former_id = self.records.rename_order(order, changed.client_id)
        self.record_event("AMENDED", order, now, former_client_id=former_id)

    def execute_trade(
        self,
        symbol: str,
        taker_side: Side,
        price: Decimal,
        quantity: Decimal,
        now: int,
        *,
        taker: Order | None = None,
        maker: Order | None = None,
    ) -> None:
        """Execute a trade for both sides; a side without an order is the house."""
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
                settle_house(self.house, market.symbol, side, quantity, quote)
        for order in (taker, maker):
            if order and is_contract(symbol):
                self._expire_reduce_only(order.account, symbol, now)
            elif order:
                self.expire_partners(order, now)

    def end_order(
        self, order: Order, status: str, kind: EventKind, now: int, cancel_id: str = ""
    ) -> None:
        """End an order that is not filled and release its funds."""
        order.status, order.updated = status, now
        self.accounts[order.account].release(self._get_spent_asset(order), order.hold)
        order.hold = ZERO
        self._remove_from_book(order)
        self.record_event(kind, order, now, cancel_id=cancel_id)

    def record_event(
        self, kind: EventKind, order: Order, now: int, fill: Fill | None = None, **ids: str
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
            **ids,
            holdings=self._list_holdings(account, order),
            snapshot=self.snapshot_position(account, order.symbol, order.position_side),
        )
        self.changes.events.append(event)

    def record_waiting_event(self, kind: WaitingEventKind, waiting: WaitingOrder, now: int) -> None:
        self.events += 1
        self.store_order(waiting)
        event = WaitingEvent(kind=kind, waiting=replace(waiting), time=now, number=self.events)
        self.changes.events.append(event)

    def store_order(self, order: WaitingOrder | Order) -> None:
        """Add an order to the changes of this transaction without an event."""
        if isinstance(order, WaitingOrder):
            self.changes.waiting[order.id] = order
        else:
            self.changes.orders[order.symbol, order.id] = order

    def _fill_order(self, order: Order, trade: PublicTrade, maker: bool) -> None:
        account = self.accounts[order.account]
        order.executed += trade.quantity
        order.quote_executed += trade.quote
        order.updated = trade.time
        if order.is_open:  # a late fill belongs to an order that has ended
            order.status = "PARTIALLY_FILLED" if order.remaining else "FILLED"
            hold = compute_hold(order)
            account.release(self._get_spent_asset(order), order.hold - hold)
            order.hold = hold
        asset, realised = SETTLEMENT_ASSET, ZERO
        if is_contract(order.symbol):
            fee, realised = settle_contract(account, order, trade, maker)
        else:
            fee, asset = settle_spot(account, order, trade, maker, self.markets)
        self.fees[asset] += fee
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
            position_side=order.position_side,
        )
        self.records.add_fill(fill)
        self.changes.fills.append(fill)
        if not order.is_open:
            self._remove_from_book(order)
        self.record_event("TRADE", order, trade.time, fill=fill)

    def get_tradable_quantity(self, order: Order) -> Decimal:
        """Return how much may still trade; a reduce-only order ends where its position ends."""
        if not order.reduces:
            return order.remaining
        position = self.accounts[order.account].get_position(order.symbol, order.position_side)
        return min(order.remaining, position.get_closable(order.side))

    def snapshot_position(
        self, account: Account, symbol: str, side: PositionSide = "BOTH"
    ) -> PositionSnapshot | None:
        """Return copies of the position and its mark price; None for a spot pair."""
        if not is_contract(symbol):
            return None
        position = replace(account.get_position(symbol, side))
        return PositionSnapshot(position, self.markets[symbol].price, account.wallet)

    def expire_partners(self, order: Order, now: int) -> None:
        """Expire what ends when this order begins."""
        for partner in self.records.list_partners(order):
            self.end_order(partner, "EXPIRED", "EXPIRED", now)

    def _expire_reduce_only(self, account: str, contract: str, now: int) -> None:
        """Expire reduce-only orders that have nothing left to reduce."""
        for order in self.records.list_open_orders(account, contract):
            may_end = order.closes_position or not order.is_waiting
            if order.reduces and may_end and not self.get_tradable_quantity(order):
                self.end_order(order, "EXPIRED", "EXPIRED", now)

    def _remove_from_book(self, order: Order) -> None:
        self.records.close_order(order)
        self.conditional.remove_order(order)
        side = self.markets[order.symbol].sides[order.side]
        if order in side:
            side.remove(order)

    def _get_spent_asset(self, order: Order) -> str:
        symbol = self.markets[order.symbol].symbol
        return symbol.quote if order.side == "BUY" else symbol.base

    def _list_holdings(self, account: Account, order: Order) -> tuple[Holding, ...]:
        if is_contract(order.symbol):
            return ()
        symbol = self.markets[order.symbol].symbol
        assets = dict.fromkeys((symbol.base, symbol.quote, account.fee_asset or symbol.quote))
        balances = ((asset, account.get_balance(asset)) for asset in assets)
        return tuple(Holding(asset, balance.free, balance.locked) for asset, balance in balances)

    def list_assets(self) -> list[str]:
        """Return the assets of all spot pairs."""
        symbols = [market.symbol for market in self.spot.values()]
        return list(dict.fromkeys(asset for s in symbols for asset in (s.base, s.quote)))

    def queue_price(self, market: Market, price: Decimal) -> None:
        """Queue a price; triggers see it when the request has been processed."""
        self.queued_prices.append((market.symbol.name, price))

    def touch_market(self, market: Market) -> None:
        market.update_id += 1
        self.changes.markets[market.symbol.name] = market
