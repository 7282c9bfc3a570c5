"""Binance USD-M's wallet, positions and settings."""

from decimal import Decimal

from exchanges.simulator.accounts.accounts import Account
from exchanges.simulator.accounts.positions import Position
from exchanges.simulator.binance import params as read
from exchanges.simulator.binance.errors import BinanceError
from exchanges.simulator.binance.futures.rows import plain
from exchanges.simulator.binance.futures.symbols import contract, wanted
from exchanges.simulator.binance.gateway import Call
from exchanges.simulator.binance.market_rows import Json
from exchanges.simulator.decimals import ZERO, floor8, wire
from exchanges.simulator.engine import margin
from exchanges.simulator.engine.engine import Engine
from exchanges.simulator.engine.margin import (
    LeverageRefused,
    MarginModeRefused,
    NothingToChange,
    contract_of,
)
from exchanges.simulator.markets.contracts import SETTLED_IN, Contract

TOTALLED = (
    "initialMargin",
    "maintMargin",
    "walletBalance",
    "marginBalance",
    "positionInitialMargin",
    "openOrderInitialMargin",
    "crossWalletBalance",
    "crossUnPnl",
)
NO_LISTEN_KEY = (-1125, "This listenKey does not exist.")


def account(call: Call) -> object:
    holder = call.account
    asset = _asset_row(call)
    totals = {f"total{name[0].upper()}{name[1:]}": asset[name] for name in TOTALLED}
    return {
        "feeTier": 0,
        "canTrade": holder.permissions.futures,
        "canDeposit": True,
        "canWithdraw": holder.permissions.withdrawals,
        "multiAssetsMargin": False,
        "tradeGroupId": -1,
        "updateTime": 0,
        **totals,
        "totalUnrealizedProfit": asset["unrealizedProfit"],
        "availableBalance": asset["availableBalance"],
        "maxWithdrawAmount": asset["maxWithdrawAmount"],
        "assets": [asset],
        "positions": [
            position_row(call, market.symbol.name, account_style=True) for market in wanted(call)
        ],
    }


def balance(call: Call) -> object:
    asset = _asset_row(call)
    return [
        {
            "accountAlias": "SgsR",
            "asset": SETTLED_IN,
            "balance": asset["walletBalance"],
            "crossWalletBalance": asset["crossWalletBalance"],
            "crossUnPnl": asset["crossUnPnl"],
            "availableBalance": asset["availableBalance"],
            "maxWithdrawAmount": asset["maxWithdrawAmount"],
            "marginAvailable": True,
            "updateTime": call.account.updated,
        }
    ]


def position_risk(call: Call) -> object:
    """Version 2: every contract, held or not."""
    return [position_row(call, market.symbol.name) for market in wanted(call)]


def held_positions(call: Call) -> object:
    """Version 3: those with a position or an open order, without leverage and kind of margin."""
    rows = []
    for market in wanted(call):
        name, engine = market.symbol.name, call.simulation.venue.engine
        if call.account.position(name).quantity or margin.of_orders(engine, call.account, name):
            row = position_row(call, name)
            rows.append({k: v for k, v in row.items() if k not in ("leverage", "marginType")})
    return rows


def leverage_brackets(call: Call) -> object:
    engine = call.simulation.venue.engine
    rows = [_brackets(contract_of(engine, market.symbol.name)) for market in wanted(call)]
    return rows[0] if call.params.get("symbol") else rows


def set_leverage(call: Call) -> object:
    wished, one = read.whole(call.params, "leverage"), contract(call)
    if wished is None:
        read.text(call.params, "leverage")
    try:
        call.simulation.venue.set_leverage(call.account, one, wished or 0)
    except LeverageRefused as refusal:
        raise BinanceError(-4028, f"Leverage {wished} is not valid") from refusal
    most = one.max_notional
    return {"symbol": one.venue_name, "leverage": wished, "maxNotionalValue": plain(most)}


def set_margin_type(call: Call) -> object:
    kind, one = read.text(call.params, "marginType"), contract(call)
    if kind not in ("ISOLATED", "CROSSED"):
        raise BinanceError(-1106, "Invalid marginType.")
    try:
        call.simulation.venue.set_isolated(call.account, one, kind == "ISOLATED")
    except NothingToChange as refusal:
        raise BinanceError(-4046, "No need to change margin type.") from refusal
    except MarginModeRefused as refusal:
        text = "Margin type cannot be changed if there exists position."
        if not call.account.position(one.name).quantity:
            text = "Margin type cannot be changed if there exists open orders."
        raise BinanceError(-4048 if "position" in text else -4047, text) from refusal
    return {"code": 200, "msg": "success"}


def position_mode(_: Call) -> object:
    return {"dualSidePosition": False}


