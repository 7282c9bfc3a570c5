"""Endpoints of positions, their leverage and their margin mode."""

from collections.abc import Iterable

from exchanges.simulator.accounts.accounts import Account
from exchanges.simulator.accounts.positions import Position
from exchanges.simulator.binance.errors import BinanceError
from exchanges.simulator.binance.gateway import Call
from exchanges.simulator.binance.market import list_requested_markets, read_symbol
from exchanges.simulator.binance.market_rows import Json
from exchanges.simulator.binance.params import read_choice, read_integer, read_text
from exchanges.simulator.decimals import (
    ZERO,
    floor_to_8,
    format_8,
    format_plain,
    write_8,
    write_plain,
)
from exchanges.simulator.engine import margin, position_mode
from exchanges.simulator.engine.engine import Engine
from exchanges.simulator.markets.symbols import Contract

MODE_REFUSED = "Position side cannot be changed if there exists"


def find_contract(call: Call) -> Contract:
    return margin.get_contract(call.engine, read_symbol(call))


def get_all_positions(call: Call) -> object:
    """Answer as version 2 of the endpoint: every contract, with a position or not."""
    return list_position_rows(call, [m.symbol.name for m in list_requested_markets(call)])


def get_positions(call: Call) -> object:
    """Answer as version 3: contracts with a position or open order, without leverage and mode."""
    names = [market.symbol.name for market in list_requested_markets(call)]
    positions = [position for name in names for position in call.account.list_positions(name)]
    rows = [position_row(call, position) for position in positions if _is_in_use(call, position)]
    for row in rows:
        del row["leverage"], row["marginType"]
    return rows


def _is_in_use(call: Call, position: Position) -> bool:
    order_margin = margin.compute_order_margin(call.engine, call.account, position)
    return bool(position.quantity or order_margin)


def list_position_rows(
    call: Call, names: Iterable[str], *, account_style: bool = False
) -> list[Json]:
    """Build the rows of contracts: one for each, or one for each side of a hedged account."""
    positions = [position for name in names for position in call.account.list_positions(name)]
    return [position_row(call, position, account_style=account_style) for position in positions]


def get_leverage_brackets(call: Call) -> object:
    names = [market.symbol.name for market in list_requested_markets(call)]
    rows = [_bracket_row(margin.get_contract(call.engine, name)) for name in names]
    return rows[0] if call.params.get("symbol") else rows


def set_leverage(call: Call) -> object:
    leverage, contract = read_integer(call.params, "leverage"), find_contract(call)
    if leverage is None:
        read_text(call.params, "leverage")
    try:
        call.venue.set_leverage(call.account, contract, leverage or 0)
    except margin.LeverageRefused as error:
        raise BinanceError(-4028, f"Leverage {leverage} is not valid") from error
    notional = format_plain(contract.max_notional)
    return {"symbol": contract.venue_name, "leverage": leverage, "maxNotionalValue": notional}


def set_margin_mode(call: Call) -> object:
    read_text(call.params, "marginType")
    contract = find_contract(call)
    margin_mode = read_choice(call.params, "marginType", ("ISOLATED", "CROSSED"), -1106)
    try:
        call.venue.set_isolated(call.account, contract, margin_mode == "ISOLATED")
    except margin.MarginModeUnchanged as error:
        raise BinanceError(-4046, "No need to change margin type.") from error
    except margin.MarginModeRefused as error:
        message = "Margin type cannot be changed if there exists position."
        if not any(row.quantity for row in call.account.list_positions(contract.name)):
            message = "Margin type cannot be changed if there exists open orders."
        raise BinanceError(-4048 if "position" in message else -4047, message) from error
    return {"code": 200, "msg": "success"}


def set_position_mode(call: Call) -> object:
    read_text(call.params, "dualSidePosition")
    hedged = call.params["dualSidePosition"].lower() == "true"
    try:
        call.venue.set_hedged(call.account, hedged)
    except position_mode.PositionModeUnchanged as error:
        raise BinanceError(-4059, "No need to change position side.") from error
    except position_mode.PositionsOpen as error:
        raise BinanceError(-4068, f"{MODE_REFUSED} position.") from error
    except position_mode.OrdersOpen as error:
        raise BinanceError(-4067, f"{MODE_REFUSED} open orders.") from error
    return {"code": 200, "msg": "success"}


def get_position_mode(call: Call) -> object:
    return {"dualSidePosition": call.account.hedged}


def get_symbol_config(call: Call) -> object:
    rows = []
    for market in list_requested_markets(call):
        position = call.account.list_positions(market.symbol.name)[0]
        contract = margin.get_contract(call.engine, market.symbol.name)
        mode = "ISOLATED" if position.isolated else "CROSSED"
        row = {"symbol": contract.venue_name, "marginType": mode, "isAutoAddMargin": False}
        notional = format_plain(contract.max_notional)
        rows.append({**row, "leverage": position.leverage, "maxNotionalValue": notional})
    return rows


def position_row(call: Call, position: Position, *, account_style: bool = False) -> Json:
    engine, account = call.engine, call.account
    contract = margin.get_contract(engine, position.contract)
    mark = engine.markets[position.contract].price
    entry_price = floor_to_8(position.entry_price)
    unrealised = position.compute_unrealised(mark)
    liquidation_price = margin.compute_liquidation_price(contract, account, position)
    isolated_wallet = ZERO
    if position.isolated:
        isolated_wallet = margin.compute_position_margin(position, mark)
    profit = "unrealizedProfit" if account_style else "unRealizedProfit"
    return {
        "symbol": contract.venue_name,
        "positionSide": position.side,
        "positionAmt": format_plain(position.quantity),
        **write_plain(entryPrice=entry_price, breakEvenPrice=entry_price),
        **write_plain(markPrice=mark, liquidationPrice=liquidation_price),
        "leverage": str(position.leverage),
        "maxNotionalValue": format_plain(contract.max_notional),
        "marginType": "isolated" if position.isolated else "cross",
        "isolatedMargin": format_8(isolated_wallet + unrealised if position.isolated else ZERO),
        "isAutoAddMargin": "false",
        **write_8(notional=position.quantity * mark, isolatedWallet=isolated_wallet),
        "updateTime": position.updated,
        profit: format_8(unrealised),
        **_margin_fields(engine, account, contract, position),
    }


def _margin_fields(
    engine: Engine, account: Account, contract: Contract, position: Position
) -> Json:
    mark = engine.markets[contract.name].price
    position_margin = margin.compute_position_margin(position, mark)
    order_margin = margin.compute_order_margin(engine, account, position)
    return {
        "initialMargin": format_8(position_margin + order_margin),
        "maintMargin": format_8(margin.compute_maintenance(contract, position, mark)),
        **write_8(positionInitialMargin=position_margin, openOrderInitialMargin=order_margin),
    }


def _bracket_row(contract: Contract) -> Json:
    bracket = {
        "bracket": 1,
        "initialLeverage": contract.max_leverage,
        "notionalCap": int(contract.max_notional),
        "notionalFloor": 0,
        "maintMarginRatio": float(contract.maintenance),
        "cum": 0.0,
    }
    return {"symbol": contract.venue_name, "brackets": [bracket]}
