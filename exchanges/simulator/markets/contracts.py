"""Linear perpetual contracts: counted in base currency, settled in USDT."""

from dataclasses import dataclass, replace
from decimal import Decimal

from exchanges.simulator.markets.symbols import SYMBOLS, Symbol

# Venues use one name for a spot pair and its contract; the core needs two.
CONTRACT_SUFFIX = "-PERP"
SETTLEMENT_ASSET = "USDT"


@dataclass(frozen=True)
class Contract(Symbol):
    max_leverage: int = 125
    # Maintenance margin, as a share of the position's value.
    maintenance: Decimal = Decimal("0.005")


def is_contract(name: str) -> bool:
    return name.endswith(CONTRACT_SUFFIX)


def wire_symbol(name: str) -> str:
    """Return a symbol as venues write it: the same for a spot pair and its contract."""
    return name.removesuffix(CONTRACT_SUFFIX)


def _make_contract(spot_name: str, tick: str, step: str, max_leverage: int) -> Contract:
    spot = next(symbol for symbol in SYMBOLS if symbol.name == spot_name)
    contract = Contract(**vars(spot), max_leverage=max_leverage)
    name = spot_name + CONTRACT_SUFFIX
    return replace(contract, name=name, tick=Decimal(tick), step=Decimal(step))


CONTRACTS: tuple[Contract, ...] = (
    _make_contract("BTCUSDT", "0.1", "0.001", 125),
    _make_contract("ETHUSDT", "0.01", "0.001", 100),
    _make_contract("SOLUSDT", "0.01", "0.01", 75),
    _make_contract("XRPUSDT", "0.0001", "0.1", 75),
)
