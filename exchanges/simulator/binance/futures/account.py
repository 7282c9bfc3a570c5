"""Endpoints of the futures account: its wallet, fees and listen keys."""

from exchanges.simulator.binance.errors import BinanceError
from exchanges.simulator.binance.futures.positions import find_contract, list_position_rows
from exchanges.simulator.binance.gateway import Call
from exchanges.simulator.binance.market import list_requested_markets
from exchanges.simulator.binance.market_rows import Json
from exchanges.simulator.decimals import write_8
from exchanges.simulator.engine import margin
from exchanges.simulator.markets.symbols import SETTLEMENT_ASSET

TOTAL_FIELDS = (
    *("initialMargin", "maintMargin", "walletBalance", "marginBalance"),
    *("positionInitialMargin", "openOrderInitialMargin", "crossWalletBalance", "crossUnPnl"),
)
BALANCE_FIELDS = (
    *("crossWalletBalance", "crossUnPnl", "availableBalance", "maxWithdrawAmount"),
    *("marginAvailable", "updateTime"),
)
NO_LISTEN_KEY = (-1125, "This listenKey does not exist.")


def get_account(call: Call) -> object:
    account = call.account
    asset = _asset_row(call)
    names = [market.symbol.name for market in list_requested_markets(call)]
    totals = {f"total{name[0].upper()}{name[1:]}": asset[name] for name in TOTAL_FIELDS}
    return {
        "feeTier": 0,
        "canTrade": account.permissions.futures,
        "canDeposit": True,
        "canWithdraw": account.permissions.withdrawals,
        "multiAssetsMargin": False,
        "tradeGroupId": -1,
        "updateTime": 0,
        **totals,
        "totalUnrealizedProfit": asset["unrealizedProfit"],
        **{name: asset[name] for name in ("availableBalance", "maxWithdrawAmount")},
        "assets": [asset],
        "positions": list_position_rows(call, names, account_style=True),
    }


def get_balance(call: Call) -> object:
    asset = _asset_row(call)
    return [
        {
            "accountAlias": "SgsR",
            "asset": SETTLEMENT_ASSET,
            "balance": asset["walletBalance"],
            **{name: asset[name] for name in BALANCE_FIELDS},
        }
    ]


def get_trade_fees(call: Call) -> object:
    return {
        "symbol": find_contract(call).venue_name,
        "makerCommissionRate": str(call.account.contract_maker_fee),
        "takerCommissionRate": str(call.account.contract_taker_fee),
    }


def get_config(call: Call) -> object:
    permissions = call.account.permissions
    return {
        "feeTier": 0,
        "canTrade": permissions.futures,
        "canDeposit": True,
        "canWithdraw": permissions.withdrawals,
        "dualSidePosition": call.account.hedged,
        "updateTime": call.account.updated,
        "multiAssetsMargin": False,
        "tradeGroupId": -1,
    }


def get_trading_rules(call: Call) -> object:
    """Answer that the account breaks none of the rules for order rates and cancellations."""
    return {"updateTime": call.now, "indicators": {}}


def create_listen_key(call: Call) -> object:
    return {"listenKey": call.simulation.listen_keys.create(call.account.key, call.now)}


def extend_listen_key(call: Call) -> object:
    key = call.simulation.listen_keys.extend(call.account.key, call.now)
    if key is None:
        raise BinanceError(*NO_LISTEN_KEY)
    return {"listenKey": key}


def close_listen_key(call: Call) -> object:
    call.simulation.listen_keys.close(call.account.key)
    return {}


def _asset_row(call: Call) -> Json:
    engine, account = call.engine, call.account
    totals = margin.sum_contracts(engine, account)
    free = margin.compute_free_margin(engine, account)
    return {
        "asset": SETTLEMENT_ASSET,
        **write_8(walletBalance=account.wallet, unrealizedProfit=totals.unrealised),
        **write_8(marginBalance=account.wallet + totals.unrealised, maintMargin=totals.maintenance),
        **write_8(initialMargin=totals.positions + totals.orders),
        **write_8(positionInitialMargin=totals.positions, openOrderInitialMargin=totals.orders),
        **write_8(crossWalletBalance=account.wallet, crossUnPnl=totals.unrealised),
        **write_8(availableBalance=free, maxWithdrawAmount=min(free, account.wallet)),
        "marginAvailable": True,
        "updateTime": account.updated,
    }
