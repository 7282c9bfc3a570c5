"""What the venue takes from a trade: a share of what was received, or of the fee asset."""

from collections.abc import Mapping
from decimal import Decimal

from exchanges.simulator.accounts.accounts import Account
from exchanges.simulator.decimals import ZERO, floor_to_8
from exchanges.simulator.markets.market import Market

FEE_ASSET_DISCOUNT = Decimal("0.75")


def compute_commission(
    account: Account,
    asset: str,
    received: Decimal,
    maker: bool,
    markets: Mapping[str, Market],
) -> tuple[Decimal, str]:
    """The fee and its asset; paid in the account's fee asset if it holds enough of that."""
    rate = account.maker_fee if maker else account.taker_fee
    if account.fee_asset and account.fee_asset != asset:
        price = _get_usdt_price(asset, markets) / _get_usdt_price(account.fee_asset, markets)
        amount = floor_to_8(received * rate * price * FEE_ASSET_DISCOUNT)
        if ZERO < amount <= account.get_free(account.fee_asset):
            return amount, account.fee_asset
    return floor_to_8(received * rate), asset


def _get_usdt_price(asset: str, markets: Mapping[str, Market]) -> Decimal:
    return Decimal(1) if asset == "USDT" else markets[asset + "USDT"].price
