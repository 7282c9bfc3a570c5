"""Bybit's names for what is traded here: categories, symbols, ids that no two orders share."""

import uuid
from collections.abc import Mapping
from typing import Literal
from zlib import crc32

from exchanges.simulator.bybit.errors import BybitError, wrong
from exchanges.simulator.engine.engine import Engine
from exchanges.simulator.markets.contracts import CONTRACT_SUFFIX, is_contract
from exchanges.simulator.markets.market import Market

Category = Literal["spot", "linear", "inverse", "option"]
CATEGORIES: tuple[Category, ...] = ("spot", "linear", "inverse", "option")


def category_of(params: Mapping[str, object]) -> Category:
    name = params.get("category")
    if name not in CATEGORIES:
        raise wrong("category")
    return name


def books(engine: Engine, category: Category) -> dict[str, Market]:
    """The markets of a category by the names that Bybit gives them."""
    if category == "spot":
        return dict(engine.spot)
    if category != "linear":
        return {}  # known by name, but nothing of it is traded here
    return {wire_name(name): market for name, market in engine.contracts.items()}


def wire_name(symbol: str) -> str:
    """Bybit calls a coin and its contract the same; the core must not."""
    return symbol.removesuffix(CONTRACT_SUFFIX)


def book(engine: Engine, category: Category, name: object) -> Market:
    found = books(engine, category).get(str(name))
    if found is None:
        if category == "spot":
            raise BybitError(170121, "Invalid symbol.")
        raise BybitError(10001, "params error: symbol invalid " + str(name))
    return found


def category_in(symbol: str) -> Category:
    """The category of one of the engine's own symbols."""
    return "linear" if is_contract(symbol) else "spot"


def wire_id(category: Category, symbol: str, number: int) -> str:
    """The core counts per symbol; Bybit's spot ids are long numbers and its linear ids UUIDs."""
    mark = crc32(symbol.encode())
    if category == "spot":
        return f"{mark:010d}{number:09d}"
    return str(uuid.UUID(int=mark << 96 | number))


def core_id(engine: Engine, category: Category, text: str) -> tuple[str, int] | None:
    """What `wire_id` was made of, if it was made here."""
    mark, number = _parse(category, text)
    for market in books(engine, category).values():
        if crc32(market.symbol.name.encode()) == mark:
            return market.symbol.name, number
    return None


def _parse(category: Category, text: str) -> tuple[int, int]:
    if category == "spot":
        known = text.isdigit() and len(text) == 19
        return (int(text[:10]), int(text[10:])) if known else (-1, 0)
    try:
        whole = uuid.UUID(text).int
    except ValueError:
        return -1, 0
    return whole >> 96, whole & (1 << 96) - 1
