"""Bybit's endpoints about positions: list, leverage, and the margin mode of the whole account."""

from exchanges.simulator.accounts.accounts import Account
from exchanges.simulator.bybit import params as read
from exchanges.simulator.bybit.errors import BybitError, missing, wrong
from exchanges.simulator.bybit.gateway import Call
from exchanges.simulator.bybit.holdings import position_row
from exchanges.simulator.bybit.symbols import Category, book, books
from exchanges.simulator.engine.engine import Engine
from exchanges.simulator.engine.margin import LeverageRefused, get_contract

MODES = {"REGULAR_MARGIN": False, "ISOLATED_MARGIN": True}


def positions(call: Call) -> object:
    """Of one symbol, held or not; of a coin, only what is held."""
    category = _contracts_only(call)
    name, settled = read.text(call.params, "symbol", ""), call.params.get("settleCoin")
    if not name and not settled:
        raise missing("symbol or settleCoin")
    account, markets = call.account, books(call.engine, category)
    if name:
        chosen = [account.get_position(book(call.engine, category, name).symbol.name)]
    else:
        own = [m.symbol.name for m in markets.values() if m.symbol.quote == settled]
        chosen = [one for one in account.positions.values() if one.contract in own and one.quantity]
    rows = [position_row(call.engine, account, one) for one in chosen]
    shown, cursor = read.page(call.params, rows, rows.index, usual=20, most=200)
    return {"category": category, "list": shown, "nextPageCursor": cursor}


def set_leverage(call: Call) -> object:
    market = book(call.engine, _contracts_only(call), read.text(call.params, "symbol"))
    contract = get_contract(call.engine, market.symbol.name)
    buy, sell = (read.number(call.params, name) for name in ("buyLeverage", "sellLeverage"))
    if not buy or buy != sell or buy % 1:
        raise wrong("buyLeverage or sellLeverage")
    if call.account.get_position(contract.name).leverage == buy:
        raise BybitError(110043, "leverage not modified")
    try:
        call.simulation.venue.set_leverage(call.account, contract, int(buy))
    except LeverageRefused:
        limit = contract.max_leverage * 100
        words = f"cannot set leverage [{buy * 100}] gt maxLeverage [{limit}] by risk limit"
        raise BybitError(110013, words) from None
    return {}


def switch_isolated(call: Call) -> object:
    """Only accounts of the old kind have it per symbol."""
    raise BybitError(100028, "The API operation is forbidden under unified account")


def switch_mode(call: Call) -> object:
    if str(call.params.get("mode")) != "0":
        raise BybitError(10001, "This simulated venue has one-way positions only")
    raise BybitError(110025, "Position mode is not modified")


def set_margin_mode(call: Call) -> object:
    """For everything at once, or not at all."""
    isolated = MODES.get(read.text(call.params, "setMarginMode"))
    if isolated is None:
        raise wrong("setMarginMode")
    account, engine = call.account, call.engine
    busy = [name for name in engine.contracts if _in_use(engine, account, name)]
    if busy and margin_mode(account) != read.text(call.params, "setMarginMode"):
        raise BybitError(3400045, "Set margin mode failed: close positions and orders first")
    for name in engine.contracts:
        if account.get_position(name).isolated != isolated:
            call.simulation.venue.set_isolated(account, get_contract(engine, name), isolated)
    return {"reasons": []}


def margin_mode(account: Account) -> str:
    isolated = any(position.isolated for position in account.positions.values())
    return "ISOLATED_MARGIN" if isolated else "REGULAR_MARGIN"


def _in_use(engine: Engine, account: Account, name: str) -> bool:
    return bool(
        account.get_position(name).quantity or engine.records.list_open_orders(account.key, name)
    )


def _contracts_only(call: Call) -> Category:
    if call.category != "linear":
        raise wrong("category")
    return call.category
