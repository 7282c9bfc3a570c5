"""Binance's symbols of contracts, which are the same as on spot."""

from collections.abc import Mapping

from exchanges.simulator.binance.gateway import Call
from exchanges.simulator.binance.params import read_market
from exchanges.simulator.engine.engine import Engine
from exchanges.simulator.engine.margin import get_contract
from exchanges.simulator.markets.contracts import CONTRACT_SUFFIX, Contract
from exchanges.simulator.markets.market import Market


def list_markets(engine: Engine) -> dict[str, Market]:
    """Return the contracts by Binance's symbols."""
    return {name.removesuffix(CONTRACT_SUFFIX): market for name, market in engine.contracts.items()}


def find_market(call: Call) -> Market:
    return read_market(call.params, list_markets(call.simulation.venue.engine))


def list_requested_markets(call: Call) -> list[Market]:
    if call.params.get("symbol"):
        return [find_market(call)]
    return list(call.simulation.venue.engine.contracts.values())


def find_contract(call: Call) -> Contract:
    return get_contract(call.simulation.venue.engine, find_market(call).symbol.name)


def rename_symbols(message: object) -> object:
    """Replace the engine's symbols in a message with Binance's, which have no suffix."""
    if isinstance(message, list):
        return [rename_symbols(part) for part in message]
    if isinstance(message, Mapping):
        return {name: _rename_value(name, value) for name, value in message.items()}
    return message


def _rename_value(name: str, value: object) -> object:
    if name in ("s", "symbol") and isinstance(value, str):
        return value.removesuffix(CONTRACT_SUFFIX)
    return rename_symbols(value)
