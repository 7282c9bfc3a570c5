"""Bybit's public answers: the clock, what can be traded, prices, books, candles, trades."""

from itertools import islice

from exchanges.simulator.bybit import params as read
from exchanges.simulator.bybit.errors import wrong
from exchanges.simulator.bybit.gateway import Call
from exchanges.simulator.bybit.rows import Json, plain
from exchanges.simulator.bybit.symbols import Category, book, books
from exchanges.simulator.decimals import ZERO
from exchanges.simulator.engine.market_history import INTERVALS, Candle, MarketHistory
from exchanges.simulator.markets.contracts import SETTLEMENT_ASSET, Contract
from exchanges.simulator.markets.market import Market
from exchanges.simulator.orders.orders import PublicTrade

SPANS = {
    "1": "1m", "3": "3m", "5": "5m", "15": "15m", "30": "30m", "60": "1h", "120": "2h",
    "240": "4h", "360": "6h", "720": "12h", "D": "1d", "W": "1w",
}  # fmt: skip


def time(call: Call) -> object:
    return {"timeSecond": str(call.now // 1000), "timeNano": str(call.now * 1_000_000)}


def instruments(call: Call) -> object:
    """All in one page unless a limit is sent; contracts have pages of 500."""
    category = call.category
    wanted = read.text(call.params, "symbol", "")
    rows = [
        instrument(name, market, category)
        for name, market in books(call.engine, category).items()
        if wanted in ("", name) and call.params.get("status") in (None, "", "Trading")
    ]
    start = read.whole(call.params, "cursor") or 0
    limit = read.whole(call.params, "limit") or (len(rows) if category == "spot" else 500)
    shown = rows[start : start + limit]
    more = str(start + limit) if start + limit < len(rows) else ""
    return {"category": category, "list": shown, "nextPageCursor": more}


def instrument(name: str, market: Market, category: Category) -> Json:
    symbol = market.symbol
    row = {
        "symbol": name,
        "baseCoin": symbol.base,
        "quoteCoin": symbol.quote,
        "status": "Trading",
    }
    if isinstance(symbol, Contract):
        return row | _contract_words(symbol)
    return row | {
        "innovation": "0",
        "marginTrading": "none",
        "stTag": "0",
        "lotSizeFilter": {
            "basePrecision": plain(symbol.step),
            "quotePrecision": "0.00000001",
            "minOrderQty": plain(symbol.min_quantity),
            "maxOrderQty": plain(symbol.max_quantity),
            "minOrderAmt": plain(symbol.min_notional),
            "maxOrderAmt": plain(symbol.max_notional),
            "maxLimitOrderQty": plain(symbol.max_quantity),
            "maxMarketOrderQty": plain(symbol.max_market_quantity),
        },
        "priceFilter": {"tickSize": plain(symbol.tick)},
        "riskParameters": {"priceLimitRatioX": "0.05", "priceLimitRatioY": "0.1"},
    }


def _contract_words(contract: Contract) -> Json:
    return {
        "contractType": "LinearPerpetual",
        "launchTime": "1585526400000",
        "deliveryTime": "0",
        "deliveryFeeRate": "",
        "priceScale": str(-int(contract.tick.normalize().as_tuple().exponent)),
        "leverageFilter": {
            "minLeverage": "1",
            "maxLeverage": f"{contract.max_leverage}.00",
            "leverageStep": "0.01",
        },
        "priceFilter": {
            "minPrice": plain(contract.tick),
            "maxPrice": plain(contract.max_price),
            "tickSize": plain(contract.tick),
        },
        "lotSizeFilter": {
            "maxOrderQty": plain(contract.max_quantity),
            "minOrderQty": plain(contract.min_quantity),
            "qtyStep": plain(contract.step),
            "postOnlyMaxOrderQty": plain(contract.max_quantity),
            "maxMktOrderQty": plain(contract.max_market_quantity),
            "minNotionalValue": plain(contract.min_notional),
        },
        "unifiedMarginTrade": True,
        "fundingInterval": 480,
        "settleCoin": SETTLEMENT_ASSET,
        "copyTrading": "none",
        "upperFundingRate": "0.00375",
        "lowerFundingRate": "-0.00375",
        "isPreListing": False,
    }


def tickers(call: Call) -> object:
    category = call.category
    name = read.text(call.params, "symbol", "")
    chosen = {name: book(call.engine, category, name)} if name else books(call.engine, category)
    tape = call.simulation.history
    rows = [ticker(at, market, category, tape, call.now) for at, market in chosen.items()]
    return {"category": category, "list": rows}


def ticker(name: str, market: Market, category: Category, tape: MarketHistory, now: int) -> Json:
    candles = tape.list_candles(market, "1h", now)[-24:]
    volume = sum((candle.volume for candle in candles), ZERO)
    change = (market.price - candles[0].open) / candles[0].open
    bids, asks = market.compute_depth("BUY", 1), market.compute_depth("SELL", 1)
    row: Json = {
        "symbol": name,
        "lastPrice": plain(market.price),
        "bid1Price": plain(bids[0][0]) if bids else "",
        "bid1Size": plain(bids[0][1]) if bids else "",
        "ask1Price": plain(asks[0][0]) if asks else "",
        "ask1Size": plain(asks[0][1]) if asks else "",
        "prevPrice24h": plain(candles[0].open),
        "price24hPcnt": f"{change:.4f}",
        "highPrice24h": plain(max(candle.high for candle in candles)),
        "lowPrice24h": plain(min(candle.low for candle in candles)),
        "turnover24h": plain(volume * market.price),
        "volume24h": plain(volume),
    }
    if category == "spot":
        return row | {"usdIndexPrice": plain(market.price)}
    marks = ("markPrice", "indexPrice", "prevPrice1h")
    nothing = {"openInterest": "0", "openInterestValue": "0", "fundingRate": "0"}
    return row | dict.fromkeys(marks, plain(market.price)) | nothing | {"nextFundingTime": "0"}


def orderbook(call: Call) -> object:
    name = read.text(call.params, "symbol")
    market = book(call.engine, call.category, name)
    limit = min(read.whole(call.params, "limit") or 1, 200)
    return {**book_row(name, market, limit), "ts": call.now, "cts": call.now}


def book_row(name: str, market: Market, limit: int) -> Json:
    return {
        "s": name,
        "b": [[plain(price), plain(size)] for price, size in market.compute_depth("BUY", limit)],
        "a": [[plain(price), plain(size)] for price, size in market.compute_depth("SELL", limit)],
        "u": market.update_id,
        "seq": market.update_id,
    }


def kline(call: Call) -> object:
    """The newest candle first."""
    name, span = read.text(call.params, "symbol"), read.text(call.params, "interval")
    market = book(call.engine, call.category, name)
    if span not in SPANS:
        raise wrong("interval")
    start, end = read.whole(call.params, "start"), read.whole(call.params, "end")
    candles = [
        candle
        for candle in reversed(call.simulation.history.list_candles(market, SPANS[span], call.now))
        if (start is None or candle.start >= start) and (end is None or candle.start <= end)
    ]
    limit = min(read.whole(call.params, "limit") or 200, 1000)
    rows = [candle_row(candle) for candle in islice(candles, limit)]
    return {"category": call.category, "symbol": name, "list": rows}


def candle_row(candle: Candle) -> list[str]:
    prices = (candle.open, candle.high, candle.low, candle.close)
    turnover = candle.volume * candle.close
    return [str(candle.start), *map(plain, (*prices, candle.volume, turnover))]


def candle_length(span: str) -> int:
    return INTERVALS[SPANS[span]]


def recent_trades(call: Call) -> object:
    name = read.text(call.params, "symbol")
    market = book(call.engine, call.category, name)
    limit = min(read.whole(call.params, "limit") or 60, 60)
    trades = reversed(call.simulation.history.list_trades(market.symbol.name, limit))
    return {"category": call.category, "list": [_trade_row(name, trade) for trade in trades]}


def _trade_row(name: str, trade: PublicTrade) -> Json:
    return {
        "execId": str(trade.id),
        "symbol": name,
        "price": plain(trade.price),
        "size": plain(trade.quantity),
        "side": "Sell" if trade.buyer_is_maker else "Buy",
        "time": str(trade.time),
        "isBlockTrade": False,
        "isRPITrade": False,
    }
