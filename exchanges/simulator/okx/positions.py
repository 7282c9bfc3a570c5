"""OKX's positions in swaps: counted in contracts, and with what leverage they stand."""

from decimal import Decimal

from exchanges.simulator.accounts.accounts import Account
from exchanges.simulator.accounts.positions import Position, PositionSnapshot
from exchanges.simulator.engine import margin
from exchanges.simulator.engine.engine import Engine
from exchanges.simulator.okx import params as read
from exchanges.simulator.okx.errors import OkxError, Refused, refusal, wrong
from exchanges.simulator.okx.gateway import Call
from exchanges.simulator.okx.rows import Json, plain
from exchanges.simulator.okx.symbols import Instrument, in_core, instrument, instruments, wire_id

ENTRY_DIGITS = Decimal("1e-16")
MODES = ("cross", "isolated")


def listed(call: Call) -> object:
    """Those that are held now."""
    kind, names = call.params.get("instType"), read.text(call.params, "instId", "")
    if kind not in (None, "", "SWAP"):
        return []
    wanted = {name for name in names.split(",") if name}
    held = call.account.positions.values()
    rows = []
    for position in held:
        one = in_core(call.engine, position.contract)
        if position.quantity and (not wanted or one.name in wanted):
            rows.append(position_row(call.engine, call.account, position, call.now))
    return rows


def set_leverage(call: Call) -> object:
    one, mode = _swap(call), read.text(call.params, "mgnMode")
    if mode not in MODES:
        raise wrong("mgnMode")
    given = read.text(call.params, "lever")
    if not given.isdigit():
        raise wrong("lever")
    contract = margin.get_contract(call.engine, one.symbol)
    try:
        call.simulation.venue.set_leverage(call.account, contract, int(given))
    except margin.LeverageRefused as failure:
        refused: Refused = refusal("leverage")
        raise OkxError(int(refused.code), refused.message) from failure
    return [{"instId": one.name, "lever": given, "mgnMode": mode, "posSide": "net"}]


def leverage_info(call: Call) -> object:
    one = _swap(call)
    modes = read.text(call.params, "mgnMode").split(",")
    lever = str(call.account.get_position(one.symbol).leverage)
    return [
        {"instId": one.name, "mgnMode": mode, "posSide": "net", "lever": lever, "ccy": ""}
        for mode in modes
    ]


def mark_prices(call: Call) -> object:
    name = call.params.get("instId")
    return [
        {
            "instType": "SWAP",
            "instId": one.name,
            "markPx": plain(one.market.price),
            "ts": str(call.now),
        }
        for one in instruments(call.engine, "SWAP")
        if name in (None, "", one.name)
    ]


def position_row(
    engine: Engine,
    account: Account,
    position: Position,
    now: int,
    standing: PositionSnapshot | None = None,
) -> Json:
    """As it stood at an event, or else as it stands."""
    one, held = in_core(engine, position.contract), standing.position if standing else position
    mark = standing.mark if standing else one.market.price
    contract = margin.get_contract(engine, one.symbol)
    gain, bound = held.compute_unrealised(mark), margin.compute_position_margin(held, mark)
    value = abs(held.quantity) * mark
    return {
        **dict.fromkeys(
            ("availPos", "posCcy", "uplRatio", "mgnRatio", "adl", "liab", "liabCcy"), ""
        ),
        "instType": one.kind,
        "instId": one.name,
        "mgnMode": "isolated" if held.isolated else "cross",
        "posId": wire_id(one.symbol, 1),
        "posSide": "net",
        "pos": plain(one.format_8(held.quantity)),
        "avgPx": plain(held.entry_price.quantize(ENTRY_DIGITS)) if held.quantity else "",
        "markPx": plain(mark),
        "last": plain(one.market.price),
        "upl": plain(gain),
        "lever": str(held.leverage),
        "liqPx": _liquidation(engine, account, held),
        "imr": "" if held.isolated else plain(bound),
        "margin": plain(bound) if held.isolated else "",
        "mmr": plain(margin.compute_maintenance(contract, held, mark)),
        "notionalUsd": plain(value),
        "realizedPnl": plain(held.realised),
        "ccy": one.quote,
        "interest": "0",
        "tradeId": "",
        "closeOrderAlgo": [],
        "cTime": str(held.updated),
        "uTime": str(held.updated),
        "pTime": str(now),
    }


def _liquidation(engine: Engine, account: Account, held: Position) -> str:
    price = margin.compute_liquidation_price(
        margin.get_contract(engine, held.contract), account, held
    )
    return plain(price) if price else ""


def _swap(call: Call) -> Instrument:
    one = instrument(call.engine, read.text(call.params, "instId"))
    if one.kind != "SWAP":
        raise wrong("instId")
    return one
