"""The types between us and any venue: its reports, our requests, its errors. No ccxt."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, Literal, Protocol

from exchanges.order_terms import OrderTerms

Side = Literal["buy", "sell"]
PositionSide = Literal["net", "long", "short"]
CONDITIONAL_PREFIX: Final = "algo:"  # before the id of an order in a book of those that wait
CONDITIONAL: Final = frozenset({"stop_loss", "take_profit", "trailing_stop"})
TradingKind = Literal["trade", "funding", "interest", "rebate", "fee_refund"]
StatementKind = TradingKind | Literal["deposit", "withdrawal", "transfer", "other"]
ReportStatus = Literal[
    "new", "partially_filled", "filled", "canceled", "expired", "rejected", "unknown"
]


@dataclass(frozen=True, kw_only=True, slots=True)
class FillReport:
    """A venue's report of one fill."""

    symbol: str
    trade_id: str
    exchange_order_id: str
    side: Side
    price: Decimal
    quantity: Decimal
    fee: Decimal | None
    fee_currency: str | None
    is_maker: bool | None
    executed_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class OrderReport(OrderTerms):
    """A venue's report of one order at one moment. It is never an instruction."""

    symbol: str
    exchange_order_id: str
    client_order_id: str | None = None
    side: Side
    type: str
    status: ReportStatus
    raw_status: str | None = None
    price: Decimal | None = None
    quantity: Decimal | None = None
    filled: Decimal | None = None
    cost: Decimal | None = None
    reported_at: datetime | None = None
    fills: tuple[FillReport, ...] = ()
    raw: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class BalanceReport:
    """A venue's report of one currency: the free and the held amount."""

    currency: str
    free: Decimal
    held: Decimal
    cash: Decimal | None = None  # without what open positions have won or lost; None: free + held
    reported_at: datetime | None = None  # since when this is so; None: the venue does not say


@dataclass(frozen=True, kw_only=True, slots=True)
class PositionReport:
    """A venue's report of a position: below zero is short, zero closed, None as known before."""

    symbol: str
    quantity: Decimal
    entry_price: Decimal | None = None
    mark_price: Decimal | None = None
    liquidation_price: Decimal | None = None
    unrealised: Decimal | None = None
    leverage: Decimal | None = None
    margin_mode: str | None = None
    side: PositionSide = "net"  # in hedge mode a symbol has a long and a short one
    reported_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class StatementRow:
    """A line of a venue's statement: how much one asset changed, fees included, and why."""

    id: str  # the venue's own, unique for the account
    kind: StatementKind
    asset: str
    amount: Decimal
    at: datetime
    symbol: str = ""  # empty: it belongs to no instrument
    trade_id: str = ""
    is_own: bool = True  # False: of an instrument that another key of the account trades


@dataclass(frozen=True, kw_only=True, slots=True)
class StreamUpdate:
    """The reports in one message of a venue's own stream."""

    orders: tuple[OrderReport, ...] = ()
    balances: tuple[BalanceReport, ...] = ()
    positions: tuple[PositionReport, ...] = ()
    needs_holdings: bool = False  # balances or positions changed, and it did not say to what
    needs_orders: bool = False  # a row of an order could not be read, so orders must be asked for


