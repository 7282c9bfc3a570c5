"""Figures of contracts: open interest, who is long or short, risk limits and price limits."""

from decimal import Decimal

from exchanges.simulator.bybit.errors import invalid_parameter
from exchanges.simulator.bybit.gateway import Call
from exchanges.simulator.bybit.params import read_choice, read_text
from exchanges.simulator.bybit.rows import Json
from exchanges.simulator.bybit.symbols import find_market, list_markets
from exchanges.simulator.decimals import floor_to, format_plain
from exchanges.simulator.engine.margin import get_contract
from exchanges.simulator.engine.market_history import INTERVALS
from exchanges.simulator.engine.open_interest import compute_long_share, compute_open_interest
from exchanges.simulator.markets.market import Market

PERIODS = {"5min": "5m", "15min": "15m", "30min": "30m", "1h": "1h", "4h": "4h", "1d": "1d"}
SHARE_DIGITS = Decimal("0.0001")


def get_open_interest(call: Call) -> object:
    """Answer with the present open interest: the past of it is not kept."""
    market, start = _read_contract(call), _read_period(call, "intervalTime")
    held = compute_open_interest(call.engine, market.symbol.name)
    row = {"openInterest": format_plain(held), "timestamp": str(start)}
    page = {"list": [row], "nextPageCursor": ""}
    return {"symbol": market.symbol.venue_name, "category": "linear", **page}


def get_long_short_ratio(call: Call) -> object:
    """Answer with which part of the accounts is long and short now."""
    market, start = _read_contract(call), _read_period(call, "period")
    share = compute_long_share(call.engine, market.symbol.name).quantize(SHARE_DIGITS)
    ratios = {"buyRatio": str(share), "sellRatio": str(1 - share)}
    row = {"symbol": market.symbol.venue_name, **ratios, "timestamp": str(start)}
    return {"list": [row], "nextPageCursor": ""}


def get_risk_limits(call: Call) -> object:
    """Answer with the one level of risk that each contract has."""
    category, requested = call.category, read_text(call.params, "symbol", "")
    if category not in ("linear", "inverse"):
        raise invalid_parameter("category")
    markets = list_markets(call.engine, category)
    if requested:
        markets = {requested: find_market(call.engine, category, requested)}
    rows = [_risk_row(call, name, market) for name, market in markets.items()]
    return {"category": category, "list": rows, "nextPageCursor": ""}


def _risk_row(call: Call, name: str, market: Market) -> Json:
    contract = get_contract(call.engine, market.symbol.name)
    return {
        **{"id": 1, "symbol": name, "isLowestRisk": 1, "mmDeduction": ""},
        "riskLimitValue": format_plain(contract.max_notional),
        "maintenanceMargin": format_plain(contract.maintenance),
        "initialMargin": str((1 / Decimal(contract.max_leverage)).quantize(SHARE_DIGITS)),
        "maxLeverage": f"{contract.max_leverage}.00",
    }


def get_price_limits(call: Call) -> object:
    name = read_text(call.params, "symbol")
    category = call.category if call.params.get("category") else "linear"
    market = find_market(call.engine, category, name)
    symbol = market.symbol
    highest, lowest = market.price * symbol.price_up, market.price * symbol.price_down
    limits = {"buyLmt": floor_to(highest, symbol.tick), "sellLmt": floor_to(lowest, symbol.tick)}
    written = {field: format_plain(limit) for field, limit in limits.items()}
    return {"symbol": name, **written, "ts": str(call.now)}


def get_insurance(call: Call) -> object:
    """Answer with no fund: nobody is liquidated here."""
    return {"updatedTime": str(call.now), "list": []}


def _read_contract(call: Call) -> Market:
    if call.category != "linear":
        raise invalid_parameter("category")
    return find_market(call.engine, "linear", read_text(call.params, "symbol"))


def _read_period(call: Call, name: str) -> int:
    """Return the start of the present period."""
    length = INTERVALS[read_choice(call.params, name, PERIODS)]
    return call.now - call.now % length
