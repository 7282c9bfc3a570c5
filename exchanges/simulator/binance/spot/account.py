"""Endpoints of the spot account, and the few of /sapi/ that clients call as well."""

from exchanges.simulator.binance.gateway import Call
from exchanges.simulator.binance.market_rows import Json
from exchanges.simulator.binance.spot.rows import account_row
from exchanges.simulator.decimals import write_8

OTHER_PERMISSIONS = (
    *("enableMargin", "permitsUniversalTransfer", "enableVanillaOptions", "enableFixApiTrade"),
    *("enableFixReadOnly", "enablePortfolioMarginTrading"),
)


def get_account(call: Call) -> object:
    return account_row(call.account, call.params.get("omitZeroBalances") == "true")


def get_key_restrictions(call: Call) -> object:
    permissions = call.account.permissions
    return {
        "ipRestrict": permissions.ip_restricted,
        "createTime": call.account.created,
        "enableReading": permissions.reading,
        "enableSpotAndMarginTrading": permissions.trading,
        "enableWithdrawals": permissions.withdrawals,
        "enableInternalTransfer": permissions.withdrawals,
        "enableFutures": permissions.futures,
        **dict.fromkeys(OTHER_PERMISSIONS, False),
    }


def get_currencies(call: Call) -> object:
    return [_coin_row(call, asset) for asset in call.engine.list_assets()]


def get_trade_fees(call: Call) -> object:
    fees = {
        "makerCommission": str(call.account.maker_fee),
        "takerCommission": str(call.account.taker_fee),
    }
    symbol = call.params.get("symbol")
    names = call.engine.spot
    return [{"symbol": name, **fees} for name in names if symbol in (None, name)]


def _coin_row(call: Call, asset: str) -> Json:
    balance = call.account.get_balance(asset)
    return {
        "coin": asset,
        "name": asset,
        **write_8(free=balance.free, locked=balance.locked),
        **dict.fromkeys(("freeze", "withdrawing", "ipoing", "ipoable", "storage"), "0"),
        **dict.fromkeys(("depositAllEnable", "withdrawAllEnable", "isLegalMoney"), False),
        "trading": True,
        "networkList": [],
    }
