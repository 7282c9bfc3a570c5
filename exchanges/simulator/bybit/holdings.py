"""What an account holds, in Bybit's JSON: one wallet for all categories, and positions."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from exchanges.simulator.accounts.accounts import Account
from exchanges.simulator.accounts.positions import Position
from exchanges.simulator.bybit.rows import Json, plain
from exchanges.simulator.bybit.symbols import wire_name
from exchanges.simulator.decimals import ZERO
from exchanges.simulator.engine import margin
from exchanges.simulator.engine.engine import Engine
from exchanges.simulator.markets.contracts import SETTLEMENT_ASSET
from exchanges.simulator.orders.orders import Holding

TOTALS = (
    *("totalEquity", "totalWalletBalance", "totalMarginBalance", "totalAvailableBalance"),
    *("totalPerpUPL", "totalInitialMargin", "totalMaintenanceMargin"),
    *("accountIMRate", "accountMMRate", "accountLTV"),
)


def wallet_row(engine: Engine, account: Account, holdings: Iterable[Holding]) -> Json:
    """The core keeps money for contracts apart; a unified account shows it as one."""
    coins = [coin_row(held, _contracts(engine, account, held.asset)) for held in holdings]
    return {"accountType": "UNIFIED", **dict.fromkeys(TOTALS, ""), "coin": coins}


def coin_row(held: Holding, contracts: Mapping[str, Decimal]) -> Json:
    total = held.free + held.locked + contracts["wallet"]
    return {
        "coin": held.asset,
        "equity": plain(total + contracts["unrealised"]),
        "usdValue": "",
        "walletBalance": plain(total),
        "locked": plain(held.locked),
        "spotHedgingQty": "0",
        "borrowAmount": "0",
        "accruedInterest": "0",
        "totalOrderIM": plain(contracts["orders"]),
        "totalPositionIM": plain(contracts["positions"]),
        "totalPositionMM": plain(contracts["maintenance"]),
        "unrealisedPnl": plain(contracts["unrealised"]),
        "cumRealisedPnl": plain(contracts["realised"]),
        "bonus": "0",
        "availableToWithdraw": "",
        "availableToBorrow": "",
        "collateralSwitch": True,
        "marginCollateral": True,
    }


def all_held(account: Account) -> list[Holding]:
    assets = {*account.balances, *([SETTLEMENT_ASSET] if account.wallet else [])}
    return [held(account, asset) for asset in sorted(assets)]


def held(account: Account, asset: str) -> Holding:
    balance = account.get_balance(asset)
    return Holding(asset, balance.free, balance.locked)


def position_row(engine: Engine, account: Account, position: Position) -> Json:
    """One way only: positionIdx 0. A closed position has no side."""
    market = engine.contracts[position.contract]
    contract, mark = margin.get_contract(engine, position.contract), market.price
    standing = bool(position.quantity)
    liquidation = margin.compute_liquidation_price(contract, account, position)
    return {
        "positionIdx": 0,
        "riskId": 1,
        "riskLimitValue": "2000000",
        "symbol": wire_name(position.contract),
        "side": ("Buy" if position.quantity > 0 else "Sell") if standing else "",
        "size": plain(abs(position.quantity)),
        "avgPrice": plain(position.entry_price.quantize(Decimal("1e-8"))),
        "positionValue": plain(abs(position.cost)),
        "tradeMode": 0,
        "autoAddMargin": 0,
        "positionStatus": "Normal",
        "leverage": str(position.leverage),
        "markPrice": plain(mark),
        "liqPrice": plain(liquidation) if liquidation else "",
        "bustPrice": "",
        "positionIM": plain(margin.compute_position_margin(position, mark)),
        "positionMM": plain(margin.compute_maintenance(contract, position, mark)),
        "positionBalance": plain(margin.compute_position_margin(position, mark)),
        "tpslMode": "Full",
        "takeProfit": "",
        "stopLoss": "",
        "trailingStop": "0",
        "unrealisedPnl": plain(position.compute_unrealised(mark)) if standing else "",
        "curRealisedPnl": plain(position.realised),
        "cumRealisedPnl": plain(position.realised),
        "adlRankIndicator": 2 if standing else 0,
        "isReduceOnly": False,
        "mmrSysUpdatedTime": "",
        "leverageSysUpdatedTime": "",
        "createdTime": str(account.created),
        "updatedTime": str(position.updated),
        "seq": position.updated,
    }


def _contracts(engine: Engine, account: Account, asset: str) -> dict[str, Decimal]:
    """What contracts have to do with one coin of the wallet."""
    names = ("wallet", "orders", "positions", "maintenance", "unrealised", "realised")
    totals = dict.fromkeys(names, ZERO)
    if asset != SETTLEMENT_ASSET:
        return totals
    totals["wallet"] = account.wallet
    for name, position in account.positions.items():
        mark = engine.contracts[name].price
        contract = margin.get_contract(engine, name)
        totals["orders"] += margin.compute_order_margin(engine, account, name)
        totals["positions"] += margin.compute_position_margin(position, mark)
        totals["maintenance"] += margin.compute_maintenance(contract, position, mark)
        totals["unrealised"] += position.compute_unrealised(mark)
        totals["realised"] += position.realised
    return totals
