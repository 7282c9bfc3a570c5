"""Candles of index and mark prices, which nobody trades, so they have no volume."""

from exchanges.simulator.decimals import format_plain
from exchanges.simulator.engine.market_history import INTERVALS
from exchanges.simulator.okx import symbols
from exchanges.simulator.okx.errors import unknown_instrument
from exchanges.simulator.okx.gateway import Call
from exchanges.simulator.okx.market import list_candles
from exchanges.simulator.okx.params import read_text
from exchanges.simulator.okx.symbols import Instrument


def get_index_candles(call: Call) -> object:
    """Answer with the candles of an index, which is the venue's own spot price."""
    return _list_rows(call, find_index(call, read_text(call.params, "instId")))


def get_mark_candles(call: Call) -> object:
    instrument = symbols.find_instrument(call.engine, read_text(call.params, "instId"))
    if instrument.kind != "SWAP":
        raise unknown_instrument()
    return _list_rows(call, instrument)


def find_index(call: Call, name: str) -> Instrument:
    """Find the spot instrument behind an index, which has the same name."""
    instrument = symbols.find_instrument(call.engine, name)
    if instrument.kind != "SPOT":
        raise unknown_instrument()
    return instrument


def _list_rows(call: Call, instrument: Instrument) -> list[list[str]]:
    candles, interval = list_candles(call, instrument)
    last_start = call.now - call.now % INTERVALS[interval]
    return [
        [
            str(candle.start),
            *map(format_plain, candle.prices),
            "0" if candle.start == last_start else "1",
        ]
        for candle in candles
    ]
