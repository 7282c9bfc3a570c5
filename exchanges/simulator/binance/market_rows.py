"""Prices and trades in Binance's JSON, for REST and for the streams."""

from collections.abc import Callable
from decimal import Decimal

from exchanges.simulator.decimals import ZERO, format_8, write_8
from exchanges.simulator.engine.market_history import Candle, MarketHistory
from exchanges.simulator.markets.market import Market, write_levels
from exchanges.simulator.orders.orders import PublicTrade

Json = dict[str, object]

DAY_LENGTH = 86_400_000


def find_best_offers(market: Market) -> tuple[Decimal, Decimal, Decimal, Decimal]:
    """Return best bid, its quantity, best ask, its quantity; zero where there is none."""
    bids, asks = market.compute_depth("BUY", 1), market.compute_depth("SELL", 1)
    bid, ask = bids[0] if bids else (ZERO, ZERO), asks[0] if asks else (ZERO, ZERO)
    return *bid, *ask


def book_ticker_row(market: Market) -> Json:
    bid, bid_quantity, ask, ask_quantity = find_best_offers(market)
    offers = write_8(bidPrice=bid, bidQty=bid_quantity, askPrice=ask, askQty=ask_quantity)
    return {"symbol": market.symbol.venue_name, **offers}


def day_ticker_row(market: Market, history: MarketHistory, now: int) -> Json:
    day, hour = history.summarize_day(market, now), history.list_candles(market, "1h", now)[-1]
    change, last_id = market.price - day.open, market.next_trade_id - 1
    return {
        **book_ticker_row(market),
        "priceChange": format_8(change),
        "priceChangePercent": f"{change / day.open * 100:.3f}",
        **write_8(weightedAvgPrice=(market.price + day.open) / 2, prevClosePrice=day.open),
        **write_8(lastPrice=market.price, lastQty=hour.volume),
        **write_8(openPrice=day.open, highPrice=day.high, lowPrice=day.low),
        **write_8(volume=day.volume, quoteVolume=day.volume * market.price),
        "openTime": now - DAY_LENGTH,
        "closeTime": now,
        "firstId": last_id - day.trades,
        "lastId": last_id,
        "count": day.trades,
    }


def public_trade_row(trade: PublicTrade) -> Json:
    return {
        "id": trade.id,
        **write_8(price=trade.price, qty=trade.quantity, quoteQty=trade.quote),
        "time": trade.time,
        "isBuyerMaker": trade.buyer_is_maker,
        "isBestMatch": True,
    }


def aggregate_trade_row(trade: PublicTrade, write: Callable[[Decimal], str] = format_8) -> Json:
    return {
        "a": trade.id,
        "p": write(trade.price),
        "q": write(trade.quantity),
        "f": trade.id,
        "l": trade.id,
        "T": trade.time,
        "m": trade.buyer_is_maker,
    }


def depth_fields(
    market: Market, limit: int, write: Callable[[Decimal], str] = format_8
) -> dict[str, list[list[str]]]:
    return {
        "bids": write_levels(market.compute_depth("BUY", limit), write),
        "asks": write_levels(market.compute_depth("SELL", limit), write),
    }


def candle_row(candle: Candle, length: int) -> list[object]:
    half_volume = candle.volume / 2
    return [
        candle.start,
        *map(format_8, (*candle.prices, candle.volume)),
        candle.start + length - 1,
        format_8(candle.turnover),
        candle.trades,
        *map(format_8, (half_volume, half_volume * candle.close)),
        "0",
    ]
