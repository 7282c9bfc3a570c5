"""Binance's names for contracts: the coin's own, as on its spot venue."""

from collections.abc import Mapping

from exchanges.simulator.binance import params as read
from exchanges.simulator.binance.gateway import Call
from exchanges.simulator.engine.engine import Engine
from exchanges.simulator.engine.margin import get_contract
from exchanges.simulator.markets.contracts import CONTRACT_SUFFIX, Contract
from exchanges.simulator.markets.market import Market


def books(engine: Engine) -> dict[str, Market]:
    """The contracts under the names that Binance gives them."""
    return {name.removesuffix(CONTRACT_SUFFIX): market for name, market in engine.contracts.items()}


def market_of(call: Call) -> Market:
    return read.market(call.params, books(call.simulation.venue.engine))


def wanted(call: Call) -> list[Market]:
    if call.params.get("symbol"):
        return [market_of(call)]
    return list(call.simulation.venue.engine.contracts.values())


def contract(call: Call) -> Contract:
    return get_contract(call.simulation.venue.engine, market_of(call).symbol.name)


def named(message: object) -> object:
    """The same message with the venue's names in it: the core's have an ending."""
    if isinstance(message, list):
        return [named(part) for part in message]
    if isinstance(message, Mapping):
        return {name: _named(name, value) for name, value in message.items()}
    return message


def _named(name: str, value: object) -> object:
    if name in ("s", "symbol") and isinstance(value, str):
        return value.removesuffix(CONTRACT_SUFFIX)
    return named(value)
