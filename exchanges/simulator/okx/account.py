"""OKX's trading account: who the key is, what it may, what is held, what trading costs."""

from collections.abc import Iterable

from exchanges.simulator.accounts.accounts import Account
from exchanges.simulator.engine import margin
from exchanges.simulator.engine.engine import Engine
from exchanges.simulator.markets.contracts import SETTLEMENT_ASSET
from exchanges.simulator.okx import params as read
from exchanges.simulator.okx.gateway import Call
from exchanges.simulator.okx.rows import Json, balance_row, currency_row, plain
from exchanges.simulator.okx.symbols import INST_TYPES, instruments, type_of


def config(call: Call) -> object:
    account, may = call.account, call.account.permissions
    allowed = ["read_only"]
    allowed += ["trade"] if may.trading else []
    allowed += ["withdraw"] if may.withdrawals else []
    return [
        {
            "acctLv": str(account.level),
            "acctStpMode": "cancel_maker",
            "autoLoan": False,
            "ctIsoMode": "automatic",
            "enableSpotBorrow": False,
            "feeType": "0",
            "greeksType": "PA",
            "ip": "127.0.0.1" if may.ip_restricted else "",
            "kycLv": "3",
            "label": account.label,
            "level": "Lv1",
            "levelTmp": "",
            "liquidationGear": "-1",
            "mainUid": str(account.created),
            "mgnIsoMode": "automatic",
            "opAuth": "0",
            "perm": ",".join(allowed),
            "posMode": "net_mode",
            "roleType": "0",
            "spotBorrowAutoRepay": False,
            "spotOffsetType": "",
            "spotRoleType": "0",
            "spotTraderInsts": [],
            "traderInsts": [],
            "type": "0",
            "uid": str(account.created),
        }
    ]


def balance(call: Call) -> object:
    wanted = {name for name in read.text(call.params, "ccy", "").split(",") if name}
    account = call.account
    assets = [asset for asset in held_assets(account) if not wanted or asset in wanted]
    return [balances(call.engine, account, assets, call.now)]


def trade_fee(call: Call) -> object:
    kind, account = type_of(read.text(call.params, "instType")), call.account
    spot = {"maker": account.maker_fee, "taker": account.taker_fee}
    swap = {"makerU": account.contract_maker_fee, "takerU": account.contract_taker_fee}
    rates = spot if kind == "SPOT" else swap
    fees = dict.fromkeys((*spot, *swap), "") | {n: plain(-rate) for n, rate in rates.items()}
    return [{**fees, "category": "1", "instType": kind, "level": "Lv1", "ts": str(call.now)}]


def currencies(call: Call) -> object:
    wanted = {name for name in read.text(call.params, "ccy", "").split(",") if name}
    listed = [one for kind in INST_TYPES for one in instruments(call.engine, kind)]
    assets = dict.fromkeys(asset for one in listed for asset in (one.base, one.quote))
    return [_currency(asset) for asset in assets if not wanted or asset in wanted]


def no_funding(call: Call) -> object:
    """All money here lies in the trading account."""
    return []


def held_assets(account: Account) -> list[str]:
    return sorted({*account.balances, *([SETTLEMENT_ASSET] if account.wallet else [])})


def balances(engine: Engine, account: Account, assets: Iterable[str], now: int) -> Json:
    """One account: what lies apart for contracts is counted to the rest of that coin."""
    rows = []
    for asset in assets:
        held = account.get_balance(asset)
        free, frozen = held.free, held.locked
        if asset == SETTLEMENT_ASSET:
            left = min(margin.compute_free_margin(engine, account), account.wallet)
            free, frozen = free + left, frozen + account.wallet - left
        rows.append(currency_row(asset, free, frozen, now))
    return balance_row(rows, now)


def _currency(asset: str) -> Json:
    return {
        "ccy": asset,
        "name": asset,
        "chain": f"{asset}-Simulated",
        "canDep": False,
        "canWd": False,
        "canInternal": False,
        "mainNet": True,
        "maxFee": "0",
        "minFee": "0",
        "fee": "0",
        "minDep": "0",
        "minWd": "0",
        "maxWd": "0",
        "wdTickSz": "8",
        "wdQuota": "0",
        "usedWdQuota": "0",
        "ctAddr": "",
        "logoLink": "",
        "needTag": False,
    }
