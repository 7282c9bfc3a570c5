"""Public endpoints: time, instruments, tickers, order books, candles, trades."""

from exchanges.simulator.accounts.ledger import next_funding_time
from exchanges.simulator.bybit.errors import invalid_parameter
from exchanges.simulator.bybit.gateway import Call
from exchanges.simulator.bybit.params import read_integer, read_text
from exchanges.simulator.bybit.rows import Json
from exchanges.simulator.bybit.symbols import Category, find_market, list_markets
from exchanges.simulator.decimals import EIGHT_PLACES, format_plain, write_plain
from exchanges.simulator.engine.market_history import Candle, MarketHistory
from exchanges.simulator.markets.market import Market, write_levels
from exchanges.simulator.markets.symbols import SETTLEMENT_ASSET, Contract
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
        if market.is_listed
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
            **write_plain(basePrecision=symbol.step, quotePrecision=EIGHT_PLACES),
            **write_plain(minOrderQty=symbol.min_quantity, maxOrderQty=symbol.max_quantity),
            **write_plain(minOrderAmt=symbol.min_notional, maxOrderAmt=symbol.max_notional),
            "maxLimitOrderQty": format_plain(symbol.max_quantity),
            "maxMarketOrderQty": format_plain(symbol.max_market_quantity),
        },
        "priceFilter": {"tickSize": format_plain(symbol.tick)},
        "riskParameters": {"priceLimitRatioX": "0.05", "priceLimitRatioY": "0.1"},
    }


def _contract_fields(contract: Contract) -> Json:
    tick, largest = contract.tick, contract.max_quantity
    return {
        "contractType": "LinearPerpetual",
        "launchTime": "1585526400000",
        "deliveryTime": "0",
        "deliveryFeeRate": "",
        "priceScale": str(-int(tick.normalize().as_tuple().exponent)),
        "leverageFilter": {
            "minLeverage": "1",
            "maxLeverage": f"{contract.max_leverage}.00",
            "leverageStep": "0.01",
        },
        "priceFilter": write_plain(minPrice=tick, maxPrice=contract.max_price, tickSize=tick),
        "lotSizeFilter": {
            **write_plain(maxOrderQty=largest, minOrderQty=contract.min_quantity),
            **write_plain(qtyStep=contract.step, postOnlyMaxOrderQty=largest),
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
    markets, history = list_markets(call.engine, category), call.simulation.history
    if name:
        markets = {name: find_market(call.engine, category, name)}
    rows = [ticker_row(n, m, category, history, call.now) for n, m in markets.items()]
    if category == "linear":
        rates, upcoming = call.engine.ledger.rates, str(next_funding_time(call.now))
        for row, market in zip(rows, markets.values(), strict=True):
            row |= {"fundingRate": format_plain(rates[market.symbol.name])}
            row |= {"nextFundingTime": upcoming, "fundingIntervalHour": "8"}
    return {"category": category, "list": rows}


def ticker_row(
    name: str, market: Market, category: Category, history: MarketHistory, now: int
) -> Json:
    day = history.summarize_day(market, now)
    change = (market.price - day.open) / day.open
    bids = write_levels(market.compute_depth("BUY", 1), format_plain) or [["", ""]]
    asks = write_levels(market.compute_depth("SELL", 1), format_plain) or [["", ""]]
    (bid, bid_size), (ask, ask_size) = bids[0], asks[0]
    row: Json = {
        "symbol": name,
        "lastPrice": format_plain(market.price),
        **{"bid1Price": bid, "bid1Size": bid_size, "ask1Price": ask, "ask1Size": ask_size},
        "prevPrice24h": format_plain(day.open),
        "price24hPcnt": f"{change:.4f}",
        **write_plain(highPrice24h=day.high, lowPrice24h=day.low),
        **write_plain(turnover24h=day.volume * market.price, volume24h=day.volume),
    }
    if category == "spot":
        return row | {"usdIndexPrice": format_plain(market.price)}
    row |= dict.fromkeys(("markPrice", "indexPrice", "prevPrice1h"), format_plain(market.price))
    zero_fields = ("openInterest", "openInterestValue", "fundingRate", "nextFundingTime")
    return row | dict.fromkeys(zero_fields, "0")


def get_order_book(call: Call) -> object:
    name = read_text(call.params, "symbol")
    market = find_market(call.engine, call.category, name)
    limit = min(read_integer(call.params, "limit") or 1, 200)
    return {**book_row(name, market, limit), "ts": call.now, "cts": call.now}


def book_row(name: str, market: Market, limit: int) -> Json:
    return {
        "s": name,
        "b": write_levels(market.compute_depth("BUY", limit), format_plain),
        "a": write_levels(market.compute_depth("SELL", limit), format_plain),
        **dict.fromkeys(("u", "seq"), market.update_id),
    }


def get_candles(call: Call) -> object:
    """Answer with candles, newest first."""
    name = read_text(call.params, "symbol")
    market = find_market(call.engine, call.category, name)
    rows = [candle_row(candle) for candle in list_candles(call, market)]
    return {"category": call.category, "symbol": name, "list": rows}


def list_candles(call: Call, market: Market) -> list[Candle]:
    """Return the requested candles of a market, newest first."""
    interval = read_text(call.params, "interval")
    if interval not in INTERVALS_BY_NAME:
        raise invalid_parameter("interval")
    start, end = read_integer(call.params, "start"), read_integer(call.params, "end")
    span, history = INTERVALS_BY_NAME[interval], call.simulation.history
    candles = history.list_candles_between(market, span, call.now, start, end)
    limit = min(read_integer(call.params, "limit") or 200, 1000)
    return candles[::-1][:limit]


def candle_row(candle: Candle) -> list[str]:
    amounts = (*candle.prices, candle.volume, candle.turnover)
    return [str(candle.start), *map(format_plain, amounts)]


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
        **write_plain(price=trade.price, size=trade.quantity),
        "side": "Sell" if trade.buyer_is_maker else "Buy",
        "time": str(trade.time),
        **dict.fromkeys(("isBlockTrade", "isRPITrade"), False),
    }