def set_position_mode(call: Call) -> object:
    if call.params.get("dualSidePosition", "").lower() == "true":
        raise BinanceError(-4067, "Position side cannot be changed: this venue knows one way only.")
    raise BinanceError(-4059, "No need to change position side.")


def assets_mode(_: Call) -> object:
    return {"multiAssetsMargin": False}


def commission_rate(call: Call) -> object:
    return {
        "symbol": contract(call).venue_name,
        "makerCommissionRate": str(call.account.contract_maker_fee),
        "takerCommissionRate": str(call.account.contract_taker_fee),
    }


def symbol_config(call: Call) -> object:
    rows = []
    for market in wanted(call):
        position = call.account.position(market.symbol.name)
        one = contract_of(call.simulation.venue.engine, market.symbol.name)
        row = {
            "symbol": one.venue_name,
            "marginType": "ISOLATED" if position.isolated else "CROSSED",
            "isAutoAddMargin": False,
            "leverage": position.leverage,
            "maxNotionalValue": plain(one.max_notional),
        }
        rows.append(row)
    return rows


def create_listen_key(call: Call) -> object:
    return {"listenKey": call.simulation.listen_keys.create(call.account.key, call.now)}


def extend_listen_key(call: Call) -> object:
    key = call.simulation.listen_keys.extend(call.account.key, call.now)
    if key is None:
        raise BinanceError(*NO_LISTEN_KEY)
    return {"listenKey": key}


def close_listen_key(call: Call) -> object:
    call.simulation.listen_keys.close(call.account.key)
    return {}


def position_row(call: Call, name: str, *, account_style: bool = False) -> Json:
    engine, holder = call.simulation.venue.engine, call.account
    one, position = contract_of(engine, name), holder.position(name)
    mark = engine.markets[name].price
    entry, gain = plain(floor8(position.entry)), wire(position.unrealised(mark))
    row: Json = {
        "symbol": one.venue_name,
        "positionSide": "BOTH",
        "positionAmt": plain(position.quantity),
        "entryPrice": entry,
        "breakEvenPrice": entry,
        "markPrice": plain(mark),
        "liquidationPrice": plain(margin.liquidation_price(one, holder, position)),
        "leverage": str(position.leverage),
        "maxNotionalValue": plain(one.max_notional),
        "marginType": "isolated" if position.isolated else "cross",
        "isolatedMargin": wire(_isolated(position, mark)),
        "isAutoAddMargin": "false",
        "notional": wire(position.quantity * mark),
        "isolatedWallet": wire(margin.of_position(position, mark) if position.isolated else ZERO),
        "updateTime": position.updated,
    }
    profit = "unrealizedProfit" if account_style else "unRealizedProfit"
    return {**row, profit: gain, **_margins(engine, holder, one, position)}


def _margins(engine: Engine, holder: Account, one: Contract, position: Position) -> Json:
    mark = engine.markets[one.name].price
    held, orders = margin.of_position(position, mark), margin.of_orders(engine, holder, one.name)
    return {
        "initialMargin": wire(held + orders),
        "maintMargin": wire(margin.maintenance(one, position, mark)),
        "positionInitialMargin": wire(held),
        "openOrderInitialMargin": wire(orders),
    }


def _isolated(position: Position, mark: Decimal) -> Decimal:
    if not position.isolated:
        return ZERO
    return margin.of_position(position, mark) + position.unrealised(mark)


def _asset_row(call: Call) -> Json:
    engine, holder = call.simulation.venue.engine, call.account
    held = orders = kept = gain = ZERO
    for name, position in list(holder.positions.items()):
        mark = engine.markets[name].price
        held += margin.of_position(position, mark)
        orders += margin.of_orders(engine, holder, name)
        kept += margin.maintenance(contract_of(engine, name), position, mark)
        gain += position.unrealised(mark)
    free = margin.free(engine, holder)
    return {
        "asset": SETTLED_IN,
        "walletBalance": wire(holder.wallet),
        "unrealizedProfit": wire(gain),
        "marginBalance": wire(holder.wallet + gain),
        "maintMargin": wire(kept),
        "initialMargin": wire(held + orders),
        "positionInitialMargin": wire(held),
        "openOrderInitialMargin": wire(orders),
        "crossWalletBalance": wire(holder.wallet),
        "crossUnPnl": wire(gain),
        "availableBalance": wire(free),
        "maxWithdrawAmount": wire(min(free, holder.wallet)),
        "marginAvailable": True,
        "updateTime": holder.updated,
    }


def _brackets(one: Contract) -> Json:
    bracket = {
        "bracket": 1,
        "initialLeverage": one.max_leverage,
        "notionalCap": int(one.max_notional),
        "notionalFloor": 0,
        "maintMarginRatio": float(one.maintenance),
        "cum": 0.0,
    }
    return {"symbol": one.venue_name, "brackets": [bracket]}
