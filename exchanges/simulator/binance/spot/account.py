"""Endpoints of the spot account, and the few of /sapi/ that clients call as well."""

from exchanges.simulator.binance.gateway import Call
from exchanges.simulator.binance.market_rows import Json
from exchanges.simulator.binance.spot.rows import account_row
from exchanges.simulator.decimals import format_8


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
        "enableMargin": False,
        "enableFutures": permissions.futures,
        "permitsUniversalTransfer": False,
        "enableVanillaOptions": False,
        "enableFixApiTrade": False,
        "enableFixReadOnly": False,
        "enablePortfolioMarginTrading": False,
    }


def get_currencies(call: Call) -> object:
    markets = call.engine.spot.values()
    assets = dict.fromkeys(
        asset for market in markets for asset in (market.symbol.base, market.symbol.quote)
    )
    return [_coin_row(call, asset) for asset in assets]


def get_trade_fees(call: Call) -> object:
    fees = {
        "makerCommission": str(call.account.maker_fee),
        "takerCommission": str(call.account.taker_fee),
    }
    symbol = call.params.get("symbol")
    names = call.engine.spot
    return [{"symbol": name, **fees} for name in names if symbol in (None, name)]


def get_margin_pairs(_: Call) -> object:
    """Answer with no margin pairs, which the simulator does not trade."""
    return []


def get_system_status(_: Call) -> object:
    return {"status": 0, "msg": "normal"}


def _coin_row(call: Call, asset: str) -> Json:
    balance = call.account.get_balance(asset)
    return {
        "coin": asset,
        "depositAllEnable": False,
        "withdrawAllEnable": False,
        "name": asset,
        "free": format_8(balance.free),
        "locked": format_8(balance.locked),
        "freeze": "0",
        "withdrawing": "0",
        "ipoing": "0",
        "ipoable": "0",
        "storage": "0",
        "isLegalMoney": False,
        "trading": True,
        "networkList": [],
    }
