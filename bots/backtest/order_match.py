"""Decide at which price an order is filled by a candle, and when in it. Pure.

The order of the prices inside a candle is not known, so the worse one is assumed: an order that
waits is filled only if the price went beyond its limit, and a stop as soon as it is touched.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from bots.strategies.decisions import Market, Place, Side


@dataclass(frozen=True, kw_only=True, slots=True)
class PastCandle:
    """The prices of a period that began at `at`."""

    at: datetime
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class BacktestTerms:
    """The money of a back-test and its costs, as shares of an amount: 0.001 is 0.1 %."""

    money: Decimal
    maker: Decimal
    taker: Decimal
    slippage: Decimal


class Match(NamedTuple):
    """The fill of an order by a candle; at its open, or at an unknown moment inside."""

    price: Decimal
    is_maker: bool
    at_open: bool


@dataclass(slots=True)
class TrailMark:
    """The best price since a trailing stop was placed, known up to the candle before."""

    price: Decimal | None = None


@dataclass(frozen=True, slots=True)
class OrderMatcher:
    """Match orders with candles, in the venue's price steps."""

    market: Market
    slippage: Decimal

    def match_order(
        self, place: Place, candle: PastCandle, trail: TrailMark, *, is_new: bool
    ) -> Match | None:
        """Return the fill, or None. A new order was placed at the close before this candle."""
        if place.type == "market":
            return self._fill_at_market(place.side, candle.open, at_open=True)
        if place.type == "trailing_stop":
            return self._match_trail(place, candle, trail)
        if place.trigger_price is not None:
            return self._match_trigger(place, candle, place.trigger_price)
        return self._match_limit(place, candle, is_new=is_new)

    def worsen_price(self, side: Side, price: Decimal) -> Decimal:
        """Move a price against the order by the slippage, to whole price steps."""
        if side == "buy":
            return self.market.round_price_up(price * (1 + self.slippage))
        return self.market.round_price_down(price * (1 - self.slippage))

    def _match_limit(self, place: Place, candle: PastCandle, *, is_new: bool) -> Match | None:
        """Fill a limit order; a new one that the price is beyond takes what is offered."""
        limit, buys = place.price, place.side == "buy"
        if limit is None:
            return None
        opens_beyond = candle.open < limit if buys else candle.open > limit
        if opens_beyond and is_new:
            price = self.worsen_price(place.side, candle.open)
            return Match(min(price, limit) if buys else max(price, limit), False, True)
        if opens_beyond:
            return Match(limit, True, True)
        is_crossed = candle.low < limit if buys else candle.high > limit
        return Match(limit, True, False) if is_crossed else None

    def _match_trigger(self, place: Place, candle: PastCandle, trigger: Decimal) -> Match | None:
        """Fill a stop loss or a take profit at the market, once its price is touched."""
        rises = (place.side == "buy") == (place.type == "stop_loss")
        if candle.open >= trigger if rises else candle.open <= trigger:
            return self._fill_at_market(place.side, candle.open, at_open=True)
        if candle.high >= trigger if rises else candle.low <= trigger:
            return self._fill_at_market(place.side, trigger, at_open=False)
        return None

    def _match_trail(self, place: Place, candle: PastCandle, trail: TrailMark) -> Match | None:
        """Follow the best price, and fill once the price turns by the distance.

        First against the best price of the candles before, then, since the close comes last,
        the close against the best price of this one.
        """
        buys, share = place.side == "buy", (place.trailing_percent or Decimal(0)) / 100
        factor = 1 + share if buys else 1 - share
        best = candle.open if trail.price is None else trail.price
        turn = best * factor
        if candle.open >= turn if buys else candle.open <= turn:
            return self._fill_at_market(place.side, candle.open, at_open=True)
        if candle.high >= turn if buys else candle.low <= turn:
            return self._fill_at_market(place.side, turn, at_open=False)
        trail.price = min(best, candle.low) if buys else max(best, candle.high)
        turn = trail.price * factor
        if candle.close >= turn if buys else candle.close <= turn:
            return self._fill_at_market(place.side, turn, at_open=False)
        return None

    def _fill_at_market(self, side: Side, price: Decimal, *, at_open: bool) -> Match:
        return Match(self.worsen_price(side, price), False, at_open)
