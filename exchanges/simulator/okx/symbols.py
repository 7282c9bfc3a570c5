"""OKX's names for what is traded here: instruments, their contracts, ids no two orders share."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal
from zlib import crc32

from exchanges.simulator.engine.engine import Engine
from exchanges.simulator.markets.contracts import is_contract
from exchanges.simulator.markets.market import Market
from exchanges.simulator.okx.errors import no_instrument, wrong

InstType = Literal["SPOT", "SWAP"]
INST_TYPES: tuple[InstType, ...] = ("SPOT", "SWAP")
# Known there, and nothing of them is traded here.
EMPTY_TYPES = ("MARGIN", "FUTURES", "OPTION")
# How many coins one contract stands for.
CONTRACT_SIZES = {
    "BTC": Decimal("0.01"),
    "ETH": Decimal("0.1"),
    "SOL": Decimal(1),
    "XRP": Decimal(100),
}


@dataclass(frozen=True)
class Instrument:
    """A market under OKX's name. Spot is counted in coins, contracts by their number."""

    name: str
    kind: InstType
    market: Market
    size: Decimal = Decimal(1)

    @property
    def symbol(self) -> str:
        return self.market.symbol.name

    @property
    def base(self) -> str:
        return self.market.symbol.base

    @property
    def quote(self) -> str:
        return self.market.symbol.quote

    def coins(self, wire_size: Decimal) -> Decimal:
        return wire_size * self.size

    def format_8(self, coins: Decimal) -> Decimal:
        return coins / self.size


def instruments(engine: Engine, kind: InstType) -> list[Instrument]:
    markets = engine.spot if kind == "SPOT" else engine.contracts
    return [instrument_of(market) for market in markets.values()]


def instrument_of(market: Market) -> Instrument:
    symbol = market.symbol
    name = f"{symbol.base}-{symbol.quote}"
    if is_contract(symbol.name):
        return Instrument(f"{name}-SWAP", "SWAP", market, CONTRACT_SIZES[symbol.base])
    return Instrument(name, "SPOT", market)


def in_core(engine: Engine, symbol: str) -> Instrument:
    """By the core's own name."""
    return instrument_of(engine.markets[symbol])


def instrument(engine: Engine, name: object) -> Instrument:
    for kind in INST_TYPES:
        for one in instruments(engine, kind):
            if one.name == name:
                return one
    raise no_instrument()


def type_of(name: object) -> InstType:
    for kind in INST_TYPES:
        if kind == name:
            return kind
    raise wrong("instType")


def wire_id(symbol: str, number: int) -> str:
    """The core counts per symbol; OKX's ids are long numbers that no two orders share."""
    return f"{crc32(symbol.encode()):010d}{number:09d}"


def core_number(symbol: str, text: str) -> int | None:
    """The core's number in an id that was made here for this symbol."""
    if not text.isdigit() or len(text) != 19:
        return None
    return int(text[10:]) if int(text[:10]) == crc32(symbol.encode()) else None
