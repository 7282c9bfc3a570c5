"""Endpoints of the futures account: its wallet, fees and listen keys."""

from exchanges.simulator.binance.errors import BinanceError
from exchanges.simulator.binance.futures.positions import find_contract, position_row
from exchanges.simulator.binance.gateway import Call
from exchanges.simulator.binance.market import list_requested_markets
from exchanges.simulator.binance.market_rows import Json
from exchanges.simulator.decimals import format_8
from exchanges.simulator.engine import margin
from exchanges.simulator.markets.contracts import SETTLEMENT_ASSET

TOTAL_FIELDS = (
    "initialMargin",
    "maintMargin",
    "walletBalance",
    "marginBalance",
    "positionInitialMargin",
    "openOrderInitialMargin",
    "crossWalletBalance",
    "crossUnPnl",
)
NO_LISTEN_KEY = (-1125, "This listenKey does not exist.")


def get_account(call: Call) -> object:
    account = call.account
    asset = _asset_row(call)
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
        "availableBalance": asset["availableBalance"],
        "maxWithdrawAmount": asset["maxWithdrawAmount"],
        "assets": [asset],
        "positions": [
            position_row(call, market.symbol.name, account_style=True)
            for market in list_requested_markets(call)
        ],
    }


def get_balance(call: Call) -> object:
    asset = _asset_row(call)
    return [
        {
            "accountAlias": "SgsR",
            "asset": SETTLEMENT_ASSET,
            "balance": asset["walletBalance"],
            "crossWalletBalance": asset["crossWalletBalance"],
            "crossUnPnl": asset["crossUnPnl"],
            "availableBalance": asset["availableBalance"],
            "maxWithdrawAmount": asset["maxWithdrawAmount"],
            "marginAvailable": True,
            "updateTime": call.account.updated,
        }
    ]


def get_assets_mode(_: Call) -> object:
    return {"multiAssetsMargin": False}


def get_trade_fees(call: Call) -> object:
    return {
        "symbol": find_contract(call).venue_name,
        "makerCommissionRate": str(call.account.contract_maker_fee),
        "takerCommissionRate": str(call.account.contract_taker_fee),
    }


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
    free_margin = margin.compute_free_margin(engine, account)
    return {
        "asset": SETTLEMENT_ASSET,
        "walletBalance": format_8(account.wallet),
        "unrealizedProfit": format_8(totals.unrealised),
        "marginBalance": format_8(account.wallet + totals.unrealised),
        "maintMargin": format_8(totals.maintenance),
        "initialMargin": format_8(totals.positions + totals.orders),
        "positionInitialMargin": format_8(totals.positions),
        "openOrderInitialMargin": format_8(totals.orders),
        "crossWalletBalance": format_8(account.wallet),
        "crossUnPnl": format_8(totals.unrealised),
        "availableBalance": format_8(free_margin),
        "maxWithdrawAmount": format_8(min(free_margin, account.wallet)),
        "marginAvailable": True,
        "updateTime": account.updated,
    }
