"""Endpoints of swap positions, their leverage and mark prices; sizes are contracts."""

from decimal import Decimal

from exchanges.simulator.accounts.accounts import Account
from exchanges.simulator.accounts.positions import Position, PositionSnapshot
from exchanges.simulator.decimals import format_plain
from exchanges.simulator.engine import margin
from exchanges.simulator.engine.engine import Engine
from exchanges.simulator.okx.errors import OkxError, OrderRefused, invalid_parameter, order_refusal
from exchanges.simulator.okx.gateway import Call
from exchanges.simulator.okx.params import read_text
from exchanges.simulator.okx.rows import Json
from exchanges.simulator.okx.symbols import (
    Instrument,
    find_instrument,
    instrument_by_symbol,
    list_instruments,
    wire_id,
)

ENTRY_DIGITS = Decimal("1e-16")
MARGIN_MODES = ("cross", "isolated")


def get_positions(call: Call) -> object:
    inst_type, names = call.params.get("instType"), read_text(call.params, "instId", "")
    if inst_type not in (None, "", "SWAP"):
        return []
    requested = {name for name in names.split(",") if name}
    positions = call.account.positions.values()
    rows = []
    for position in positions:
        instrument = instrument_by_symbol(call.engine, position.contract)
        if position.quantity and (not requested or instrument.name in requested):
            rows.append(position_row(call.engine, call.account, position, call.now))
    return rows


def set_leverage(call: Call) -> object:
    instrument, mode = _read_swap(call), read_text(call.params, "mgnMode")
    if mode not in MARGIN_MODES:
        raise invalid_parameter("mgnMode")
    leverage = read_text(call.params, "lever")
    if not leverage.isdigit():
        raise invalid_parameter("lever")
    contract = margin.get_contract(call.engine, instrument.symbol)
    try:
        call.simulation.venue.set_leverage(call.account, contract, int(leverage))
    except margin.LeverageRefused as error:
        refusal: OrderRefused = order_refusal("leverage")
        raise OkxError(int(refusal.code), refusal.message) from error
    return [{"instId": instrument.name, "lever": leverage, "mgnMode": mode, "posSide": "net"}]


def get_leverage(call: Call) -> object:
    instrument = _read_swap(call)
    modes = read_text(call.params, "mgnMode").split(",")
    leverage = str(call.account.get_position(instrument.symbol).leverage)
    return [
        {"instId": instrument.name, "mgnMode": mode, "posSide": "net", "lever": leverage, "ccy": ""}
        for mode in modes
    ]


def get_mark_prices(call: Call) -> object:
    name = call.params.get("instId")
    return [
        {
            "instType": "SWAP",
            "instId": instrument.name,
            "markPx": format_plain(instrument.market.price),
            "ts": str(call.now),
        }
        for instrument in list_instruments(call.engine, "SWAP")
        if name in (None, "", instrument.name)
    ]


def position_row(
    engine: Engine,
    account: Account,
    position: Position,
    now: int,
    standing: PositionSnapshot | None = None,
) -> Json:
    """Build a position as it was at the event of `standing`, or else as it is now."""
    instrument, held = (
        instrument_by_symbol(engine, position.contract),
        standing.position if standing else position,
    )
    mark = standing.mark if standing else instrument.market.price
    contract = margin.get_contract(engine, instrument.symbol)
    unrealised, initial_margin = (
        held.compute_unrealised(mark),
        margin.compute_position_margin(held, mark),
    )
    value = abs(held.quantity) * mark
    return {
        **dict.fromkeys(
            ("availPos", "posCcy", "uplRatio", "mgnRatio", "adl", "liab", "liabCcy"), ""
        ),
        "instType": instrument.kind,
        "instId": instrument.name,
        "mgnMode": "isolated" if held.isolated else "cross",
        "posId": wire_id(instrument.symbol, 1),
        "posSide": "net",
        "pos": format_plain(instrument.to_wire_size(held.quantity)),
        "avgPx": format_plain(held.entry_price.quantize(ENTRY_DIGITS)) if held.quantity else "",
        "markPx": format_plain(mark),
        "last": format_plain(instrument.market.price),
        "upl": format_plain(unrealised),
        "lever": str(held.leverage),
        "liqPx": _liquidation_price(engine, account, held),
        "imr": "" if held.isolated else format_plain(initial_margin),
        "margin": format_plain(initial_margin) if held.isolated else "",
        "mmr": format_plain(margin.compute_maintenance(contract, held, mark)),
        "notionalUsd": format_plain(value),
        "realizedPnl": format_plain(held.realised),
        "ccy": instrument.quote,
        "interest": "0",
        "tradeId": "",
        "closeOrderAlgo": [],
        "cTime": str(held.updated),
        "uTime": str(held.updated),
        "pTime": str(now),
    }


def _liquidation_price(engine: Engine, account: Account, position: Position) -> str:
    price = margin.compute_liquidation_price(
        margin.get_contract(engine, position.contract), account, position
    )
    return format_plain(price) if price else ""


def _read_swap(call: Call) -> Instrument:
    instrument = find_instrument(call.engine, read_text(call.params, "instId"))
    if instrument.kind != "SWAP":
        raise invalid_parameter("instId")
    return instrument
