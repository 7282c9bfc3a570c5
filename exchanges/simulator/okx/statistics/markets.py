"""Figures of markets: indexes, volume, open interest, price limits, tiers, long against short."""

from collections.abc import Sequence
from decimal import Decimal

from exchanges.simulator.decimals import floor_to, format_plain, write_plain
from exchanges.simulator.engine.margin import get_contract
from exchanges.simulator.engine.open_interest import compute_long_share, compute_open_interest
from exchanges.simulator.okx import symbols
from exchanges.simulator.okx.errors import invalid_parameter, missing_parameter
from exchanges.simulator.okx.gateway import Call
from exchanges.simulator.okx.market import book_levels
from exchanges.simulator.okx.params import read_choice, read_decimal, read_text
from exchanges.simulator.okx.rows import Json
from exchanges.simulator.okx.statistics.candles import find_index
from exchanges.simulator.okx.symbols import Instrument

MAX_FULL_DEPTH = 5000
RATIO_DIGITS = Decimal("0.0001")


def get_index_tickers(call: Call) -> object:
    name, quote = call.params.get("instId"), call.params.get("quoteCcy")
    if not name and not quote:
        raise missing_parameter("instId or quoteCcy")
    indexes = symbols.list_instruments(call.engine, "SPOT")
    chosen = [find_index(call, name)] if name else [i for i in indexes if i.quote == quote]
    return [_index_row(call, instrument) for instrument in chosen]


def _index_row(call: Call, instrument: Instrument) -> Json:
    day = call.simulation.history.summarize_day(instrument.market, call.now)
    return {
        "instId": instrument.name,
        "idxPx": format_plain(instrument.market.price),
        **write_plain(high24h=day.high, low24h=day.low, open24h=day.open),
        **write_plain(sodUtc0=day.open, sodUtc8=day.open),
        "ts": str(call.now),
    }


def get_full_order_book(call: Call) -> object:
    """Answer with price, size and number of orders of each level, without the old field."""
    size = read_text(call.params, "sz", "1")
    if not size.isdigit():
        raise invalid_parameter("sz")
    instrument, depth = _read_instrument(call), min(int(size), MAX_FULL_DEPTH)
    bids, asks = (book_levels(instrument, side, depth) for side in ("BUY", "SELL"))
    return [{"asks": _drop_old_field(asks), "bids": _drop_old_field(bids), "ts": str(call.now)}]


def _drop_old_field(levels: Sequence[list[str]]) -> list[list[str]]:
    return [[price, size, count] for price, size, _, count in levels]


def get_platform_volume(call: Call) -> object:
    history = call.simulation.history
    days = [(m, history.summarize_day(m, call.now)) for m in call.engine.markets.values()]
    volume = sum(day.volume * market.price for market, day in days)
    return [{"volUsd": format_plain(Decimal(volume)), "volCny": "", "ts": str(call.now)}]


def get_open_interest(call: Call) -> object:
    return [
        _open_interest_row(call, instrument)
        for instrument in _list_swaps(call, read_text(call.params, "instType"))
    ]


def _open_interest_row(call: Call, instrument: Instrument) -> Json:
    held = compute_open_interest(call.engine, instrument.symbol)
    return {
        **{"instType": instrument.kind, "instId": instrument.name},
        "oi": format_plain(instrument.to_wire_size(held)),
        **write_plain(oiCcy=held, oiUsd=held * instrument.market.price),
        "ts": str(call.now),
    }


def get_price_limits(call: Call) -> object:
    instrument = _read_instrument(call)
    symbol, price = instrument.market.symbol, instrument.market.price
    limits = {"buyLmt": price * symbol.price_up, "sellLmt": price * symbol.price_down}
    return [
        {
            **{"instType": instrument.kind, "instId": instrument.name},
            **{name: format_plain(floor_to(limit, symbol.tick)) for name, limit in limits.items()},
            **{"enabled": True, "ts": str(call.now)},
        }
    ]


