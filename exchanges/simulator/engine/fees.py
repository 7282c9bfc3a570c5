"""What the venue takes from a trade: a share of what was received, or of the fee asset."""

from collections.abc import Mapping
from decimal import Decimal

from exchanges.simulator.accounts.accounts import Account
from exchanges.simulator.decimals import ZERO, floor8
from exchanges.simulator.markets.market import Market

FEE_ASSET_DISCOUNT = Decimal("0.75")


def commission(
    account: Account,
    asset: str,
    received: Decimal,
    maker: bool,
    markets: Mapping[str, Market],
) -> tuple[Decimal, str]:
    """The fee and its asset; paid in the account's fee asset if it holds enough of that."""
    rate = account.maker_fee if maker else account.taker_fee
    if account.fee_asset and account.fee_asset != asset:
        price = _in_usdt(asset, markets) / _in_usdt(account.fee_asset, markets)
        amount = floor8(received * rate * price * FEE_ASSET_DISCOUNT)
        if ZERO < amount <= account.free(account.fee_asset):
            return amount, account.fee_asset
    return floor8(received * rate), asset


def _in_usdt(asset: str, markets: Mapping[str, Market]) -> Decimal:
    return Decimal(1) if asset == "USDT" else markets[asset + "USDT"].price
