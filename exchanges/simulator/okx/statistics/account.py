"""Figures of an account: how much it can buy, sell and withdraw, its risk and past positions."""

from decimal import Decimal
from functools import partial

from exchanges.simulator.decimals import ZERO, floor_to, format_plain, write_plain
from exchanges.simulator.engine.closed_positions import PastPosition, replay_positions
from exchanges.simulator.engine.margin import compute_free_margin
from exchanges.simulator.okx import symbols
from exchanges.simulator.okx.account import account_row, list_assets
from exchanges.simulator.okx.errors import invalid_parameter
from exchanges.simulator.okx.gateway import Call
from exchanges.simulator.okx.params import (
    read_choice,
    read_decimal,
    read_order,
    read_set,
    read_text,
)
from exchanges.simulator.okx.positions import POSITION_NUMBERS
from exchanges.simulator.okx.rows import Json, position_side
from exchanges.simulator.okx.symbols import Instrument, wire_id
from exchanges.simulator.okx.trade import (
    OrderRequest,
    build_refusal,
    read_instrument,
    run_first,
)
from exchanges.simulator.refusals import translate_refusals

TRADE_MODES = {"cash": "cash", "cross": "cross", "isolated": "isolated"}
MAX_ORDERS = "1000"  # new and changed orders in two seconds, of one account
RISK_FIELDS = ("adjEq", "imr", "mmr", "mgnRatio", "notionalUsd", "ordFroz")
PRECHECK_FIELDS = (
    *("adjEq", "adjEqChg", "availBal", "availBalChg", "imr", "imrChg", "liab", "liabChg"),
    *("liabChgCcy", "liqPx", "liqPxDiff", "liqPxDiffRatio", "mgnRatio", "mgnRatioChg"),
    *("mmr", "mmrChg", "posBal", "posBalChg", "type"),
)


def get_max_size(call: Call) -> object:
    """Answer with the largest order of each side: coins of spot, contracts of a swap."""
    return [_max_size_row(call, instrument) for instrument in _read_instruments(call)]


def _max_size_row(call: Call, instrument: Instrument) -> Json:
    symbol, price = instrument.market.symbol, read_decimal(call.params, "px")
    buy, sell = _compute_available(call, instrument)
    price = price or instrument.market.price
    if instrument.kind == "SWAP":
        leverage = call.account.list_positions(instrument.symbol)[0].leverage
        buy = sell = buy * leverage
    sizes = [buy / price, sell / price if instrument.kind == "SWAP" else sell]
    largest = [instrument.to_wire_size(floor_to(size, symbol.step)) for size in sizes]
    coin = instrument.quote if instrument.kind == "SWAP" else instrument.base
    return {"instId": instrument.name, "ccy": coin, **_write_sides("max", *largest)}


def get_available_size(call: Call) -> object:
    """Answer with the money that each side can spend: quote and base coin, or margin."""
    return [
        {"instId": instrument.name, **_write_sides("avail", *_compute_available(call, instrument))}
        for instrument in _read_instruments(call)
    ]


def _compute_available(call: Call, instrument: Instrument) -> tuple[Decimal, Decimal]:
    account = call.account
    if instrument.kind == "SWAP":
        margin = compute_free_margin(call.engine, account)
        return margin, margin
    return account.get_free(instrument.quote), account.get_free(instrument.base)


def _write_sides(verb: str, buy: Decimal, sell: Decimal) -> dict[str, str]:
    return {f"{verb}Buy": format_plain(buy), f"{verb}Sell": format_plain(sell)}


def get_max_withdrawal(call: Call) -> object:
    """Answer with what could be taken out of each coin: what no order and no margin holds."""
    requested, account = read_set(call.params, "ccy"), call.account
    margin = min(compute_free_margin(call.engine, account), account.wallet)
    rows = []
    for asset in list_assets(account):
        free = account.get_free(asset) + (margin if asset == "USDT" else ZERO)
        names = ("maxWd", "maxWdEx", "spotOffsetMaxWd", "spotOffsetMaxWdEx")
        rows.append({"ccy": asset, **dict.fromkeys(names, format_plain(free))})
    return [row for row in rows if not requested or row["ccy"] in requested]


