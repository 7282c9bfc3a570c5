"""Endpoints of positions, their leverage and their margin mode."""

from decimal import Decimal

from exchanges.simulator.accounts.accounts import Account
from exchanges.simulator.accounts.positions import Position
from exchanges.simulator.binance.errors import BinanceError
from exchanges.simulator.binance.futures.symbols import find_contract, list_requested_markets
from exchanges.simulator.binance.gateway import Call
from exchanges.simulator.binance.market_rows import Json
from exchanges.simulator.binance.params import read_integer, read_text
from exchanges.simulator.decimals import ZERO, floor_to_8, format_8, format_plain
from exchanges.simulator.engine import margin
from exchanges.simulator.engine.engine import Engine
from exchanges.simulator.engine.margin import (
    LeverageRefused,
    MarginModeRefused,
    MarginModeUnchanged,
    get_contract,
)
from exchanges.simulator.markets.contracts import Contract


def get_all_positions(call: Call) -> object:
    """Version 2: every contract, held or not."""
    return [position_row(call, market.symbol.name) for market in list_requested_markets(call)]


def get_positions(call: Call) -> object:
    """Version 3: those with a position or an open order, without leverage and kind of margin."""
    rows = []
    for market in list_requested_markets(call):
        name, engine = market.symbol.name, call.simulation.venue.engine
        if call.account.get_position(name).quantity or margin.compute_order_margin(
            engine, call.account, name
        ):
            row = position_row(call, name)
            rows.append({k: v for k, v in row.items() if k not in ("leverage", "marginType")})
    return rows


def get_leverage_brackets(call: Call) -> object:
    engine = call.simulation.venue.engine
    rows = [
        _bracket_row(get_contract(engine, market.symbol.name))
        for market in list_requested_markets(call)
    ]
    return rows[0] if call.params.get("symbol") else rows


def set_leverage(call: Call) -> object:
    wished, one = read_integer(call.params, "leverage"), find_contract(call)
    if wished is None:
        read_text(call.params, "leverage")
    try:
        call.simulation.venue.set_leverage(call.account, one, wished or 0)
    except LeverageRefused as refusal:
        raise BinanceError(-4028, f"Leverage {wished} is not valid") from refusal
    most = one.max_notional
    return {"symbol": one.venue_name, "leverage": wished, "maxNotionalValue": format_plain(most)}


def set_margin_mode(call: Call) -> object:
    kind, one = read_text(call.params, "marginType"), find_contract(call)
    if kind not in ("ISOLATED", "CROSSED"):
        raise BinanceError(-1106, "Invalid marginType.")
    try:
        call.simulation.venue.set_isolated(call.account, one, kind == "ISOLATED")
    except MarginModeUnchanged as refusal:
        raise BinanceError(-4046, "No need to change margin type.") from refusal
    except MarginModeRefused as refusal:
        text = "Margin type cannot be changed if there exists position."
        if not call.account.get_position(one.name).quantity:
            text = "Margin type cannot be changed if there exists open orders."
        raise BinanceError(-4048 if "position" in text else -4047, text) from refusal
    return {"code": 200, "msg": "success"}


def get_position_mode(_: Call) -> object:
    return {"dualSidePosition": False}


def set_position_mode(call: Call) -> object:
    if call.params.get("dualSidePosition", "").lower() == "true":
        raise BinanceError(-4067, "Position side cannot be changed: this venue knows one way only.")
    raise BinanceError(-4059, "No need to change position side.")


def get_symbol_config(call: Call) -> object:
    rows = []
    for market in list_requested_markets(call):
        position = call.account.get_position(market.symbol.name)
        one = get_contract(call.simulation.venue.engine, market.symbol.name)
        row = {
            "symbol": one.venue_name,
            "marginType": "ISOLATED" if position.isolated else "CROSSED",
            "isAutoAddMargin": False,
            "leverage": position.leverage,
            "maxNotionalValue": format_plain(one.max_notional),
        }
        rows.append(row)
    return rows


def position_row(call: Call, name: str, *, account_style: bool = False) -> Json:
    engine, holder = call.simulation.venue.engine, call.account
    one, position = get_contract(engine, name), holder.get_position(name)
    mark = engine.markets[name].price
    entry, gain = (
        format_plain(floor_to_8(position.entry_price)),
        format_8(position.compute_unrealised(mark)),
    )
    row: Json = {
        "symbol": one.venue_name,
        "positionSide": "BOTH",
        "positionAmt": format_plain(position.quantity),
        "entryPrice": entry,
        "breakEvenPrice": entry,
        "markPrice": format_plain(mark),
        "liquidationPrice": format_plain(margin.compute_liquidation_price(one, holder, position)),
        "leverage": str(position.leverage),
        "maxNotionalValue": format_plain(one.max_notional),
        "marginType": "isolated" if position.isolated else "cross",
        "isolatedMargin": format_8(_isolated_margin(position, mark)),
        "isAutoAddMargin": "false",
        "notional": format_8(position.quantity * mark),
        "isolatedWallet": format_8(
            margin.compute_position_margin(position, mark) if position.isolated else ZERO
        ),
        "updateTime": position.updated,
    }
    profit = "unrealizedProfit" if account_style else "unRealizedProfit"
    return {**row, profit: gain, **_margin_fields(engine, holder, one, position)}


def _margin_fields(engine: Engine, holder: Account, one: Contract, position: Position) -> Json:
    mark = engine.markets[one.name].price
    held, orders = (
        margin.compute_position_margin(position, mark),
        margin.compute_order_margin(engine, holder, one.name),
    )
    return {
        "initialMargin": format_8(held + orders),
        "maintMargin": format_8(margin.compute_maintenance(one, position, mark)),
        "positionInitialMargin": format_8(held),
        "openOrderInitialMargin": format_8(orders),
    }


def _isolated_margin(position: Position, mark: Decimal) -> Decimal:
    if not position.isolated:
        return ZERO
    return margin.compute_position_margin(position, mark) + position.compute_unrealised(mark)


def _bracket_row(one: Contract) -> Json:
    bracket = {
        "bracket": 1,
        "initialLeverage": one.max_leverage,
        "notionalCap": int(one.max_notional),
        "notionalFloor": 0,
        "maintMarginRatio": float(one.maintenance),
        "cum": 0.0,
    }
    return {"symbol": one.venue_name, "brackets": [bracket]}
