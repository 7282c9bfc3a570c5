"""Market data in the JSON of Binance's streams."""

from exchanges.simulator.binance import market_rows
from exchanges.simulator.binance.market_rows import Json
from exchanges.simulator.decimals import write_8
from exchanges.simulator.engine.market_history import INTERVALS, Candle, MarketHistory
from exchanges.simulator.markets.market import Market
from exchanges.simulator.markets.symbols import wire_symbol
from exchanges.simulator.orders.orders import PublicTrade

# The letters of the ticker stream and the fields of the REST ticker.
TICKER_FIELDS = {
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
MINI_TICKER_FIELDS = ("c", "o", "h", "l", "v", "q")


def ticker_frame(market: Market, history: MarketHistory, now: int) -> Json:
    row = market_rows.day_ticker_row(market, history, now)
    head = {"e": "24hrTicker", "E": now, "s": market.symbol.venue_name}
    return head | {letter: row[name] for letter, name in TICKER_FIELDS.items()}


def mini_ticker_frame(market: Market, history: MarketHistory, now: int) -> Json:
    row = market_rows.day_ticker_row(market, history, now)
    head = {"e": "24hrMiniTicker", "E": now, "s": market.symbol.venue_name}
    return head | {letter: row[TICKER_FIELDS[letter]] for letter in MINI_TICKER_FIELDS}


def book_ticker_frame(market: Market) -> Json:
    bid, bid_quantity, ask, ask_quantity = market_rows.find_best_offers(market)
    return {
        "u": market.update_id,
        "s": market.symbol.venue_name,
        **write_8(b=bid, B=bid_quantity, a=ask, A=ask_quantity),
    }


def trade_frame(trade: PublicTrade, now: int) -> Json:
    return {
        "e": "trade",
        "E": now,
        "s": wire_symbol(trade.symbol),
        "t": trade.id,
        **write_8(p=trade.price, q=trade.quantity),
        "T": trade.time,
        "m": trade.buyer_is_maker,
        "M": True,
    }


def aggregate_trade_frame(trade: PublicTrade, now: int) -> Json:
    head = {"e": "aggTrade", "E": now, "s": wire_symbol(trade.symbol)}
    return {**head, **market_rows.aggregate_trade_row(trade), "M": True}


def candle_frame(symbol: str, interval: str, candle: Candle, now: int, closed: bool) -> Json:
    half_volume = candle.volume / 2
    row = {
        "t": candle.start,
        "T": candle.start + INTERVALS[interval] - 1,
        "s": symbol,
        "i": interval,
        "f": -1,
        "L": -1,
        **write_8(o=candle.open, c=candle.close, h=candle.high, l=candle.low, v=candle.volume),
        "n": candle.trades,
        "x": closed,
        **write_8(q=candle.turnover, V=half_volume, Q=half_volume * candle.close),
        "B": "0",
    }
    return {"e": "kline", "E": now, "s": symbol, "k": row}


def partial_depth_frame(market: Market, levels: int) -> Json:
    return {"lastUpdateId": market.update_id, **market_rows.depth_fields(market, levels)}
