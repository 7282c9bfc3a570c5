"""Trading fees: a share of the received asset, or its value in the account's fee asset."""

from collections.abc import Mapping
from decimal import Decimal

from exchanges.simulator.accounts.accounts import Account
from exchanges.simulator.decimals import ZERO, floor_to_8
from exchanges.simulator.markets.market import Market

FEE_ASSET_DISCOUNT = Decimal("0.75")


def compute_commission(
    account: Account, asset: str, received: Decimal, maker: bool, markets: Mapping[str, Market]
) -> tuple[Decimal, str]:
    """Return the fee and its asset: the account's fee asset if the balance is enough."""
    rate = account.maker_fee if maker else account.taker_fee
    if account.fee_asset and account.fee_asset != asset:
        price = _get_usdt_price(asset, markets) / _get_usdt_price(account.fee_asset, markets)
        amount = floor_to_8(received * rate * price * FEE_ASSET_DISCOUNT)
        if ZERO < amount <= account.get_free(account.fee_asset):
            return amount, account.fee_asset
    return floor_to_8(received * rate), asset


def _get_usdt_price(asset: str, markets: Mapping[str, Market]) -> Decimal:
    return Decimal(1) if asset == "USDT" else markets[asset + "USDT"].price
