"""Endpoints of contract positions, their leverage, and the account's margin mode."""

from decimal import Decimal

from exchanges.simulator.accounts.accounts import Account
from exchanges.simulator.accounts.positions import Position
from exchanges.simulator.bybit.errors import BybitError, invalid_parameter, missing_parameter
from exchanges.simulator.bybit.gateway import Call
from exchanges.simulator.bybit.params import cut_page, read_decimal, read_text
from exchanges.simulator.bybit.rows import POSITION_INDEXES, Json
from exchanges.simulator.bybit.symbols import Category, find_market, list_markets
from exchanges.simulator.decimals import format_plain
from exchanges.simulator.engine import margin, position_mode
from exchanges.simulator.engine.engine import Engine
from exchanges.simulator.markets.symbols import SETTLEMENT_ASSET, wire_symbol

POSITION_MODES = {"0": False, "3": True}
MARGIN_MODES = {"REGULAR_MARGIN": False, "ISOLATED_MARGIN": True}


def get_positions(call: Call) -> object:
    """Answer with the position of a symbol, open or not, or with the open ones of a coin."""
    if call.category in ("inverse", "option"):
        return {"category": call.category, "list": [], "nextPageCursor": ""}
    category = _read_contract_category(call)
    name, settle_coin = read_text(call.params, "symbol", ""), call.params.get("settleCoin")
    if not name and not settle_coin:
        raise missing_parameter("symbol or settleCoin")
    account, markets = call.account, list_markets(call.engine, category)
    if name:
        positions = account.list_positions(find_market(call.engine, category, name).symbol.name)
    else:
        names = {m.symbol.name for m in markets.values() if m.symbol.quote == settle_coin}
        open_positions = [p for p in account.positions.values() if p.quantity]
        positions = [p for p in open_positions if p.contract in names]
    rows = [position_row(call.engine, account, position) for position in positions]
    page, cursor = cut_page(call.params, rows, rows.index, (20, 200))
    return {"category": category, "list": page, "nextPageCursor": cursor}


def set_leverage(call: Call) -> object:
    category, name = _read_contract_category(call), read_text(call.params, "symbol")
    market = find_market(call.engine, category, name)
    contract = margin.get_contract(call.engine, market.symbol.name)
    buy, sell = (read_decimal(call.params, name) for name in ("buyLeverage", "sellLeverage"))
    if not buy or buy != sell or buy % 1:
        raise invalid_parameter("buyLeverage or sellLeverage")
    if call.account.list_positions(contract.name)[0].leverage == buy:
        raise BybitError(110043, "leverage not modified")
    try:
        call.venue.set_leverage(call.account, contract, int(buy))
    except margin.LeverageRefused:
        limit = contract.max_leverage * 100
        message = f"cannot set leverage [{buy * 100}] gt maxLeverage [{limit}] by risk limit"
        raise BybitError(110013, message) from None
    return {}


def set_symbol_margin_mode(call: Call) -> object:
    """Refuse as Bybit does: only classic accounts have a margin mode per symbol."""
    raise BybitError(100028, "The API operation is forbidden under unified account")


def set_position_mode(call: Call) -> object:
    """Switch all contracts of a coin; this venue keeps one mode for all, not one per symbol."""
    _read_contract_category(call)
    mode = str(call.params.get("mode"))
    if mode not in POSITION_MODES:
        raise invalid_parameter("mode")
    if call.params.get("symbol") or call.params.get("coin") != SETTLEMENT_ASSET:
        raise BybitError(10001, "This simulated venue switches positions by coin=USDT only")
    try:
        call.venue.set_hedged(call.account, POSITION_MODES[mode])
    except position_mode.PositionModeUnchanged as error:
        raise BybitError(110025, "Position mode is not modified") from error
    except position_mode.PositionsOpen as error:
        message = "You have an existing position, so the position mode cannot be switched"
        raise BybitError(110024, message) from error
    except position_mode.OrdersOpen as error:
        message = "You have existing orders, so the position mode cannot be switched"
        raise BybitError(110028, message) from error
    return {}


def set_margin_mode(call: Call) -> object:
    """Set the margin mode of all contracts, unless any has a position or order."""
    isolated = MARGIN_MODES.get(read_text(call.params, "setMarginMode"))
    if isolated is None:
        raise invalid_parameter("setMarginMode")
    account, engine = call.account, call.engine
    names_in_use = [name for name in engine.contracts if _is_in_use(engine, account, name)]
    if names_in_use and margin_mode(account) != read_text(call.params, "setMarginMode"):
        raise BybitError(3400045, "Set margin mode failed: close positions and orders first")
    for name in engine.contracts:
        if account.list_positions(name)[0].isolated != isolated:
            call.venue.set_isolated(account, margin.get_contract(engine, name), isolated)
    return {"reasons": []}


def set_auto_margin(call: Call) -> object:
    """Leave automatic margin off; it cannot be switched on here."""
    category, name = _read_contract_category(call), read_text(call.params, "symbol")
    find_market(call.engine, category, name)
    if str(call.params.get("autoAddMargin")) != "0":
        raise BybitError(10001, "This simulated venue adds no margin by itself")
    return {}


def margin_mode(account: Account) -> str:
    isolated = any(position.isolated for position in account.positions.values())
    return "ISOLATED_MARGIN" if isolated else "REGULAR_MARGIN"


def position_row(engine: Engine, account: Account, position: Position) -> Json:
    """Build a position; a closed one has no side."""
    market = engine.contracts[position.contract]
    contract, mark = margin.get_contract(engine, position.contract), market.price
    is_open = bool(position.quantity)
    initial_margin = margin.compute_position_margin(position, mark)
    liquidation = margin.compute_liquidation_price(contract, account, position)
    return {
        "positionIdx": POSITION_INDEXES[position.side],
        "riskId": 1,
        "riskLimitValue": "2000000",
        "symbol": wire_symbol(position.contract),
        "side": ("Buy" if position.quantity > 0 else "Sell") if is_open else "",
        "size": format_plain(abs(position.quantity)),
        "avgPrice": format_plain(position.entry_price.quantize(Decimal("1e-8"))),
        "positionValue": format_plain(abs(position.cost)),
        "tradeMode": 0,
        "autoAddMargin": 0,
        "positionStatus": "Normal",
        "leverage": str(position.leverage),
        "markPrice": format_plain(mark),
        "liqPrice": format_plain(liquidation) if liquidation else "",
        **dict.fromkeys(("positionIM", "positionBalance"), format_plain(initial_margin)),
        "positionMM": format_plain(margin.compute_maintenance(contract, position, mark)),
        "tpslMode": "Full",
        **dict.fromkeys(("bustPrice", "takeProfit", "stopLoss"), ""),
        **dict.fromkeys(("mmrSysUpdatedTime", "leverageSysUpdatedTime"), ""),
        "trailingStop": "0",
        "unrealisedPnl": format_plain(position.compute_unrealised(mark)) if is_open else "",
        **dict.fromkeys(("curRealisedPnl", "cumRealisedPnl"), format_plain(position.realised)),
        "adlRankIndicator": 2 if is_open else 0,
        "isReduceOnly": False,
        "createdTime": str(account.created),
        "updatedTime": str(position.updated),
        "seq": position.updated,
    }


def _is_in_use(engine: Engine, account: Account, name: str) -> bool:
    orders = engine.records.list_open_orders(account.key, name)
    return bool(orders) or any(position.quantity for position in account.list_positions(name))


def _read_contract_category(call: Call) -> Category:
    if call.category != "linear":
        raise invalid_parameter("category")
    return call.category
