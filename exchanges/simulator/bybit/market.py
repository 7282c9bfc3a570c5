"""Public endpoints: time, instruments, tickers, order books, candles, trades."""

from itertools import islice

from exchanges.simulator.bybit.errors import invalid_parameter
from exchanges.simulator.bybit.gateway import Call
from exchanges.simulator.bybit.params import read_integer, read_text
from exchanges.simulator.bybit.rows import Json
from exchanges.simulator.bybit.symbols import Category, find_market, list_markets
from exchanges.simulator.decimals import ZERO, format_plain
from exchanges.simulator.engine.market_history import INTERVALS, Candle, MarketHistory
from exchanges.simulator.markets.contracts import SETTLEMENT_ASSET, Contract
from exchanges.simulator.markets.market import Market
from exchanges.simulator.orders.orders import PublicTrade

INTERVALS_BY_NAME = {
    "1": "1m", "3": "3m", "5": "5m", "15": "15m", "30": "30m", "60": "1h", "120": "2h",
    "240": "4h", "360": "6h", "720": "12h", "D": "1d", "W": "1w",
}  # fmt: skip


def get_time(call: Call) -> object:
    return {"timeSecond": str(call.now // 1000), "timeNano": str(call.now * 1_000_000)}


def get_instruments(call: Call) -> object:
    """Answer with instruments: all of spot, contracts in pages of 500, unless limited."""
    category = call.category
    requested = read_text(call.params, "symbol", "")
    rows = [
        _instrument_row(name, market, category)
        for name, market in list_markets(call.engine, category).items()
        if requested in ("", name) and call.params.get("status") in (None, "", "Trading")
    ]
    start = read_integer(call.params, "cursor") or 0
    limit = read_integer(call.params, "limit") or (len(rows) if category == "spot" else 500)
    page = rows[start : start + limit]
    next_cursor = str(start + limit) if start + limit < len(rows) else ""
    return {"category": category, "list": page, "nextPageCursor": next_cursor}


def _instrument_row(name: str, market: Market, category: Category) -> Json:
    symbol = market.symbol
    row = {"symbol": name, "baseCoin": symbol.base, "quoteCoin": symbol.quote, "status": "Trading"}
    if isinstance(symbol, Contract):
        return row | _contract_fields(symbol)
    return row | {
        "innovation": "0",
        "marginTrading": "none",
        "stTag": "0",
        "lotSizeFilter": {
            "basePrecision": format_plain(symbol.step),
            "quotePrecision": "0.00000001",
            "minOrderQty": format_plain(symbol.min_quantity),
            "maxOrderQty": format_plain(symbol.max_quantity),
            "minOrderAmt": format_plain(symbol.min_notional),
            "maxOrderAmt": format_plain(symbol.max_notional),
            "maxLimitOrderQty": format_plain(symbol.max_quantity),
            "maxMarketOrderQty": format_plain(symbol.max_market_quantity),
        },
        "priceFilter": {"tickSize": format_plain(symbol.tick)},
        "riskParameters": {"priceLimitRatioX": "0.05", "priceLimitRatioY": "0.1"},
    }


def _contract_fields(contract: Contract) -> Json:
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
            "minPrice": format_plain(contract.tick),
            "maxPrice": format_plain(contract.max_price),
            "tickSize": format_plain(contract.tick),
        },
        "lotSizeFilter": {
            "maxOrderQty": format_plain(contract.max_quantity),
            "minOrderQty": format_plain(contract.min_quantity),
            "qtyStep": format_plain(contract.step),
            "postOnlyMaxOrderQty": format_plain(contract.max_quantity),
            "maxMktOrderQty": format_plain(contract.max_market_quantity),
            "minNotionalValue": format_plain(contract.min_notional),
        },
        "unifiedMarginTrade": True,
        "fundingInterval": 480,
        "settleCoin": SETTLEMENT_ASSET,
        "copyTrading": "none",
        "upperFundingRate": "0.00375",
        "lowerFundingRate": "-0.00375",
        "isPreListing": False,
    }


def get_tickers(call: Call) -> object:
    category = call.category
    name = read_text(call.params, "symbol", "")
    markets = (
        {name: find_market(call.engine, category, name)}
        if name
        else list_markets(call.engine, category)
    )
    history = call.simulation.history
    rows = [
        ticker_row(name, market, category, history, call.now) for name, market in markets.items()
    ]
    return {"category": category, "list": rows}


