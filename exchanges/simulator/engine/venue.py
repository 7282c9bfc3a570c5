"""The running venue: one transaction at a time, stored before listeners hear of it."""

import sqlite3
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Concatenate, ParamSpec, TypeVar, Unpack

from exchanges.simulator.accounts.accounts import Account
from exchanges.simulator.accounts.ledger import Income, IncomeKind
from exchanges.simulator.engine import (
    margin,
    matching,
    payments,
    pending_orders,
    position_mode,
    random_walk,
    resting_orders,
    triggering,
)
from exchanges.simulator.engine.changes import Changes
from exchanges.simulator.engine.engine import Engine
from exchanges.simulator.engine.storage import Store
from exchanges.simulator.markets.order_book import Liquidity
from exchanges.simulator.markets.regime import Regime
from exchanges.simulator.markets.symbols import Contract, make_listing
from exchanges.simulator.orders.conditional_orders import WaitingOrder
from exchanges.simulator.orders.orders import NewOrder, Order, OrderChange
from exchanges.simulator.orders.triggers import Trigger

Listener = Callable[[Changes], None]
P = ParamSpec("P")
Outcome = TypeVar("Outcome")


class Venue:
    """The only writer of the engine. Each method is one transaction of the state file."""

    def __init__(self, store: Store, seed: int) -> None:
        self._store = store
        self._listeners: set[Listener] = set()
        self.seed = seed
        self.skew_ms = 0
        self.engine = self._load_engine()

    def now(self) -> int:
        return time.time_ns() // 1_000_000 + self.skew_ms

    def add_listener(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with all stored changes; return a function that removes it."""
        self._listeners.add(listener)
        return lambda: self._listeners.discard(listener)

    def place_order(self, new: NewOrder) -> Order:
        return self._run_change(matching.place_order, new, self.now())

    def place_pair(self, pair: tuple[NewOrder, NewOrder], client_id: str) -> tuple[Order, Order]:
        """Place two orders of which one ends the other."""
        return self._run_change(matching.place_pair, pair, client_id, self.now())

    def place_with_followers(
        self, working: NewOrder, followers: Sequence[NewOrder], client_id: str
    ) -> list[Order]:
        """Place an order, and those that begin when it is filled."""
        place = pending_orders.place_with_followers
        return self._run_change(place, working, followers, client_id, self.now())

    def place_or_cancel(self, new: NewOrder) -> Order:
        """Place an order; cancel a post-only one that would take, as OKX and Bybit do."""
        try:
            return self.place_order(new)
        except matching.WouldTake:
            return self._run_change(matching.accept_and_cancel, new, self.now())

    def check_order(self, new: NewOrder) -> None:
        matching.check_order(self.engine, new)

    def cancel_order(self, order: Order, cancel_id: str = "") -> None:
        self._run_change(resting_orders.cancel_order, order, self.now(), cancel_id)

    def settle_order(self, order: Order) -> None:
        """End a partly filled order as filled."""
        self._run_change(resting_orders.settle_order, order, self.now())

    def add_waiting_order(self, request: NewOrder, trigger: Trigger) -> WaitingOrder:
        """Add a conditional order with an id of its own; `place_order` takes the other kind."""
        return self._run_change(triggering.add_waiting_order, request, trigger, self.now())

    def cancel_waiting_order(self, waiting: WaitingOrder) -> None:
        self._run_change(triggering.cancel_waiting_order, waiting, self.now())

    def fire_trigger(self, order: WaitingOrder | Order) -> Order | None:
        return self._run_change(triggering.fire_trigger, order, self.now())

    def amend_order(self, order: WaitingOrder | Order, **change: Unpack[OrderChange]) -> None:
        """Change `price`, `quantity` or `trigger_price` of an order."""
        if isinstance(order, WaitingOrder):
            triggering.amend_waiting_order(self.engine, order, self.now(), **change)
        else:
            resting_orders.amend_order(self.engine, order, self.now(), **change)
        self._commit_changes()

    def reduce_order(self, order: Order, quantity: Decimal, client_id: str) -> None:
        self._run_change(resting_orders.reduce_order, order, quantity, client_id, self.now())

    def fill_order(
        self, order: Order, parts: Sequence[Decimal], price: Decimal, *, late: bool = False
    ) -> None:
        """Fill an order by one trade for each part."""
        self._run_change(resting_orders.fill_parts, order, parts, price, self.now(), late=late)

    def move_price(self, symbol: str, price: Decimal, liquidity: Decimal | None) -> Decimal:
        return self._run_change(resting_orders.move_price, symbol, price, self.now(), liquidity)

    def step_prices(self) -> None:
        payments.pay_due_funding(self.engine, self.now())
        for symbol in self.engine.markets:
            random_walk.step_price(self.engine, symbol, self.seed, self.now())
        self._commit_changes()

    def expire_orders(self) -> None:
        self._run_change(resting_orders.expire_orders, self.now())

    def list_symbols(self, names: Iterable[str]) -> None:
        """Start trading symbols, as a venue does while its clients run."""
        for name in names:
            self.engine.list_symbol(make_listing(name))
            self.engine.touch_market(self.engine.markets[name])
        self._commit_changes()

    def set_liquidity(self, symbol: str, liquidity: Liquidity) -> None:
        market = self.engine.markets[symbol]
        market.liquidity = liquidity
        market.refill_levels()
        self.engine.touch_market(market)
        self._commit_changes()

    def set_regime(self, symbol: str, regime: Regime) -> None:
        """Set how a market walks. It leans to the price that it has now, unless told otherwise."""
        market = self.engine.markets[symbol]
        market.regime = regime if regime.anchor else replace(regime, anchor=market.price)
        self.engine.touch_market(market)
        self._commit_changes()

    def open_account(self, account: Account, deposits: dict[str, Decimal]) -> None:
        self.engine.open_account(account)
        self.deposit(account, deposits)

    def deposit(self, account: Account, deposits: dict[str, Decimal]) -> None:
        for asset, amount in deposits.items():
            payments.pay_account(self.engine, account, "DEPOSIT", "spot", asset, amount, self.now())
        self._commit_changes()

    def pay_account(
        self,
        account: Account,
        kind: IncomeKind,
        wallet: payments.WalletName,
        asset: str,
        amount: Decimal,
        *,
        late_ms: int = 0,
    ) -> Income:
        time = self.now() - late_ms
        return self._run_change(payments.pay_account, account, kind, wallet, asset, amount, time)

    def pay_funding(self, contract: str) -> list[Income]:
        rate = self.engine.ledger.rates[contract]
        return self._run_change(payments.pay_funding, contract, rate, self.now())

    def set_leverage(self, account: Account, contract: Contract, leverage: int) -> None:
        self._run_change(margin.set_leverage, account, contract, leverage, self.now())

    def set_isolated(self, account: Account, contract: Contract, isolated: bool) -> None:
        self._run_change(margin.set_isolated, account, contract, isolated, self.now())

    def set_hedged(self, account: Account, hedged: bool) -> None:
        self._run_change(position_mode.set_hedged, account, hedged)

    def save_account(self, account: Account) -> None:
        self.engine.open_account(account)
        self._commit_changes()

    def reset(self) -> None:
        """Delete all accounts, orders and prices."""
        self._store.clear()
        self.engine = Engine()

    def close(self) -> None:
        self._store.close()

    def _load_engine(self) -> Engine:
        engine = Engine()
        self._store.load(engine)
        return engine

    def _save_changes(self, changes: Changes) -> None:
        try:
            self._store.save(self.engine, changes)
        except sqlite3.Error:
            # For example a full disk. The file stays the truth: the request never happened.
            self.engine = self._load_engine()
            raise

    def _run_change(
        self, change: Callable[Concatenate[Engine, P], Outcome], *args: P.args, **kwargs: P.kwargs
    ) -> Outcome:
        """Run a change of the engine as one transaction."""
        outcome = change(self.engine, *args, **kwargs)
        self._commit_changes()
        return outcome

    def _commit_changes(self) -> None:
        handled = -1
        while handled != len(self.engine.changes.events):
            handled = len(self.engine.changes.events)
            triggering.process_queued_prices(self.engine, self.now())
            pending_orders.advance_lists(self.engine, self.now())
        changes = self.engine.take_changes()
        if changes:
            self._save_changes(changes)
        for listener in tuple(self._listeners):
            listener(changes)
