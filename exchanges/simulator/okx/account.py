"""Endpoints of OKX's trading account: the key's rights, its balances, trading fees, coins."""

from collections.abc import Iterable
from decimal import Decimal

from exchanges.simulator.accounts.accounts import Account
from exchanges.simulator.decimals import format_plain
from exchanges.simulator.engine import margin
from exchanges.simulator.engine.engine import Engine
from exchanges.simulator.markets.contracts import SETTLEMENT_ASSET
from exchanges.simulator.okx.gateway import Call
from exchanges.simulator.okx.params import read_set, read_text
from exchanges.simulator.okx.rows import Json
from exchanges.simulator.okx.symbols import INST_TYPES, list_instruments, parse_inst_type


def get_config(call: Call) -> object:
    account, permissions = call.account, call.account.permissions
    granted = ["read_only"]
    granted += ["trade"] if permissions.trading else []
    granted += ["withdraw"] if permissions.withdrawals else []
    return [
        {
            "acctLv": str(account.level),
            "acctStpMode": "cancel_maker",
            "autoLoan": False,
            "ctIsoMode": "automatic",
            "enableSpotBorrow": False,
            "feeType": "0",
            "greeksType": "PA",
            "ip": "127.0.0.1" if permissions.ip_restricted else "",
            "kycLv": "3",
            "label": account.label,
            "level": "Lv1",
            "levelTmp": "",
            "liquidationGear": "-1",
            "mainUid": str(account.created),
            "mgnIsoMode": "automatic",
            "opAuth": "0",
            "perm": ",".join(granted),
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


def get_balance(call: Call) -> object:
    requested = read_set(call.params, "ccy")
    account = call.account
    assets = [asset for asset in list_assets(account) if not requested or asset in requested]
    return [account_row(call.engine, account, assets, call.now)]


def get_trade_fees(call: Call) -> object:
    inst_type, account = parse_inst_type(read_text(call.params, "instType")), call.account
    spot = {"maker": account.maker_fee, "taker": account.taker_fee}
    swap = {"makerU": account.contract_maker_fee, "takerU": account.contract_taker_fee}
    rates = spot if inst_type == "SPOT" else swap
    fees = dict.fromkeys((*spot, *swap), "") | {
        field: format_plain(-rate) for field, rate in rates.items()
    }
    return [{**fees, "category": "1", "instType": inst_type, "level": "Lv1", "ts": str(call.now)}]


def get_currencies(call: Call) -> object:
    requested = read_set(call.params, "ccy")
    instruments = [
        instrument
        for inst_type in INST_TYPES
        for instrument in list_instruments(call.engine, inst_type)
    ]
    assets = dict.fromkeys(
        asset for instrument in instruments for asset in (instrument.base, instrument.quote)
    )
    return [_currency_info_row(asset) for asset in assets if not requested or asset in requested]


def get_funding_balances(call: Call) -> object:
    """Answer with no balances: all money lies in the trading account."""
    return []


def list_assets(account: Account) -> list[str]:
    """Return the coins of the account, with USDT if its futures wallet holds any."""
    return sorted({*account.balances, *([SETTLEMENT_ASSET] if account.wallet else [])})


def account_row(engine: Engine, account: Account, assets: Iterable[str], now: int) -> Json:
    """Build the balances of an account.

    OKX has one balance per coin, so the engine's separate futures wallet is added to USDT.
    """
    rows = []
    for asset in assets:
        balance = account.get_balance(asset)
        free, frozen = balance.free, balance.locked
        if asset == SETTLEMENT_ASSET:
            available = min(margin.compute_free_margin(engine, account), account.wallet)
            free, frozen = free + available, frozen + account.wallet - available
        rows.append(_currency_row(asset, free, frozen, now))
    return _balance_row(rows, now)


def _balance_row(currencies: Iterable[Json], now: int) -> Json:
    totals = ("totalEq", "adjEq", "availEq", "isoEq", "ordFroz", "imr", "mmr", "mgnRatio")
    other = ("borrowFroz", "notionalUsd", "upl")
    return {**dict.fromkeys((*totals, *other), ""), "uTime": str(now), "details": list(currencies)}


def _currency_row(asset: str, free: Decimal, frozen: Decimal, now: int) -> Json:
    total = format_plain(free + frozen)
    zero_fields = (
        "borrowFroz",
        "crossLiab",
        "interest",
        "isoEq",
        "isoLiab",
        "liab",
        "maxLoan",
        "upl",
    )
    empty_fields = (
        "mgnRatio",
        "notionalLever",
        "spotInUseAmt",
        "uplLiab",
        "twap",
        "stgyEq",
        "rewardBal",
    )
    return {
        **dict.fromkeys(zero_fields, "0"),
        **dict.fromkeys(empty_fields, ""),
        "ccy": asset,
        "eq": total,
        "cashBal": total,
        "availBal": format_plain(free),
        "availEq": format_plain(free),
        "frozenBal": format_plain(frozen),
        "ordFrozen": format_plain(frozen),
        "disEq": total,
        "eqUsd": "",
        "uTime": str(now),
    }


def _currency_info_row(asset: str) -> Json:
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
