"""Endpoints of Bybit's unified account: the key's rights, its balances, trading fees, coins."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from exchanges.simulator.accounts.accounts import Account
from exchanges.simulator.bybit.errors import invalid_parameter
from exchanges.simulator.bybit.gateway import Call
from exchanges.simulator.bybit.params import read_set, read_text
from exchanges.simulator.bybit.positions import margin_mode
from exchanges.simulator.bybit.rows import Json
from exchanges.simulator.bybit.symbols import list_markets
from exchanges.simulator.decimals import ZERO, format_plain
from exchanges.simulator.engine import margin
from exchanges.simulator.engine.engine import Engine
from exchanges.simulator.markets.contracts import SETTLEMENT_ASSET
from exchanges.simulator.orders.orders import Holding

TOTAL_FIELDS = (
    *("totalEquity", "totalWalletBalance", "totalMarginBalance", "totalAvailableBalance"),
    *("totalPerpUPL", "totalInitialMargin", "totalMaintenanceMargin"),
    *("accountIMRate", "accountMMRate", "accountLTV"),
)


def get_key(call: Call) -> object:
    account, permissions = call.account, call.account.permissions
    wallet = ["AccountTransfer", *(["Withdraw"] if permissions.withdrawals else [])]
    return {
        "id": str(account.created),
        "note": account.label,
        "apiKey": account.key,
        "readOnly": 0 if permissions.trading else 1,
        "secret": "",
        "permissions": {
            "ContractTrade": ["Order", "Position"] if permissions.trading else [],
            "Spot": ["SpotTrade"] if permissions.trading else [],
            "Wallet": wallet,
            "Options": [],
            "Derivatives": [],
            "CopyTrading": [],
            "BlockTrade": [],
            "Exchange": [],
            "NFT": [],
        },
        "ips": ["127.0.0.1"] if permissions.ip_restricted else ["*"],
        "type": 1,
        "deadlineDay": 90,
        "expiredAt": "2099-01-01T00:00:00Z",
        "createdAt": "2026-01-01T00:00:00Z",
        "unified": 0,
        "uta": 1,
        "userID": account.created,
        "inviterID": 0,
        "vipLevel": "No VIP",
        "mktMakerLevel": "0",
        "affiliateID": 0,
        "rsaPublicKey": "",
        "isMaster": True,
        "parentUid": "0",
        "kycLevel": "LEVEL_1",
        "kycRegion": "",
    }


def get_config(call: Call) -> object:
    return {
        "marginMode": margin_mode(call.account),
        "updatedTime": str(call.account.updated),
        "unifiedMarginStatus": 6,
        "dcpStatus": "OFF",
        "timeWindow": 10,
        "smpGroup": 0,
        "isMasterTrader": False,
        "spotHedgingStatus": "OFF",
    }


def get_balance(call: Call) -> object:
    if read_text(call.params, "accountType") != "UNIFIED":
        raise invalid_parameter("accountType")
    requested = read_set(call.params, "coin")
    holdings = [
        holding
        for holding in list_holdings(call.account)
        if not requested or holding.asset in requested
    ]
    return {"list": [account_row(call.engine, call.account, holdings)]}


def get_trade_fees(call: Call) -> object:
    account, requested = call.account, read_text(call.params, "symbol", "")
    taker, maker = account.taker_fee, account.maker_fee
    if call.category == "linear":
        taker, maker = account.contract_taker_fee, account.contract_maker_fee
    fees = {"takerFeeRate": format_plain(taker), "makerFeeRate": format_plain(maker)}
    names = [name for name in list_markets(call.engine, call.category) if requested in ("", name)]
    return {"category": call.category, "list": [{"symbol": name, **fees} for name in names]}


def get_currencies(call: Call) -> object:
    markets = call.engine.spot.values()
    assets = dict.fromkeys(
        asset for market in markets for asset in (market.symbol.base, market.symbol.quote)
    )
    requested = read_text(call.params, "coin", "")
    rows = [
        {"name": asset, "coin": asset, "remainAmount": "0", "chains": []}
        for asset in assets
        if requested in ("", asset)
    ]
    return {"rows": rows}


def list_holdings(account: Account) -> list[Holding]:
    """Return the holding of each coin, with USDT if the futures wallet holds any."""
    assets = {*account.balances, *([SETTLEMENT_ASSET] if account.wallet else [])}
    return [get_holding(account, asset) for asset in sorted(assets)]


def get_holding(account: Account, asset: str) -> Holding:
    balance = account.get_balance(asset)
    return Holding(asset, balance.free, balance.locked)


def account_row(engine: Engine, account: Account, holdings: Iterable[Holding]) -> Json:
    """Build the balances of an account.

    A unified account is one wallet, so the engine's separate futures wallet is added to USDT.
    """
    coins = [
        _coin_row(holding, _contract_totals(engine, account, holding.asset)) for holding in holdings
    ]
    return {"accountType": "UNIFIED", **dict.fromkeys(TOTAL_FIELDS, ""), "coin": coins}


def _coin_row(holding: Holding, contracts: Mapping[str, Decimal]) -> Json:
    total = holding.free + holding.locked + contracts["wallet"]
    return {
        "coin": holding.asset,
        "equity": format_plain(total + contracts["unrealised"]),
        "usdValue": "",
        "walletBalance": format_plain(total),
        "locked": format_plain(holding.locked),
        "spotHedgingQty": "0",
        "borrowAmount": "0",
        "accruedInterest": "0",
        "totalOrderIM": format_plain(contracts["orders"]),
        "totalPositionIM": format_plain(contracts["positions"]),
        "totalPositionMM": format_plain(contracts["maintenance"]),
        "unrealisedPnl": format_plain(contracts["unrealised"]),
        "cumRealisedPnl": format_plain(contracts["realised"]),
        "bonus": "0",
        "availableToWithdraw": "",
        "availableToBorrow": "",
        "collateralSwitch": True,
        "marginCollateral": True,
    }


def _contract_totals(engine: Engine, account: Account, asset: str) -> dict[str, Decimal]:
    """Sum what contracts add to one coin of the wallet; all zero unless they settle in it."""
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
