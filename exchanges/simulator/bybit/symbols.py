"""Bybit's names: categories, symbols, and order ids."""

import uuid
from collections.abc import Mapping
from typing import Literal
from zlib import crc32

from exchanges.simulator.bybit.errors import BybitError, invalid_parameter
from exchanges.simulator.engine.engine import Engine
from exchanges.simulator.markets.market import Market
from exchanges.simulator.markets.symbols import is_contract, wire_symbol

Category = Literal["spot", "linear", "inverse", "option"]
CATEGORIES: tuple[Category, ...] = ("spot", "linear", "inverse", "option")


def read_category(params: Mapping[str, object]) -> Category:
    name = params.get("category")
    if name not in CATEGORIES:
        raise invalid_parameter("category")
    return name


def list_markets(engine: Engine, category: Category) -> dict[str, Market]:
    """Return the markets of a category by Bybit's symbols."""
    if category == "spot":
        return dict(engine.spot)
    if category != "linear":
        return {}  # Bybit knows inverse and option; the simulator does not trade them
    return {wire_symbol(name): market for name, market in engine.contracts.items()}


def find_market(engine: Engine, category: Category, name: object) -> Market:
    market = list_markets(engine, category).get(str(name))
    if market is None or not market.is_known:
        if category == "spot":
            raise BybitError(170121, "Invalid symbol.")
        raise BybitError(10001, "params error: symbol invalid " + str(name))
    return market


def symbol_category(symbol: str) -> Category:
    """Return the category of one of the engine's symbols."""
    return "linear" if is_contract(symbol) else "spot"


def wire_id(category: Category, symbol: str, number: int) -> str:
    """Return an id that is unique over all symbols; the engine counts per symbol.

    As at Bybit, spot ids are long numbers and linear ids UUIDs.
    """
    checksum = crc32(symbol.encode())
    if category == "spot":
        return f"{checksum:010d}{number:09d}"
    return str(uuid.UUID(int=checksum << 96 | number))


def parse_wire_id(engine: Engine, category: Category, wire_id: str) -> tuple[str, int] | None:
    """Return the engine's symbol and number from an id that `wire_id` made."""
    checksum, number = _split_wire_id(category, wire_id)
    for market in list_markets(engine, category).values():
        if crc32(market.symbol.name.encode()) == checksum:
            return market.symbol.name, number
    return None


def _split_wire_id(category: Category, wire_id: str) -> tuple[int, int]:
    if category == "spot":
        is_valid = wire_id.isdigit() and len(wire_id) == 19
        return (int(wire_id[:10]), int(wire_id[10:])) if is_valid else (-1, 0)
    try:
        number = uuid.UUID(wire_id).int
    except ValueError:
        return -1, 0
    return number >> 96, number & (1 << 96) - 1
