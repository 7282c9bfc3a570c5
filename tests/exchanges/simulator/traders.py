"""Accounts and orders for tests of the pure engine."""

from decimal import Decimal

from exchanges.simulator.accounts.accounts import Account, Balance
from exchanges.simulator.engine.engine import Engine
from exchanges.simulator.engine.matching import place_order
from exchanges.simulator.markets.order_book import Liquidity
from exchanges.simulator.orders.orders import NewOrder, Order, OrderType, Side, TimeInForce

NOW = 1_800_000_000_000
RICH = {"USDT": "1000000", "BTC": "100", "ETH": "100", "BNB": "100"}


def open_engine(*names: str) -> Engine:
    """Return an engine without the house's liquidity: only its users trade."""
    engine = Engine()
    for market in engine.markets.values():
        market.liquidity = Liquidity(Decimal(0), 0)
        market.refill_levels()
    for name in names:
        account = Account(key=name, secret="secret", label=name)
        account.balances = {asset: Balance(Decimal(value)) for asset, value in RICH.items()}
        engine.open_account(account)
    return engine


def build_order(
    account: str,
    side: Side,
    quantity: str,
    price: str = "",
    *,
    type: OrderType = "LIMIT",
    time_in_force: TimeInForce = "GTC",
    symbol: str = "BTCUSDT",
    client_id: str = "",
    value: str = "",
) -> NewOrder:
    return NewOrder(
        account=account,
        symbol=symbol,
        side=side,
        type=type,
        client_id=client_id or f"{account}-{side}-{quantity}-{price}-{type}",
        time_in_force=time_in_force,
        quantity=Decimal(quantity or 0),
        quote_quantity=Decimal(value or 0),
        price=Decimal(price or 0),
    )


def buy(engine: Engine, account: str, quantity: str, price: str, **options: str) -> Order:
    return place_order(engine, build_order(account, "BUY", quantity, price, **options), NOW)  # type: ignore[arg-type]


def sell(engine: Engine, account: str, quantity: str, price: str, **options: str) -> Order:
    return place_order(engine, build_order(account, "SELL", quantity, price, **options), NOW)  # type: ignore[arg-type]
