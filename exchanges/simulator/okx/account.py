"""Endpoints of OKX's trading account: the key's rights, its balances, trading fees, coins."""

from collections.abc import Iterable
from decimal import Decimal

from exchanges.simulator.accounts.accounts import Account
from exchanges.simulator.decimals import format_plain
from exchanges.simulator.engine import margin
from exchanges.simulator.engine.engine import Engine
from exchanges.simulator.markets.symbols import SETTLEMENT_ASSET
from exchanges.simulator.okx.gateway import Call
from exchanges.simulator.okx.params import read_set, read_text
from exchanges.simulator.okx.rows import Json
from exchanges.simulator.okx.symbols import parse_inst_type

# Fields of a balance that the simulator never uses.
ZERO_FIELDS = ("borrowFroz", "crossLiab", "interest", "isoEq", "isoLiab", "liab", "maxLoan", "upl")
EMPTY_FIELDS = (
    *("mgnRatio", "notionalLever", "spotInUseAmt", "uplLiab", "twap", "stgyEq", "rewardBal"),
    "eqUsd",
)


def get_config(call: Call) -> object:
    account, permissions = call.account, call.account.permissions
    granted = ["read_only"]
    granted += ["trade"] if permissions.trading else []
    granted += ["withdraw"] if permissions.withdrawals else []
    return [
        {
            "acctLv": str(account.level),
            "acctStpMode": "cancel_maker",
            **dict.fromkeys(("autoLoan", "enableSpotBorrow", "spotBorrowAutoRepay"), False),
            **dict.fromkeys(("ctIsoMode", "mgnIsoMode"), "automatic"),
            **dict.fromkeys(("feeType", "opAuth", "roleType", "spotRoleType", "type"), "0"),
            **dict.fromkeys(("levelTmp", "spotOffsetType"), ""),
            "greeksType": "PA",
            "ip": "127.0.0.1" if permissions.ip_restricted else "",
            "kycLv": "3",
            "label": account.label,
            "level": "Lv1",
            "liquidationGear": "-1",
            "perm": ",".join(granted),
            "posMode": "long_short_mode" if account.hedged else "net_mode",
            "spotTraderInsts": [],
            "traderInsts": [],
            **dict.fromkeys(("uid", "mainUid"), str(account.created)),
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
    rates = (spot if inst_type == "SPOT" else swap).items()
    fees = dict.fromkeys((*spot, *swap), "") | {name: format_plain(-rate) for name, rate in rates}
    return [{**fees, "category": "1", "instType": inst_type, "level": "Lv1", "ts": str(call.now)}]


def get_currencies(call: Call) -> object:
    requested = read_set(call.params, "ccy")
    assets = call.engine.list_assets()
    return [_currency_info_row(asset) for asset in assets if not requested or asset in requested]


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
        free, frozen, cash = balance.free, balance.locked, balance.free + balance.locked
        unrealised = Decimal(0)
        if asset == SETTLEMENT_ASSET:
            contracts = margin.sum_contracts(engine, account)
            free += min(margin.compute_free_margin(engine, account), account.wallet)
            frozen += contracts.orders + contracts.positions
            cash, unrealised = cash + account.wallet, contracts.unrealised
        rows.append(_currency_row(asset, free, frozen, now, cash=cash, unrealised=unrealised))
    totals = ("totalEq", "adjEq", "availEq", "isoEq", "ordFroz", "imr", "mmr", "mgnRatio")
    other = ("borrowFroz", "notionalUsd", "upl")
    return {**dict.fromkeys((*totals, *other), ""), "uTime": str(now), "details": rows}


def _currency_row(
    asset: str, free: Decimal, frozen: Decimal, now: int, *, cash: Decimal, unrealised: Decimal
) -> Json:
    return {
        **dict.fromkeys(ZERO_FIELDS, "0"),
        **dict.fromkeys(EMPTY_FIELDS, ""),
        "ccy": asset,
        "cashBal": format_plain(cash),
        **dict.fromkeys(("eq", "disEq"), format_plain(cash + unrealised)),
        "upl": format_plain(unrealised),
        **dict.fromkeys(("availBal", "availEq"), format_plain(free)),
        **dict.fromkeys(("frozenBal", "ordFrozen"), format_plain(frozen)),
        "uTime": str(now),
    }


def _currency_info_row(asset: str) -> Json:
    return {
        "ccy": asset,
        "name": asset,
        "chain": f"{asset}-Simulated",
        **{"canDep": False, "canWd": False, "canInternal": False, "mainNet": True},
        **dict.fromkeys(("maxFee", "minFee", "fee", "minDep", "minWd", "maxWd"), "0"),
        **{"wdTickSz": "8", "wdQuota": "0", "usedWdQuota": "0", "ctAddr": "", "logoLink": ""},
        "needTag": False,
    }
