"""Endpoints of the spot account, and the few of /sapi/ that clients call as well."""

from exchanges.simulator.binance.errors import BinanceError
from exchanges.simulator.binance.gateway import Call
from exchanges.simulator.binance.market import rate_limit_row, read_symbol
from exchanges.simulator.binance.market_rows import Json
from exchanges.simulator.binance.spot.rows import account_row
from exchanges.simulator.decimals import ZERO, format_8, write_8
from exchanges.simulator.rate_limits.weight_limiter import DAY, TEN_SECONDS

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


def get_commission_rates(call: Call) -> object:
    """Answer with the account's fees for a symbol; there is no discount and no tax."""
    account, no_fee = call.account, {"maker": ZERO, "taker": ZERO, "buyer": ZERO, "seller": ZERO}
    standard = no_fee | {"maker": account.maker_fee, "taker": account.taker_fee}
    return {
        "symbol": read_symbol(call),
        "standardCommission": write_8(**standard),
        **dict.fromkeys(("specialCommission", "taxCommission"), write_8(**no_fee)),
        "discount": {
            **dict.fromkeys(("enabledForAccount", "enabledForSymbol"), False),
            **{"discountAsset": "BNB", "discount": format_8(ZERO)},
        },
    }


def get_order_counts(call: Call) -> object:
    limiter, key = call.simulation.limiter, call.account.key
    limits = (
        rate_limit_row("ORDERS", "SECOND", 10, limiter.limits.orders_per_10s),
        rate_limit_row("ORDERS", "DAY", 1, limiter.limits.orders_per_day),
    )
    spans = (TEN_SECONDS, DAY)
    counts = [limiter.count_orders(key, span, call.now) for span in spans]
    return [{**row, "count": count} for row, count in zip(limits, counts, strict=True)]


def get_prevented_matches(call: Call) -> object:
    """Answer that no match was prevented: orders of one account expire here instead."""
    read_symbol(call)
    if not call.params.get("orderId") and not call.params.get("preventedMatchId"):
        raise BinanceError(-1128, "Combination of optional parameters invalid.")
    return []


def get_allocations(call: Call) -> object:
    """Answer that nothing was allocated: there is no smart order routing here."""
    read_symbol(call)
    return []


def get_filters(call: Call) -> object:
    """Answer that the account has no filters besides those of the symbol."""
    read_symbol(call)
    return {"exchangeFilters": [], "symbolFilters": [], "assetFilters": []}


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