def get_position_risk(call: Call) -> object:
    assets, account = list_assets(call.account), call.account
    details = account_row(call.engine, account, assets, call.now)["details"]
    coins = details if isinstance(details, list) else []
    balances = [{name: row[name] for name in ("ccy", "eq", "disEq")} for row in coins]
    held = [position for position in account.positions.values() if position.quantity]
    rows = []
    for position in held:
        instrument = symbols.instrument_by_symbol(call.engine, position.contract)
        notional = position.quantity * instrument.market.price
        rows.append(
            {
                **{"instId": instrument.name, "instType": instrument.kind},
                "posSide": position_side(position.side),
                "mgnMode": "isolated" if position.isolated else "cross",
                "posId": wire_id(position.contract, POSITION_NUMBERS[position.side]),
                "pos": format_plain(instrument.to_wire_size(position.quantity)),
                **write_plain(notionalUsd=abs(notional), notionalCcy=abs(position.quantity)),
                **{"ccy": instrument.quote, "posCcy": "", "baseBal": "", "quoteBal": ""},
            }
        )
    risk = dict.fromkeys(RISK_FIELDS, "")
    return [{**risk, "balData": balances, "posData": rows, "ts": str(call.now)}]


def get_order_rate(call: Call) -> object:
    fill_ratios = dict.fromkeys(("fillRatio", "mainFillRatio", "nextAccRateLimit"), "")
    return [{"accRateLimit": MAX_ORDERS, **fill_ratios, "ts": str(call.now)}]


def _check_request(call: Call, request: OrderRequest) -> Json:
    """Check an order without placing it; what it would change is computed for no account."""
    instrument = read_instrument(call, request)
    new_order = read_order(request, call.account, instrument)
    with translate_refusals(partial(build_refusal, instrument, new_order)):
        call.venue.check_order(new_order)
    return dict.fromkeys(PRECHECK_FIELDS, "")


check_order = run_first(_check_request)


def get_past_positions(call: Call) -> object:
    """Answer with positions that were closed, in part or wholly, newest change first."""
    inst_type, name = call.params.get("instType"), call.params.get("instId")
    if inst_type not in (None, "", "SWAP"):
        return []
    kind = read_choice(call.params, "type", {"": None, "1": False, "2": True}, "")
    past = [
        (instrument, position)
        for instrument in symbols.list_instruments(call.engine, "SWAP")
        if name in (None, "", instrument.name)
        for position in _list_past(call, instrument)
        if kind in (None, position.is_closed)
    ]
    past.sort(key=lambda pair: pair[1].updated, reverse=True)
    after, before = (call.params.get(name) or "" for name in ("after", "before"))
    if not all(text.isdigit() for text in (after, before) if text):
        raise invalid_parameter("after")
    rows = [
        _past_position_row(call, *pair)
        for pair in past
        if (not after or pair[1].updated < int(after))
        and (not before or pair[1].updated > int(before))
    ]
    limit = read_text(call.params, "limit", "100")
    return rows[: min(int(limit), 100)] if limit.isdigit() else rows[:100]


def _list_past(call: Call, instrument: Instrument) -> list[PastPosition]:
    fills = call.engine.records.list_fills(call.account.key, instrument.symbol)
    return [position for position in replay_positions(fills) if position.closings]


def _past_position_row(call: Call, instrument: Instrument, past: PastPosition) -> Json:
    position = call.account.get_position(instrument.symbol, past.side)
    entry = past.opened_value / past.opened_quantity
    to_size = instrument.to_wire_size
    total = past.realised - past.fees
    return {
        **{"instType": instrument.kind, "instId": instrument.name},
        "posSide": position_side(past.side),
        "mgnMode": "isolated" if position.isolated else "cross",
        "type": "2" if past.is_closed else "1",
        **{"cTime": str(past.opened), "uTime": str(past.updated)},
        **write_plain(openAvgPx=entry, closeAvgPx=past.exit_value / past.closed_quantity),
        "posId": wire_id(instrument.symbol, POSITION_NUMBERS[past.side]),
        **write_plain(
            openMaxPos=to_size(past.largest), closeTotalPos=to_size(past.closed_quantity)
        ),
        **write_plain(realizedPnl=total, pnl=past.realised, fee=-past.fees),
        **{"fundingFee": "0", "liqPenalty": "0", "triggerPx": "", "nonSettleAvgPx": ""},
        "pnlRatio": format_plain(total / past.opened_value * position.leverage),
        "lever": str(position.leverage),
        "direction": "long" if past.is_long else "short",
        **{"uly": f"{instrument.base}-{instrument.quote}", "ccy": instrument.quote},
    }


def _read_instruments(call: Call) -> list[Instrument]:
    read_choice(call.params, "tdMode", TRADE_MODES)
    names = read_text(call.params, "instId").split(",")
    return [symbols.find_instrument(call.engine, name) for name in names]
