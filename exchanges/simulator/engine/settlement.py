"""Settlement of one side of a trade: the assets that move, the fee, the realised profit."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from exchanges.simulator.accounts.accounts import Account
from exchanges.simulator.decimals import ZERO, floor_to_8
from exchanges.simulator.engine.fees import compute_commission
from exchanges.simulator.markets.contracts import SETTLEMENT_ASSET
from exchanges.simulator.markets.market import Market
from exchanges.simulator.orders.orders import Order, PublicTrade


@dataclass(frozen=True)
class Settlement:
    fee: Decimal
    fee_asset: str
    realised: Decimal = ZERO


def settle_spot(
    account: Account, order: Order, trade: PublicTrade, maker: bool, markets: Mapping[str, Market]
) -> Settlement:
    """Exchange base and quote, and charge the fee."""
    symbol = markets[order.symbol].symbol
    paid, received = (symbol.quote, trade.quote), (symbol.base, trade.quantity)
    if order.side == "SELL":
        paid, received = received, paid
    account.debit(*paid)
    account.credit(*received)
    fee, asset = compute_commission(account, *received, maker, markets)
    account.debit(asset, fee)
    return Settlement(fee, asset)


def settle_contract(account: Account, order: Order, trade: PublicTrade, maker: bool) -> Settlement:
    """Change the position; only the realised profit and the fee move in the futures wallet."""
    position = account.get_position(order.symbol)
    realised = position.apply_trade(order.side, trade.quantity, trade.price, trade.quote)
    position.updated = trade.time
    rate = account.contract_maker_fee if maker else account.contract_taker_fee
    fee = floor_to_8(trade.quote * rate)
    account.wallet += realised - fee
    return Settlement(fee, SETTLEMENT_ASSET, realised)
