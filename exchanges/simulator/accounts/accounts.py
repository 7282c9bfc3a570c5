"""Accounts: their API key, permissions, fees, balances and positions."""

from dataclasses import dataclass, field
from decimal import Decimal

from exchanges.simulator.accounts.positions import Position, PositionSide
from exchanges.simulator.decimals import ZERO
from exchanges.simulator.refusals import OrderRefusal

DEFAULT_FEE = Decimal("0.001")
CONTRACT_MAKER_FEE = Decimal("0.0002")
CONTRACT_TAKER_FEE = Decimal("0.0005")


class InsufficientBalance(OrderRefusal):
    """The account does not have what the order needs."""


@dataclass
class Balance:
    free: Decimal = ZERO
    locked: Decimal = ZERO


@dataclass(frozen=True)
class Permissions:
    reading: bool = True
    trading: bool = True
    withdrawals: bool = False
    futures: bool = False
    ip_restricted: bool = False

    def allows(self, security: str) -> bool:
        """Return whether a key may call endpoints of this kind: READ, TRADE and so on."""
        needed = {"TRADE": self.trading, "FUTURES_TRADE": self.futures}
        return self.reading and needed.get(security, True)


@dataclass
class Account:
    key: str
    secret: str = field(repr=False)
    passphrase: str = field(default="", repr=False)
    label: str = ""
    created: int = 0
    permissions: Permissions = Permissions()
    maker_fee: Decimal = DEFAULT_FEE
    taker_fee: Decimal = DEFAULT_FEE
    fee_asset: str = ""
    # OKX's account level: 1 and 2 buy coins with cash, 3 and 4 count all coins as one margin.
    level: int = 2
    revoked: bool = False
    updated: int = 0
    balances: dict[str, Balance] = field(default_factory=dict)
    contract_maker_fee: Decimal = CONTRACT_MAKER_FEE
    contract_taker_fee: Decimal = CONTRACT_TAKER_FEE
    # USDT for contracts, separate from the spot balance. Margin is computed, not taken out of it.
    wallet: Decimal = ZERO
    positions: dict[str, Position] = field(default_factory=dict)
    # Each contract has a long and a short position beside each other, which orders name.
    hedged: bool = False

    def get_balance(self, asset: str) -> Balance:
        return self.balances.setdefault(asset, Balance())

    def get_free(self, asset: str) -> Decimal:
        balance = self.balances.get(asset)
        return balance.free if balance else ZERO

    def get_position(self, contract: str, side: PositionSide = "BOTH") -> Position:
        """Return a position; a new one has the leverage and margin mode of its contract."""
        name = contract if side == "BOTH" else f"{contract}:{side}"
        if name not in self.positions:
            known = next((p for p in self.positions.values() if p.contract == contract), None)
            position = Position(contract=contract, side=side)
            if known:
                position.leverage, position.isolated = known.leverage, known.isolated
            self.positions[name] = position
        return self.positions[name]

    def list_positions(self, contract: str) -> list[Position]:
        """Return the positions that orders of a contract change in the account's position mode."""
        sides: tuple[PositionSide, ...] = ("LONG", "SHORT") if self.hedged else ("BOTH",)
        return [self.get_position(contract, side) for side in sides]

    def credit(self, asset: str, amount: Decimal) -> None:
        self.get_balance(asset).free += amount

    def debit(self, asset: str, amount: Decimal) -> None:
        self.require(asset, amount)
        self.get_balance(asset).free -= amount

    def hold(self, asset: str, amount: Decimal) -> None:
        self.debit(asset, amount)
        self.get_balance(asset).locked += amount

    def release(self, asset: str, amount: Decimal) -> None:
        balance = self.get_balance(asset)
        balance.locked -= amount
        balance.free += amount

    def require(self, asset: str, amount: Decimal) -> None:
        if self.get_free(asset) < amount:
            raise InsufficientBalance(asset)
