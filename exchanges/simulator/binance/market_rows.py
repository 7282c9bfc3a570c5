"""Prices in Binance's words, for REST and for the streams."""

from decimal import Decimal

from exchanges.simulator.decimals import ZERO, wire
from exchanges.simulator.engine.market_history import Candle, Tape
from exchanges.simulator.markets.market import Market
from exchanges.simulator.orders.orders import PublicTrade

Json = dict[str, object]

DAY_LENGTH = 86_400_000


def best(market: Market) -> tuple[Decimal, Decimal, Decimal, Decimal]:
    """Best bid and its quantity, best ask and its quantity; zero where there is none."""
    bids, asks = market.depth("BUY", 1), market.depth("SELL", 1)
    bid, ask = bids[0] if bids else (ZERO, ZERO), asks[0] if asks else (ZERO, ZERO)
    return *bid, *ask


def book_ticker(market: Market) -> Json:
    bid, bid_quantity, ask, ask_quantity = best(market)
    return {
        "symbol": market.symbol.name,
        "bidPrice": wire(bid),
        "bidQty": wire(bid_quantity),
        "askPrice": wire(ask),
        "askQty": wire(ask_quantity),
    }


def day_ticker(market: Market, tape: Tape, now: int) -> Json:
    candles = tape.candles(market, "1h", now)[-24:]
    opened = candles[0].open
    volume = sum((candle.volume for candle in candles), ZERO)
    change = market.price - opened
    last_id = market.next_trade_id - 1
    count = sum(candle.trades for candle in candles)
    return {
        "symbol": market.symbol.name,
        "priceChange": wire(change),
        "priceChangePercent": f"{change / opened * 100:.3f}",
        "weightedAvgPrice": wire((market.price + opened) / 2),
        "prevClosePrice": wire(opened),
        "lastPrice": wire(market.price),
        "lastQty": wire(candles[-1].volume),
        **{name: value for name, value in book_ticker(market).items() if name != "symbol"},
        "openPrice": wire(opened),
        "highPrice": wire(max(candle.high for candle in candles)),
        "lowPrice": wire(min(candle.low for candle in candles)),
        "volume": wire(volume),
        "quoteVolume": wire(volume * market.price),
        "openTime": now - DAY_LENGTH,
        "closeTime": now,
        "firstId": last_id - count,
        "lastId": last_id,
        "count": count,
    }


def public_trade_row(trade: PublicTrade) -> Json:
    return {
        "id": trade.id,
        "price": wire(trade.price),
        "qty": wire(trade.quantity),
        "quoteQty": wire(trade.quote),
        "time": trade.time,
        "isBuyerMaker": trade.buyer_is_maker,
        "isBestMatch": True,
    }


def candle_row(candle: Candle, length: int) -> list[object]:
    half = candle.volume / 2
    return [
        candle.start,
        wire(candle.open),
        wire(candle.high),
        wire(candle.low),
        wire(candle.close),
        wire(candle.volume),
        candle.start + length - 1,
        wire(candle.volume * candle.close),
        candle.trades,
        wire(half),
        wire(half * candle.close),
        "0",
    ]