def get_position_tiers(call: Call) -> object:
    """Answer with the one tier that each contract has."""
    inst_type, mode = read_text(call.params, "instType"), read_text(call.params, "tdMode")
    if mode not in ("cross", "isolated"):
        raise invalid_parameter("tdMode")
    if not any(call.params.get(name) for name in ("uly", "instFamily", "instId")):
        raise missing_parameter("instFamily")
    return [_tier_row(call, instrument) for instrument in _list_swaps(call, inst_type)]


def _tier_row(call: Call, instrument: Instrument) -> Json:
    contract, family = get_contract(call.engine, instrument.symbol), _instrument_family(instrument)
    return {
        **{"uly": family, "instFamily": family, "instId": instrument.name, "tier": "1"},
        "minSz": "0",
        "maxSz": format_plain(instrument.to_wire_size(contract.max_quantity)),
        "mmr": format_plain(contract.maintenance),
        "imr": format_plain((1 / Decimal(contract.max_leverage)).quantize(RATIO_DIGITS)),
        "maxLever": str(contract.max_leverage),
        "optMgnFactor": "0",
        **dict.fromkeys(("quoteMaxLoan", "baseMaxLoan"), ""),
    }


def convert_contracts(call: Call) -> object:
    """Convert coins or dollars to contracts (type 1, the default), or contracts to these."""
    instrument, size = _read_instrument(call), read_decimal(call.params, "sz")
    if not size or instrument.kind != "SWAP":
        raise invalid_parameter("sz" if instrument.kind == "SWAP" else "instId")
    to_contracts = read_choice(call.params, "type", {"1": True, "2": False}, "1")
    in_dollars = read_choice(call.params, "unit", {"coin": False, "usds": True}, "coin")
    price = read_decimal(call.params, "px") if in_dollars else Decimal(1)
    if not price:
        raise missing_parameter("px")
    step = instrument.to_wire_size(instrument.market.symbol.step)
    result = instrument.to_coins(size) * price
    if to_contracts:
        result = floor_to(instrument.to_wire_size(size / price), step)
    return [
        {
            **{"type": "1" if to_contracts else "2", "unit": "usds" if in_dollars else "coin"},
            **{"instId": instrument.name, "px": read_text(call.params, "px", "")},
            "sz": format_plain(result),
        }
    ]


def get_long_short_ratio(call: Call) -> object:
    """Answer with how many accounts are long for each that is short now; no past is kept."""
    instrument = _read_instrument(call)
    share = compute_long_share(call.engine, instrument.symbol)
    ratio = share / (1 - share) if share != 1 else share
    return [[str(call.now), str(ratio.quantize(RATIO_DIGITS))]]


def get_open_interest_history(call: Call) -> object:
    """Answer with open interest in dollars and the day's volume; the past of it is not kept."""
    coin = read_text(call.params, "ccy")
    swaps = [i for i in symbols.list_instruments(call.engine, "SWAP") if i.base == coin]
    held = sum(compute_open_interest(call.engine, i.symbol) * i.market.price for i in swaps)
    days = [(i, call.simulation.history.summarize_day(i.market, call.now)) for i in swaps]
    volume = sum(day.volume * instrument.market.price for instrument, day in days)
    return [[str(call.now), format_plain(Decimal(held)), format_plain(Decimal(volume))]]


def _list_swaps(call: Call, inst_type: str) -> list[Instrument]:
    """List the swaps that the request is about; other kinds of contracts are not traded here."""
    if inst_type in symbols.UNTRADED_TYPES:
        return []
    if inst_type != "SWAP":
        raise invalid_parameter("instType")
    name = call.params.get("instId")
    family = call.params.get("instFamily") or call.params.get("uly")
    return [
        instrument
        for instrument in symbols.list_instruments(call.engine, "SWAP")
        if name in (None, "", instrument.name)
        and family in (None, "", _instrument_family(instrument))
    ]


def _instrument_family(instrument: Instrument) -> str:
    return f"{instrument.base}-{instrument.quote}"


def _read_instrument(call: Call) -> Instrument:
    return symbols.find_instrument(call.engine, read_text(call.params, "instId"))
