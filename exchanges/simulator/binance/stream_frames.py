"""Market data in the words of Binance's streams."""

from exchanges.simulator.binance.market_rows import Json, best, day_ticker
from exchanges.simulator.decimals import wire
from exchanges.simulator.engine.market_history import INTERVALS, Candle, Tape
from exchanges.simulator.markets.market import Market
from exchanges.simulator.orders.orders import PublicTrade

# The letters of the ticker stream for the fields of the REST ticker.
TICKER = {
    "p": "priceChange",
    "P": "priceChangePercent",
    "w": "weightedAvgPrice",
    "x": "prevClosePrice",
    "c": "lastPrice",
    "Q": "lastQty",
    "b": "bidPrice",
    "B": "bidQty",
    "a": "askPrice",
    "A": "askQty",
    "o": "openPrice",
    "h": "highPrice",
    "l": "lowPrice",
    "v": "volume",
    "q": "quoteVolume",
    "O": "openTime",
    "C": "closeTime",
    "F": "firstId",
    "L": "lastId",
    "n": "count",
}
MINI = ("c", "o", "h", "l", "v", "q")


def ticker(market: Market, tape: Tape, now: int) -> Json:
    row = day_ticker(market, tape, now)
    head = {"e": "24hrTicker", "E": now, "s": market.symbol.name}
    return head | {letter: row[name] for letter, name in TICKER.items()}


def mini_ticker(market: Market, tape: Tape, now: int) -> Json:
    row = day_ticker(market, tape, now)
    head = {"e": "24hrMiniTicker", "E": now, "s": market.symbol.name}
    return head | {letter: row[TICKER[letter]] for letter in MINI}


def book_ticker(market: Market) -> Json:
    bid, bid_quantity, ask, ask_quantity = best(market)
    return {
        "u": market.update_id,
        "s": market.symbol.name,
        "b": wire(bid),
        "B": wire(bid_quantity),
        "a": wire(ask),
        "A": wire(ask_quantity),
    }


def trade(trade: PublicTrade, now: int) -> Json:
    return {
        "e": "trade",
        "E": now,
        "s": trade.symbol,
        "t": trade.id,
        "p": wire(trade.price),
        "q": wire(trade.quantity),
        "T": trade.time,
        "m": trade.buyer_is_maker,
        "M": True,
    }


def aggregate_trade(trade: PublicTrade, now: int) -> Json:
    return {
        "e": "aggTrade",
        "E": now,
        "s": trade.symbol,
        "a": trade.id,
        "p": wire(trade.price),
        "q": wire(trade.quantity),
        "f": trade.id,
        "l": trade.id,
        "T": trade.time,
        "m": trade.buyer_is_maker,
        "M": True,
    }


def kline(symbol: str, interval: str, candle: Candle, now: int, closed: bool) -> Json:
    half = candle.volume / 2
    row = {
        "t": candle.start,
        "T": candle.start + INTERVALS[interval] - 1,
        "s": symbol,
        "i": interval,
        "f": -1,
        "L": -1,
        "o": wire(candle.open),
        "c": wire(candle.close),
        "h": wire(candle.high),
        "l": wire(candle.low),
        "v": wire(candle.volume),
        "n": candle.trades,
        "x": closed,
        "q": wire(candle.volume * candle.close),
        "V": wire(half),
        "Q": wire(half * candle.close),
        "B": "0",
    }
    return {"e": "kline", "E": now, "s": symbol, "k": row}


def partial_depth(market: Market, levels: int) -> Json:
    return {
        "lastUpdateId": market.update_id,
        "bids": [[wire(at), wire(quantity)] for at, quantity in market.depth("BUY", levels)],
        "asks": [[wire(at), wire(quantity)] for at, quantity in market.depth("SELL", levels)],
    }
