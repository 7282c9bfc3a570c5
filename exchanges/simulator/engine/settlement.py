"""The money of orders: what they lock, what a trade moves, the fee, the realised profit."""

from collections.abc import Mapping, MutableMapping
from decimal import Decimal

from exchanges.simulator.accounts.accounts import Account
from exchanges.simulator.decimals import ZERO, floor_to_8
from exchanges.simulator.markets.market import Market
from exchanges.simulator.markets.symbols import Symbol, is_contract
from exchanges.simulator.orders.orders import Order, PublicTrade, Side

FEE_ASSET_DISCOUNT = Decimal("0.75")


def compute_hold(order: Order) -> Decimal:
    """Return the amount to lock for what remains of the order.

    A market order ends before anything could be locked, unless it waits for a trigger. Contracts
    lock nothing: their margin is computed from positions and orders, see margin.py.
    """
    if is_contract(order.symbol) or (order.is_waiting and not order.reserves):
        return ZERO
    price = order.price
    if order.type == "MARKET":
        if not order.is_waiting or not order.trigger:
            return ZERO
        price = order.trigger.expected_price
    return floor_to_8(price * order.remaining) if order.side == "BUY" else order.remaining


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


def settle_spot(
    account: Account, order: Order, trade: PublicTrade, maker: bool, markets: Mapping[str, Market]
) -> tuple[Decimal, str]:
    """Exchange base and quote, charge the fee, and return it with its asset."""
    symbol = markets[order.symbol].symbol
    paid, received = (symbol.quote, trade.quote), (symbol.base, trade.quantity)
    if order.side == "SELL":
        paid, received = received, paid
    account.debit(*paid)
    account.credit(*received)
    fee, asset = compute_commission(account, *received, maker, markets)
    account.debit(asset, fee)
    return fee, asset


def settle_house(
    house: MutableMapping[str, Decimal], symbol: Symbol, side: Side, base: Decimal, quote: Decimal
) -> None:
    """Move base and quote of the side of a trade that is no account's."""
    sign = 1 if side == "BUY" else -1
    house[symbol.name if is_contract(symbol.name) else symbol.base] += sign * base
    house[symbol.quote] -= sign * quote


def settle_contract(
    account: Account, order: Order, trade: PublicTrade, maker: bool
) -> tuple[Decimal, Decimal]:
    """Change the position, and return the fee and the profit: only these move in the wallet."""
    position = account.get_position(order.symbol, order.position_side)
    realised = position.apply_trade(order.side, trade.quantity, trade.price, trade.quote)
    position.updated = trade.time
    rate = account.contract_maker_fee if maker else account.contract_taker_fee
    fee = floor_to_8(trade.quote * rate)
    account.wallet += realised - fee
    return fee, realised
