"""Endpoints of swap positions, their leverage and mark prices; sizes are contracts."""

from decimal import Decimal

from exchanges.simulator.accounts.accounts import Account
from exchanges.simulator.accounts.positions import Position, PositionSnapshot
from exchanges.simulator.decimals import format_plain, write_plain
from exchanges.simulator.engine import margin, position_mode
from exchanges.simulator.engine.engine import Engine
from exchanges.simulator.okx import symbols
from exchanges.simulator.okx.errors import OkxError, invalid_parameter, order_refusal
from exchanges.simulator.okx.gateway import Call
from exchanges.simulator.okx.params import read_set, read_text
from exchanges.simulator.okx.rows import Json, position_side
from exchanges.simulator.okx.symbols import Instrument

ENTRY_DIGITS = Decimal("1e-16")
UNUSED_FIELDS = ("availPos", "posCcy", "uplRatio", "mgnRatio", "adl", "liab", "liabCcy", "tradeId")
MARGIN_MODES = ("cross", "isolated")
POSITION_NUMBERS = {"BOTH": 1, "LONG": 2, "SHORT": 3}
POSITION_MODES = {"net_mode": False, "long_short_mode": True}


def get_positions(call: Call) -> object:
    inst_type, requested = call.params.get("instType"), read_set(call.params, "instId")
    if inst_type not in (None, "", "SWAP"):
        return []
    positions = [position for position in call.account.positions.values() if position.quantity]
    rows = [position_row(call.engine, call.account, row, call.now) for row in positions]
    return [row for row in rows if not requested or row["instId"] in requested]


def set_leverage(call: Call) -> object:
    instrument, mode = _read_swap(call), read_text(call.params, "mgnMode")
    if mode not in MARGIN_MODES:
        raise invalid_parameter("mgnMode")
    leverage = read_text(call.params, "lever")
    if not leverage.isdigit():
        raise invalid_parameter("lever")
    contract = margin.get_contract(call.engine, instrument.symbol)
    try:
        call.venue.set_leverage(call.account, contract, int(leverage))
    except margin.LeverageRefused as error:
        refusal = order_refusal("leverage")
        raise OkxError(refusal.code, refusal.message) from error
    side = "net" if not call.account.hedged else call.params.get("posSide") or "net"
    return [{"instId": instrument.name, "lever": leverage, "mgnMode": mode, "posSide": side}]


def set_position_mode(call: Call) -> object:
    mode = read_text(call.params, "posMode")
    if mode not in POSITION_MODES:
        raise invalid_parameter("posMode")
    try:
        call.venue.set_hedged(call.account, POSITION_MODES[mode])
    except position_mode.PositionModeUnchanged:
        pass  # as the venue does: it is not an error there
    except (position_mode.PositionsOpen, position_mode.OrdersOpen) as error:
        raise OkxError(59000, order_refusal("margin mode").message) from error
    return [{"posMode": mode}]


def get_leverage(call: Call) -> object:
    instrument = _read_swap(call)
    modes = read_text(call.params, "mgnMode").split(",")
    return [
        {
            "instId": instrument.name,
            "posSide": position_side(position.side),
            "lever": str(position.leverage),
            "ccy": "",
            "mgnMode": mode,
        }
        for mode in modes
        for position in call.account.list_positions(instrument.symbol)
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
        for instrument in symbols.list_instruments(call.engine, "SWAP")
        if name in (None, "", instrument.name)
    ]


def position_row(
    engine: Engine,
    account: Account,
    position: Position,
    now: int,
    snapshot: PositionSnapshot | None = None,
) -> Json:
    """Build a position as it was in `snapshot`, or else as it is now."""
    instrument = symbols.instrument_by_symbol(engine, position.contract)
    mark = snapshot.mark if snapshot else instrument.market.price
    position = snapshot.position if snapshot else position
    contract = margin.get_contract(engine, instrument.symbol)
    liquidation = margin.compute_liquidation_price(contract, account, position)
    initial_margin = format_plain(margin.compute_position_margin(position, mark))
    entry_price = format_plain(position.entry_price.quantize(ENTRY_DIGITS))
    return {
        **dict.fromkeys(UNUSED_FIELDS, ""),
        "instType": instrument.kind,
        "instId": instrument.name,
        "mgnMode": "isolated" if position.isolated else "cross",
        "posId": symbols.wire_id(instrument.symbol, POSITION_NUMBERS[position.side]),
        "posSide": position_side(position.side),
        "pos": format_plain(instrument.to_wire_size(_sign_quantity(position))),
        "avgPx": entry_price if position.quantity else "",
        **write_plain(markPx=mark, last=instrument.market.price),
        "upl": format_plain(position.compute_unrealised(mark)),
        "lever": str(position.leverage),
        "liqPx": format_plain(liquidation) if liquidation else "",
        "imr": "" if position.isolated else initial_margin,
        "margin": initial_margin if position.isolated else "",
        "mmr": format_plain(margin.compute_maintenance(contract, position, mark)),
        **write_plain(notionalUsd=abs(position.quantity) * mark, realizedPnl=position.realised),
        "ccy": instrument.quote,
        "interest": "0",
        "closeOrderAlgo": [],
        **dict.fromkeys(("cTime", "uTime"), str(position.updated)),
        "pTime": str(now),
    }


def _sign_quantity(position: Position) -> Decimal:
    """Return the size; a short one is negative only where a contract has one position."""
    return position.quantity if position.side == "BOTH" else abs(position.quantity)


def _read_swap(call: Call) -> Instrument:
    instrument = symbols.find_instrument(call.engine, read_text(call.params, "instId"))
    if instrument.kind != "SWAP":
        raise invalid_parameter("instId")
    return instrument
