"""Bybit's unified account: who the key is, what it may, what is held, what trading costs."""

from exchanges.simulator.bybit import params as read
from exchanges.simulator.bybit.errors import wrong
from exchanges.simulator.bybit.gateway import Call
from exchanges.simulator.bybit.holdings import all_held, wallet_row
from exchanges.simulator.bybit.positions import margin_mode
from exchanges.simulator.bybit.rows import plain
from exchanges.simulator.bybit.symbols import books


def key_info(call: Call) -> object:
    account, may = call.account, call.account.permissions
    wallet = ["AccountTransfer", *(["Withdraw"] if may.withdrawals else [])]
    return {
        "id": str(account.created),
        "note": account.label,
        "apiKey": account.key,
        "readOnly": 0 if may.trading else 1,
        "secret": "",
        "permissions": {
            "ContractTrade": ["Order", "Position"] if may.trading else [],
            "Spot": ["SpotTrade"] if may.trading else [],
            "Wallet": wallet,
            "Options": [],
            "Derivatives": [],
            "CopyTrading": [],
            "BlockTrade": [],
            "Exchange": [],
            "NFT": [],
        },
        "ips": ["127.0.0.1"] if may.ip_restricted else ["*"],
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


def info(call: Call) -> object:
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


def wallet_balance(call: Call) -> object:
    if read.text(call.params, "accountType") != "UNIFIED":
        raise wrong("accountType")
    wanted = {name for name in read.text(call.params, "coin", "").split(",") if name}
    held = [one for one in all_held(call.account) if not wanted or one.asset in wanted]
    return {"list": [wallet_row(call.engine, call.account, held)]}


def fee_rate(call: Call) -> object:
    account, wanted = call.account, read.text(call.params, "symbol", "")
    taker, maker = account.taker_fee, account.maker_fee
    if call.category == "linear":
        taker, maker = account.contract_taker_fee, account.contract_maker_fee
    fees = {"takerFeeRate": plain(taker), "makerFeeRate": plain(maker)}
    names = [name for name in books(call.engine, call.category) if wanted in ("", name)]
    return {"category": call.category, "list": [{"symbol": name, **fees} for name in names]}


def coins(call: Call) -> object:
    markets = call.engine.spot.values()
    assets = dict.fromkeys(a for m in markets for a in (m.symbol.base, m.symbol.quote))
    wanted = read.text(call.params, "coin", "")
    rows = [
        {"name": asset, "coin": asset, "remainAmount": "0", "chains": []}
        for asset in assets
        if wanted in ("", asset)
    ]
    return {"rows": rows}
