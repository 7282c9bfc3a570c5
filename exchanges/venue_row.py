"""A venue's row: its markets, what each of them can do, and what its requests cost. No ccxt."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal


@dataclass(frozen=True, kw_only=True, slots=True)
class Weights:
    """The cost of each request in the venue's own units; a list costs this for every page."""

    per_minute: int
    page: int
    per: Literal["address", "key"]  # the venue counts all requests of an address, or of one key
    per_address: tuple[int, int] | None = None  # a second limit: this many in this many seconds
    all_open: int = 1
    open_of_symbol: int = 1
    one_order: int = 1
    fills_of_order: int = 1
    holdings: int = 1  # balances, and positions where there are any
    statement: int = 0  # what moved the money; 0: we read none here
    prices: int = 1  # the last prices of all symbols
    candles: int = 2
    depth: int = 5  # the best levels of a book
    conditional_list: int = 0  # 0: conditional orders are in the same list as the others


# For a venue that we only poll, we assume little; many list open orders by symbol only.
POLLED_WEIGHTS: Final = Weights(per_minute=60, page=50, per="address", all_open=60)


@dataclass(frozen=True, kw_only=True, slots=True)
class SwitchSpec:
    """A venue's way of cancelling orders by itself when a client falls silent."""

    least: int  # seconds
    most: int
    weight: int = 1  # of a renewal
    per_symbol: bool = False  # each symbol has a countdown of its own
    by_socket: bool = False  # it counts from the loss of the private socket; nothing is renewed


@dataclass(frozen=True, kw_only=True, slots=True)
class MarketSpec:
    """One market of a venue; the code that needs ccxt is named by its dotted path."""

    connect: str  # the function that makes a ccxt client
    adapter: str
    prices: str = ""  # the Dialect of its public streams; empty: prices are polled
    weights: Weights = POLLED_WEIGHTS
    trailing: bool = False  # a stop can follow the price
    by_quote: bool = False  # a market order can be sized by what it spends
    states_trades: bool = True  # its statement has trades and fees too
    good_till: int = 0  # it ends orders at a time that is so many seconds away; 0: never
    amends: bool = False  # an open limit order can be given another price and amount
    replaces: Literal["", "waiting", "all"] = ""  # which it changes by a cancel and a new order
    holds_pairs: bool = False  # two exits are placed in one request, and one ends the other
    listen_key: bool = False  # its private stream is opened by a listen key
    switch: SwitchSpec | None = None  # its dead man's switch
    no_listen_key: str = ""  # why there is none, where users may expect one


@dataclass(frozen=True, kw_only=True, slots=True)
class Venue:
    """A venue's row: everything that shared code must know about it."""

    name: str
    label: str
    markets: Mapping[str, MarketSpec]
    passphrase: bool | None = None  # whether its keys have one; None: some do
    signs_with_private_keys: bool = False  # its keys may be Ed25519 or RSA
    one_wallet: bool = False  # two keys of one account show the same money in all markets
    is_polled: bool = False  # we know no more of it than ccxt does
    stream_connects: tuple[int, float] = (30, 60)  # streams opened from one address, in seconds
    connects_per_market: bool = False  # each market has an address and a limit of its own

    def has_trailing_stops(self, market: str) -> bool:
        return market in self.markets and self.markets[market].trailing

    def has_quote_orders(self, market: str) -> bool:
        return market in self.markets and self.markets[market].by_quote

    def can_expire(self, market: str, seconds: float) -> bool:
        """Tell whether the venue itself ends an order at a time that is so far away."""
        least = self.markets[market].good_till if market in self.markets else 0
        return 0 < least < seconds

    def can_amend(self, market: str) -> bool:
        return market in self.markets and self.markets[market].amends

    def replaces_amended(self, market: str, *, is_waiting: bool) -> bool:
        """Tell whether an order is changed by ending it and placing another of the same name."""
        replaces = self.markets[market].replaces if market in self.markets else ""
        return replaces == "all" or (replaces == "waiting" and is_waiting)

    def holds_pairs(self, market: str) -> bool:
        return market in self.markets and self.markets[market].holds_pairs

    def get_switch(self, market: str) -> SwitchSpec | None:
        """Return how this market's dead man's switch works, if it has one."""
        return self.markets[market].switch if market in self.markets else None

    def has_listen_keys(self, market: str) -> bool:
        return market in self.markets and self.markets[market].listen_key
