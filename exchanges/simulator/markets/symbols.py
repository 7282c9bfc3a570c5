"""Spot pairs and linear perpetual contracts: their steps and limits.

Contracts are counted in base currency and settled in USDT.
"""

from dataclasses import dataclass, replace
from decimal import Decimal

# Venues use one name for a spot pair and its contract; the core needs two.
CONTRACT_SUFFIX = "-PERP"
SETTLEMENT_ASSET = "USDT"


@dataclass(frozen=True)
class Symbol:
    name: str
    base: str
    quote: str
    tick: Decimal
    step: Decimal
    start_price: Decimal
    min_notional: Decimal
    max_quantity: Decimal = Decimal(9000)
    max_market_quantity: Decimal = Decimal(500)
    max_price: Decimal = Decimal(1000000)
    max_notional: Decimal = Decimal(9000000)
    # How far from the last price an order may be, as a factor: PERCENT_PRICE_BY_SIDE.
    price_up: Decimal = Decimal(5)
    price_down: Decimal = Decimal("0.2")
    # How far a trailing order may follow, in percent: TRAILING_DELTA.
    min_trail: Decimal = Decimal("0.1")
    max_trail: Decimal = Decimal(20)

    @property
    def min_quantity(self) -> Decimal:
        return self.step

    @property
    def venue_name(self) -> str:
        """Venues use one name for a spot pair and its contract."""
        return self.base + self.quote


def _make_symbol(
    base: str, quote: str, tick: str, step: str, start: str, large: int = 9000
) -> Symbol:
    return Symbol(
        name=base + quote,
        base=base,
        quote=quote,
        tick=Decimal(tick),
        step=Decimal(step),
        start_price=Decimal(start),
        min_notional=Decimal("0.0001") if quote == "BTC" else Decimal(5),
        max_quantity=Decimal(large),
        max_market_quantity=Decimal(large) / 4,
    )


SYMBOLS: tuple[Symbol, ...] = (
    _make_symbol("BTC", "USDT", "0.01", "0.00001", "64000"),
    _make_symbol("ETH", "USDT", "0.01", "0.0001", "3200"),
    _make_symbol("SOL", "USDT", "0.01", "0.001", "150", 90000),
    _make_symbol("BNB", "USDT", "0.01", "0.001", "600", 90000),
    _make_symbol("XRP", "USDT", "0.0001", "0.1", "0.52", 9000000),
    _make_symbol("DOGE", "USDT", "0.00001", "1", "0.12", 9000000),
    _make_symbol("ETH", "BTC", "0.00001", "0.0001", "0.05", 90000),
)


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


def make_listing(name: str) -> Symbol:
    """Make a symbol that was not there at the start; its steps and limits are those of BTCUSDT."""
    model: Symbol = CONTRACTS[0] if is_contract(name) else SYMBOLS[0]
    return replace(model, name=name, base=wire_symbol(name).removesuffix(SETTLEMENT_ASSET))


CONTRACTS: tuple[Contract, ...] = (
    _make_contract("BTCUSDT", "0.1", "0.001", 125),
    _make_contract("ETHUSDT", "0.01", "0.001", 100),
    _make_contract("SOLUSDT", "0.01", "0.01", 75),
    _make_contract("XRPUSDT", "0.0001", "0.1", 75),
)
