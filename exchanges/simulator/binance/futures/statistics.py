"""Public figures of contracts: open interest, who is long or short, what the index is made of."""

from decimal import Decimal

from exchanges.simulator.binance.gateway import Call
from exchanges.simulator.binance.market import build_rows, find_market, list_requested_markets
from exchanges.simulator.binance.market_rows import Json
from exchanges.simulator.binance.params import read_choice, read_limit
from exchanges.simulator.decimals import format_8, format_plain
from exchanges.simulator.engine.market_history import INTERVALS
from exchanges.simulator.engine.open_interest import compute_long_share, compute_open_interest
from exchanges.simulator.markets.market import Market

PERIODS = ("5m", "15m", "30m", "1h", "2h", "4h", "6h", "12h", "1d")
SHARE_DIGITS = Decimal("0.0001")


def get_open_interest(call: Call) -> object:
    market = find_market(call)
    held = compute_open_interest(call.engine, market.symbol.name)
    return {
        "symbol": market.symbol.venue_name,
        "openInterest": format_plain(held),
        "time": call.now,
    }


def get_open_interest_history(call: Call) -> object:
    """Answer with the present open interest: the past of it is not kept."""
    market, start = _read_period(call)
    held = compute_open_interest(call.engine, market.symbol.name)
    return [
        {
            "symbol": market.symbol.venue_name,
            "sumOpenInterest": format_8(held),
            "sumOpenInterestValue": format_8(held * market.price),
            "timestamp": start,
        }
    ]


def get_long_short_ratio(call: Call) -> object:
    """Answer with how many accounts are long and short now: the past of it is not kept."""
    market, start = _read_period(call)
    share = compute_long_share(call.engine, market.symbol.name).quantize(SHARE_DIGITS)
    ratio = share / (1 - share) if share != 1 else share
    return [
        {
            "symbol": market.symbol.venue_name,
            "longAccount": str(share),
            "shortAccount": str(1 - share),
            "longShortRatio": str(ratio.quantize(SHARE_DIGITS)),
            "timestamp": start,
        }
    ]


def get_index_constituents(call: Call) -> object:
    """Answer that the index is the price of the venue's own spot market."""
    name = find_market(call).symbol.venue_name
    price = format_plain(call.engine.spot[name].price)
    constituent = {"exchange": "simulated", "symbol": name, "price": price, "weight": "1"}
    return {"symbol": name, "time": call.now, "constituents": [constituent]}


def get_liquidation_queue(call: Call) -> object:
    """Answer that no position stands in the queue of those that are reduced first."""
    rows: list[Json] = [
        {"symbol": market.symbol.venue_name, "adlQuantile": {position.side: 0}}
        for market in list_requested_markets(call)
        for position in call.account.list_positions(market.symbol.name)
        if position.quantity
    ]
    return rows[0] if rows and call.params.get("symbol") else rows


def get_liquidation_risk(call: Call) -> object:
    """Answer that the risk of being reduced is low everywhere: nobody is liquidated here."""
    risk = {"adlRisk": "low", "updateTime": call.now}
    return build_rows(call, lambda market: {"symbol": market.symbol.venue_name, **risk})


def _read_period(call: Call) -> tuple[Market, int]:
    """Return the market, and the start of the present period."""
    market, period = find_market(call), read_choice(call.params, "period", PERIODS, -1130)
    read_limit(call.params, 30, 500)
    return market, call.now - call.now % INTERVALS[period]
