"""Endpoints of Bybit's unified account: the key's rights, its balances, trading fees, coins."""

from collections.abc import Iterable

from exchanges.simulator.accounts.accounts import Account
from exchanges.simulator.bybit.errors import invalid_parameter
from exchanges.simulator.bybit.gateway import Call
from exchanges.simulator.bybit.params import read_set, read_text
from exchanges.simulator.bybit.positions import margin_mode
from exchanges.simulator.bybit.rows import Json
from exchanges.simulator.bybit.symbols import list_markets
from exchanges.simulator.decimals import ZERO, format_plain, write_plain
from exchanges.simulator.engine.engine import Engine
from exchanges.simulator.engine.margin import ContractTotals, sum_contracts
from exchanges.simulator.markets.symbols import SETTLEMENT_ASSET
from exchanges.simulator.orders.orders import Holding

OTHER_PERMISSIONS = ("Options", "Derivatives", "CopyTrading", "BlockTrade", "Exchange", "NFT")
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
        **dict.fromkeys(("secret", "rsaPublicKey", "kycRegion"), ""),
        "permissions": {
            "ContractTrade": ["Order", "Position"] if permissions.trading else [],
            "Spot": ["SpotTrade"] if permissions.trading else [],
            "Wallet": wallet,
            **{name: [] for name in OTHER_PERMISSIONS},
        },
        "ips": ["127.0.0.1"] if permissions.ip_restricted else ["*"],
        "type": 1,
        "deadlineDay": 90,
        "expiredAt": "2099-01-01T00:00:00Z",
        "createdAt": "2026-01-01T00:00:00Z",
        **dict.fromkeys(("unified", "inviterID", "affiliateID"), 0),
        **dict.fromkeys(("mktMakerLevel", "parentUid"), "0"),
        "uta": 1,
        "userID": account.created,
        "vipLevel": "No VIP",
        "isMaster": True,
        "kycLevel": "LEVEL_1",
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
    requested, holdings = read_set(call.params, "coin"), list_holdings(call.account)
    holdings = [row for row in holdings if not requested or row.asset in requested]
    return {"list": [account_row(call.engine, call.account, holdings)]}


def get_trade_fees(call: Call) -> object:
    account, requested = call.account, read_text(call.params, "symbol", "")
    taker, maker = account.taker_fee, account.maker_fee
    if call.category == "linear":
        taker, maker = account.contract_taker_fee, account.contract_maker_fee
    fees = write_plain(takerFeeRate=taker, makerFeeRate=maker)
    names = [name for name in list_markets(call.engine, call.category) if requested in ("", name)]
    return {"category": call.category, "list": [{"symbol": name, **fees} for name in names]}


def get_currencies(call: Call) -> object:
    requested = read_text(call.params, "coin", "")
    assets = [asset for asset in call.engine.list_assets() if requested in ("", asset)]
    unused = {"remainAmount": "0", "chains": []}
    return {"rows": [{"name": asset, "coin": asset, **unused} for asset in assets]}


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
    coins = [_coin_row(engine, account, holding) for holding in holdings]
    return {"accountType": "UNIFIED", **dict.fromkeys(TOTAL_FIELDS, ""), "coin": coins}


def _coin_row(engine: Engine, account: Account, holding: Holding) -> Json:
    wallet, contracts = ZERO, ContractTotals()
    if holding.asset == SETTLEMENT_ASSET:
        wallet, contracts = account.wallet, sum_contracts(engine, account)
    total = holding.free + holding.locked + wallet
    return {
        "coin": holding.asset,
        **write_plain(equity=total + contracts.unrealised, walletBalance=total),
        "locked": format_plain(holding.locked),
        **dict.fromkeys(("spotHedgingQty", "borrowAmount", "accruedInterest", "bonus"), "0"),
        **dict.fromkeys(("usdValue", "availableToWithdraw", "availableToBorrow"), ""),
        **write_plain(totalOrderIM=contracts.orders, totalPositionIM=contracts.positions),
        **write_plain(totalPositionMM=contracts.maintenance, unrealisedPnl=contracts.unrealised),
        "cumRealisedPnl": format_plain(contracts.realised),
        **dict.fromkeys(("collateralSwitch", "marginCollateral"), True),
    }
