"""Control of snapshots: prices and balances as they are, and back to them.

A restore rewrites nothing: orders are cancelled, balances come back by payments in the statement.
So ids go on, and every client hears of it as of any other change.
"""

from decimal import Decimal

from exchanges.simulator.accounts.accounts import Account
from exchanges.simulator.control.body import Body, Json
from exchanges.simulator.control.market import regime_row
from exchanges.simulator.decimals import ZERO
from exchanges.simulator.markets.market import Market
from exchanges.simulator.markets.regime import Regime
from exchanges.simulator.markets.symbols import SETTLEMENT_ASSET
from exchanges.simulator.simulation import Simulation


def take_snapshot(simulation: Simulation, _: Body) -> Json:
    engine = simulation.venue.engine
    return {
        "now": simulation.venue.now(),
        "markets": {name: _market_row(market) for name, market in engine.markets.items()},
        "accounts": {key: _account_row(account) for key, account in engine.accounts.items()},
    }


def restore_snapshot(simulation: Simulation, body: Body) -> Json:
    """Cancel all orders, then bring back prices, walks and balances; positions stay.

    What was opened or listed since the snapshot stays as it is.
    """
    engine = simulation.venue.engine
    markets, accounts = body.get_object("markets"), body.get_object("accounts")
    known_markets = [market for name, market in engine.markets.items() if markets.has(name)]
    known_accounts = [account for key, account in engine.accounts.items() if accounts.has(key)]
    cancelled = _cancel_orders(simulation)
    for market in known_markets:
        _restore_market(simulation, market, markets.get_object(market.symbol.name))
    paid = sum(_restore_account(simulation, a, accounts.get_object(a.key)) for a in known_accounts)
    return {"cancelled": cancelled, "markets": len(known_markets), "payments": paid}


def _cancel_orders(simulation: Simulation) -> int:
    venue, count = simulation.venue, 0
    for key in list(venue.engine.accounts):
        for order in list(venue.engine.records.list_open_orders(key)):
            if order.is_open:  # a list of orders ends with its first
                venue.cancel_order(order)
                count += 1
    for waiting in list(venue.engine.conditional.waiting.values()):
        if waiting.is_open:
            venue.cancel_waiting_order(waiting)
            count += 1
    return count


def _restore_market(simulation: Simulation, market: Market, row: Body) -> None:
    price, trend = row.get_decimal("price"), row.get_signed_decimal("trend")
    if price:
        simulation.venue.move_price(market.symbol.name, price, None)
    regime = Regime(
        volatility=row.get_decimal("volatility") or ZERO,
        trend=trend or ZERO,
        volume=row.get_decimal("volume") or ZERO,
        anchor=row.get_decimal("anchor"),
    )
    market.steps = row.get_int("steps") or market.steps  # so that it takes the same walk again
    simulation.venue.set_regime(market.symbol.name, regime)


def _restore_account(simulation: Simulation, account: Account, row: Body) -> int:
    """Pay an account what it had more then, or take what it has more now."""
    balances = row.get_object("balances")
    count = 0
    for asset in {*account.balances, *row.get_mapping("balances")}:
        difference = (balances.get_decimal(asset) or ZERO) - _count_total(account, asset)
        if difference:
            simulation.venue.pay_account(account, "TRANSFER", "spot", asset, difference)
            count += 1
    wallet = row.get_signed_decimal("wallet")
    if wallet is not None and wallet != account.wallet:
        difference = wallet - account.wallet
        simulation.venue.pay_account(account, "TRANSFER", "futures", SETTLEMENT_ASSET, difference)
        count += 1
    return count


def _market_row(market: Market) -> Json:
    return {"price": str(market.price), "steps": market.steps, **regime_row(market)}


def _account_row(account: Account) -> Json:
    balances = {asset: _write_amount(_count_total(account, asset)) for asset in account.balances}
    return {"label": account.label, "balances": balances, "wallet": _write_amount(account.wallet)}


def _write_amount(amount: Decimal) -> str:
    """Write all digits of an amount, and no zeros behind them."""
    return f"{amount.normalize():f}"


def _count_total(account: Account, asset: str) -> Decimal:
    balance = account.get_balance(asset)
    return balance.free + balance.locked