def ticker_row(
    name: str, market: Market, category: Category, history: MarketHistory, now: int
) -> Json:
    candles = history.list_candles(market, "1h", now)[-24:]
    volume = sum((candle.volume for candle in candles), ZERO)
    change = (market.price - candles[0].open) / candles[0].open
    bids, asks = market.compute_depth("BUY", 1), market.compute_depth("SELL", 1)
    row: Json = {
        "symbol": name,
        "lastPrice": format_plain(market.price),
        "bid1Price": format_plain(bids[0][0]) if bids else "",
        "bid1Size": format_plain(bids[0][1]) if bids else "",
        "ask1Price": format_plain(asks[0][0]) if asks else "",
        "ask1Size": format_plain(asks[0][1]) if asks else "",
        "prevPrice24h": format_plain(candles[0].open),
        "price24hPcnt": f"{change:.4f}",
        "highPrice24h": format_plain(max(candle.high for candle in candles)),
        "lowPrice24h": format_plain(min(candle.low for candle in candles)),
        "turnover24h": format_plain(volume * market.price),
        "volume24h": format_plain(volume),
    }
    if category == "spot":
        return row | {"usdIndexPrice": format_plain(market.price)}
    price_fields = ("markPrice", "indexPrice", "prevPrice1h")
    zero_fields = {"openInterest": "0", "openInterestValue": "0", "fundingRate": "0"}
    return (
        row
        | dict.fromkeys(price_fields, format_plain(market.price))
        | zero_fields
        | {"nextFundingTime": "0"}
    )


def get_order_book(call: Call) -> object:
    name = read_text(call.params, "symbol")
    market = find_market(call.engine, call.category, name)
    limit = min(read_integer(call.params, "limit") or 1, 200)
    return {**book_row(name, market, limit), "ts": call.now, "cts": call.now}


def book_row(name: str, market: Market, limit: int) -> Json:
    return {
        "s": name,
        "b": [
            [format_plain(price), format_plain(size)]
            for price, size in market.compute_depth("BUY", limit)
        ],
        "a": [
            [format_plain(price), format_plain(size)]
            for price, size in market.compute_depth("SELL", limit)
        ],
        "u": market.update_id,
        "seq": market.update_id,
    }


def get_candles(call: Call) -> object:
    """Answer with candles, newest first."""
    name, interval = read_text(call.params, "symbol"), read_text(call.params, "interval")
    market = find_market(call.engine, call.category, name)
    if interval not in INTERVALS_BY_NAME:
        raise invalid_parameter("interval")
    start, end = read_integer(call.params, "start"), read_integer(call.params, "end")
    candles = [
        candle
        for candle in reversed(
            call.simulation.history.list_candles(market, INTERVALS_BY_NAME[interval], call.now)
        )
        if (start is None or candle.start >= start) and (end is None or candle.start <= end)
    ]
    limit = min(read_integer(call.params, "limit") or 200, 1000)
    rows = [candle_row(candle) for candle in islice(candles, limit)]
    return {"category": call.category, "symbol": name, "list": rows}


def candle_row(candle: Candle) -> list[str]:
    prices = (candle.open, candle.high, candle.low, candle.close)
    turnover = candle.volume * candle.close
    return [str(candle.start), *map(format_plain, (*prices, candle.volume, turnover))]


def candle_length(interval: str) -> int:
    return INTERVALS[INTERVALS_BY_NAME[interval]]


def get_trades(call: Call) -> object:
    name = read_text(call.params, "symbol")
    market = find_market(call.engine, call.category, name)
    limit = min(read_integer(call.params, "limit") or 60, 60)
    trades = reversed(call.simulation.history.list_trades(market.symbol.name, limit))
    return {"category": call.category, "list": [_trade_row(name, trade) for trade in trades]}


def _trade_row(name: str, trade: PublicTrade) -> Json:
    return {
        "execId": str(trade.id),
        "symbol": name,
        "price": format_plain(trade.price),
        "size": format_plain(trade.quantity),
        "side": "Sell" if trade.buyer_is_maker else "Buy",
        "time": str(trade.time),
        "isBlockTrade": False,
        "isRPITrade": False,
    }
