"""OKX's names: instruments, their contract sizes, and order ids."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal
from zlib import crc32

from exchanges.simulator.engine.engine import Engine
from exchanges.simulator.markets.market import Market
from exchanges.simulator.markets.symbols import is_contract
from exchanges.simulator.okx.errors import invalid_parameter, unknown_instrument

InstType = Literal["SPOT", "SWAP"]
INST_TYPES: tuple[InstType, ...] = ("SPOT", "SWAP")
# Instrument types that OKX knows and the simulator does not trade: their lists are empty.
UNTRADED_TYPES = ("MARGIN", "FUTURES", "OPTION")
# Coins per contract.
CONTRACT_SIZES = {
    "BTC": Decimal("0.01"),
    "ETH": Decimal("0.1"),
    "SOL": Decimal(1),
    "XRP": Decimal(100),
}


@dataclass(frozen=True)
class Instrument:
    """A market under OKX's name. Spot sizes are coins, swap sizes are numbers of contracts."""

    name: str
    kind: InstType
    market: Market
    contract_size: Decimal = Decimal(1)

    @property
    def symbol(self) -> str:
        return self.market.symbol.name

    @property
    def base(self) -> str:
        return self.market.symbol.base

    @property
    def quote(self) -> str:
        return self.market.symbol.quote

    def to_coins(self, wire_size: Decimal) -> Decimal:
        return wire_size * self.contract_size

    def to_wire_size(self, coins: Decimal) -> Decimal:
        return coins / self.contract_size


def list_instruments(engine: Engine, kind: InstType) -> list[Instrument]:
    markets = engine.spot if kind == "SPOT" else engine.contracts
    return [to_instrument(market) for market in markets.values()]


def to_instrument(market: Market) -> Instrument:
    symbol = market.symbol
    name = f"{symbol.base}-{symbol.quote}"
    if is_contract(symbol.name):
        return Instrument(
            f"{name}-SWAP", "SWAP", market, CONTRACT_SIZES.get(symbol.base, Decimal(1))
        )
    return Instrument(name, "SPOT", market)


def instrument_by_symbol(engine: Engine, symbol: str) -> Instrument:
    """Return the instrument of one of the engine's symbols."""
    return to_instrument(engine.markets[symbol])


def find_instrument(engine: Engine, name: object) -> Instrument:
    for kind in INST_TYPES:
        for instrument in list_instruments(engine, kind):
            if instrument.name == name and instrument.market.is_known:
                return instrument
    raise unknown_instrument()


def instrument_code(name: str) -> int:
    """Return the number that OKX publishes beside a name, and takes in orders by socket."""
    return crc32(name.encode())


def name_instrument(engine: Engine, order: Mapping[str, Any]) -> dict[str, Any]:
    """Return an order with the name of the instrument that its code stands for.

    The code prevails over a name. An unknown code leaves a name that no instrument has.
    """
    fields = dict(order)
    code = fields.pop("instIdCode", None)
    if code in (None, ""):
        return fields
    instruments = [i for kind in INST_TYPES for i in list_instruments(engine, kind)]
    names = {str(instrument_code(i.name)): i.name for i in instruments}
    return {**fields, "instId": names.get(str(code), f"code {code}")}


def parse_inst_type(name: object) -> InstType:
    for kind in INST_TYPES:
        if kind == name:
            return kind
    raise invalid_parameter("instType")


def wire_id(symbol: str, number: int) -> str:
    """Return an id that is unique over all symbols, as OKX's are; the engine counts per symbol."""
    return f"{crc32(symbol.encode()):010d}{number:09d}"


def parse_wire_id(symbol: str, wire_id: str) -> int | None:
    """Return the engine's number from an id that `wire_id` made for this symbol."""
    if not wire_id.isdigit() or len(wire_id) != 19:
        return None
    return int(wire_id[10:]) if int(wire_id[:10]) == crc32(symbol.encode()) else None