OnUpdate = Callable[[StreamUpdate], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class KeyReport:
    """A venue's report of a key's permissions."""

    can_read: bool
    can_trade: bool | None  # None: this venue has no way to ask
    can_withdraw: bool | None
    ip_restricted: bool | None


@dataclass(frozen=True, kw_only=True, slots=True)
class SymbolRules:
    """The steps and limits that a venue sets for one symbol."""

    symbol: str
    base: str
    quote: str
    price_step: Decimal
    quantity_step: Decimal
    min_quantity: Decimal
    min_cost: Decimal
    most_leverage: int | None = None  # of contracts, where the venue says it to everybody
    venue_name: str = ""  # the venue's own name of the symbol
    quote_step: Decimal = Decimal(0)  # of an order sized by what it spends; 0: not said
    contract_size: Decimal = Decimal(1)  # how many coins one contract is, where it counts those


@dataclass(frozen=True, kw_only=True, slots=True)
class OrderRequest:
    """An order to place at a venue."""

    symbol: str
    side: str
    type: str
    time_in_force: str
    quantity: Decimal  # 0 of a market order sized by `quote_amount`
    price: Decimal | None
    client_order_id: str
    quote_amount: Decimal | None = None  # what a purchase spends, or a sale brings
    trigger_price: Decimal | None = None  # stop_loss, take_profit; with a price: a limit after it
    trailing_percent: Decimal | None = None  # trailing_stop
    good_till: datetime | None = None  # of GTD, where the venue itself ends it
    reduce_only: bool = False
    position_side: str = ""  # long or short, where the account holds both

    @property
    def is_conditional(self) -> bool:
        return self.type in CONDITIONAL


@dataclass(frozen=True, kw_only=True, slots=True)
class OrderName:
    """The ids of an order: a venue is asked by its own id if we know it, else by ours."""

    symbol: str
    client_order_id: str
    exchange_order_id: str | None
    is_conditional: bool = False  # waits for its trigger: some venues keep those in another book

    @property
    def is_in_other_book(self) -> bool:
        """Tell whether the order is in the book of conditional orders, if the venue has one."""
        if self.exchange_order_id:
            return self.exchange_order_id.startswith(CONDITIONAL_PREFIX)
        return self.is_conditional

    def to_params(self, theirs: str, ours: str) -> dict[str, str]:
        """Return the parameter that names the order: the venue's id if known, else ours."""
        if self.exchange_order_id:
            return {theirs: self.exchange_order_id.removeprefix(CONDITIONAL_PREFIX)}
        return {ours: self.client_order_id}


class VenueError(Exception):
    """A request that failed at a venue or on the way to it. The text holds no secrets."""


class RequestRefused(VenueError):
    """The venue understood and said no; final."""


class ReplacementRefused(RequestRefused):
    """The venue ended the order for a change, and refused the one that should take its place."""


class SymbolNotTraded(RequestRefused):
    """The venue's own list, just read, does not have the symbol: nothing was asked."""


class PositionModeMismatch(RequestRefused):
    """The order names a side of a position, and the account has one of each; or the reverse."""


class DuplicateClientOrderId(VenueError):
    """The venue already has an order of this name: an earlier attempt landed. Look it up."""


class NotFound(VenueError):
    """The venue answered, and it has no such order: confirmed absent."""


class UnknownOutcome(VenueError):
    """The venue's answer is missing or unclear: the request may have been carried out or not."""


class KeyInvalid(VenueError):
    """The venue does not accept this key, or not for this."""


class VenueDown(VenueError):
    """The venue cannot be asked now: nothing is known, nothing changes."""


class RequestNotSent(VenueDown):
    """The request did not leave; the same one may be sent again."""


class RateLimitError(VenueDown):
    """The venue told us to wait: everyone behind this address, or only this key."""

    def __init__(self, message: str, *, until: datetime, everyone: bool = True) -> None:
        super().__init__(message)
        self.until = until
        self.everyone = everyone


class Adapter(Protocol):
    """An adapter for one key. Each call sends the venue one request, or raises VenueError.

    `listen` is the exception: it follows the venue's own stream until that breaks, and then raises.
    Only some venues open a stream by a listen key; the others refuse the last three.
    """

    async def place_order(self, request: OrderRequest) -> OrderReport: ...

    async def place_pair(
        self, requests: Sequence[OrderRequest], *, name: str
    ) -> Sequence[OrderReport]: ...

    async def cancel_order(self, order: OrderName) -> OrderReport: ...

    async def amend_order(self, order: OrderName, wanted: OrderRequest) -> OrderReport: ...

    async def fetch_order(self, order: OrderName) -> OrderReport: ...

    async def fetch_open_orders(
        self, symbol: str | None, *, conditional: bool = False
    ) -> Sequence[OrderReport]: ...

    async def fetch_fills(self, order: OrderName) -> Sequence[FillReport]: ...

    async def fetch_balances(self) -> Sequence[BalanceReport]: ...

    async def fetch_positions(self) -> Sequence[PositionReport]: ...

    def venue_time(self) -> datetime: ...

    async def fetch_statement(self, since: datetime) -> Sequence[StatementRow]: ...

    async def set_leverage(self, symbol: str, *, leverage: int, margin_mode: str) -> None: ...

    async def fetch_position_mode(self) -> bool | None: ...  # hedged? None: it has no positions

    async def set_position_mode(self, *, hedged: bool) -> None: ...

    async def set_switch(self, seconds: int, symbol: str | None) -> None: ...  # 0: off

    async def guard_stream(self, *, on: bool) -> None: ...

    async def follow_stream(
        self, on_update: OnUpdate, *, connected: Callable[[], None]
    ) -> None: ...

    async def fetch_permissions(self) -> KeyReport: ...

    async def fetch_rules(self) -> Sequence[SymbolRules]: ...

    async def fetch_prices(self) -> Mapping[str, str]: ...

    async def create_listen_key(self) -> str: ...
    async def keep_listen_key(self, listen_key: str) -> None: ...
    async def close_listen_key(self, listen_key: str) -> None: ...
