"""Figures of an account: balances of coins, collateral, and what closed positions brought."""

from exchanges.simulator.bybit.account import list_holdings
from exchanges.simulator.bybit.errors import invalid_parameter
from exchanges.simulator.bybit.gateway import Call
from exchanges.simulator.bybit.params import cut_page, read_choice, read_set, read_text, time_filter
from exchanges.simulator.bybit.rows import Json
from exchanges.simulator.bybit.symbols import find_market, list_markets, wire_id
from exchanges.simulator.decimals import ZERO, format_plain, write_plain
from exchanges.simulator.engine.closed_positions import Closing, replay_positions
from exchanges.simulator.engine.margin import compute_free_margin
from exchanges.simulator.markets.symbols import SETTLEMENT_ASSET, wire_symbol
from exchanges.simulator.orders.orders import Side

SIDES: dict[Side, str] = {"BUY": "Buy", "SELL": "Sell"}
SPOT_SIDES = {"Buy": True, "Sell": False}
ACCOUNT_TYPES = {"UNIFIED": True, "FUND": False}
COLLATERAL_FIELDS = ("maxBorrowingAmount", "borrowAmount", "availableToBorrow", "otherBorrowAmount")


def get_closed_profit(call: Call) -> object:
    """Answer with a row for each order that closed a position or some of it, newest first."""
    category, name = call.category, read_text(call.params, "symbol", "")
    if category == "spot":
        raise invalid_parameter("category")
    markets = list_markets(call.engine, category)
    if name:
        markets = {name: find_market(call.engine, category, name)}
    is_in_period = time_filter(call.params, call.now)
    closings = [
        closing
        for market in markets.values()
        for closing in _list_closings(call, market.symbol.name)
        if is_in_period(closing.updated)
    ]
    closings.sort(key=lambda closing: (closing.updated, closing.order_id))
    numbers = {id(closing): number for number, closing in enumerate(closings)}
    page, cursor = cut_page(call.params, closings, lambda c: numbers[id(c)], (50, 100))
    rows = [_closing_row(call, closing) for closing in page]
    return {"category": category, "list": rows, "nextPageCursor": cursor}


def _list_closings(call: Call, contract: str) -> list[Closing]:
    fills = call.engine.records.list_fills(call.account.key, contract)
    return [closing for past in replay_positions(fills) for closing in past.closings]


def _closing_row(call: Call, closing: Closing) -> Json:
    """Build a row; its profit is after the fees of opening and closing."""
    order = call.engine.records.orders[closing.symbol, closing.order_id]
    position = call.account.list_positions(closing.symbol)[0]
    profit = closing.realised - closing.open_fee - closing.close_fee
    entry, exit_price = (
        value / closing.quantity for value in (closing.entry_value, closing.exit_value)
    )
    return {
        "symbol": wire_symbol(closing.symbol),
        "orderId": wire_id("linear", closing.symbol, closing.order_id),
        "orderType": "Market" if order.type == "MARKET" else "Limit",
        **{"side": SIDES[closing.side], "execType": "Trade", "fillCount": str(closing.fills)},
        "leverage": str(position.leverage),
        **write_plain(qty=order.quantity, orderPrice=order.price, closedSize=closing.quantity),
        **write_plain(avgEntryPrice=entry, avgExitPrice=exit_price, closedPnl=profit),
        **write_plain(cumEntryValue=closing.entry_value, cumExitValue=closing.exit_value),
        **write_plain(openFee=closing.open_fee, closeFee=closing.close_fee),
        **{"createdTime": str(closing.started), "updatedTime": str(closing.updated)},
    }


def get_coin_balances(call: Call) -> object:
    requested = read_set(call.params, "coin")
    coins = [coin for coin in _list_coins(call) if not requested or coin["coin"] in requested]
    return {"memberId": str(call.account.created), **_account_type(call), "balance": coins}


def get_coin_balance(call: Call) -> object:
    name = read_text(call.params, "coin")
    empty = _coin_row(name, "0", "0")
    coin = next((coin for coin in _list_coins(call) if coin["coin"] == name), empty)
    ids = dict.fromkeys(("memberId", "accountId"), str(call.account.created))
    return {**ids, **_account_type(call), "bizType": 1, "balance": coin}


def get_withdrawable(call: Call) -> object:
    """Answer with what could be transferred of each coin."""
    names = read_text(call.params, "coinName").split(",")
    coins = {str(coin["coin"]): coin["transferBalance"] for coin in _list_coins(call)}
    amounts = {name: coins.get(name, "0") for name in names}
    return {"availableWithdrawal": amounts[names[0]], "availableWithdrawalMap": amounts}


def get_collateral(call: Call) -> object:
    """Answer that every coin is collateral, and that none can be borrowed."""
    requested = read_text(call.params, "currency", "")
    unused = {**dict.fromkeys(COLLATERAL_FIELDS, "0"), "borrowable": False}
    rates = {"hourlyBorrowRate": "0", "borrowUsageRate": "0", "collateralRatio": "1"}
    switches = dict.fromkeys(("marginCollateral", "collateralSwitch"), True)
    assets = [asset for asset in call.engine.list_assets() if requested in ("", asset)]
    rows = [{"currency": asset, **unused, **rates, **switches} for asset in assets]
    return {"list": rows}


def check_spot_size(call: Call) -> object:
    """Answer with how much can be traded; nothing is borrowed for it."""
    name = read_text(call.params, "symbol")
    buys = read_choice(call.params, "side", SPOT_SIDES)
    market = find_market(call.engine, "spot", name)
    symbol = market.symbol
    free = call.account.get_free(symbol.quote if buys else symbol.base)
    quantity = free / market.price if buys else free
    amounts = {"Qty": quantity, "Amount": quantity * market.price}
    written = {unit: format_plain(amount) for unit, amount in amounts.items()}
    return {
        **{"symbol": name, "side": call.params["side"]},
        "borrowCoin": symbol.quote if buys else symbol.base,
        **{f"maxTrade{unit}": amount for unit, amount in written.items()},
        **{f"spotMaxTrade{unit}": amount for unit, amount in written.items()},
    }


def _account_type(call: Call) -> Json:
    name = read_text(call.params, "accountType")
    if name not in ACCOUNT_TYPES:
        raise invalid_parameter("accountType")
    return {"accountType": name}


def _list_coins(call: Call) -> list[Json]:
    """List the coins; all money is in the unified account, none in the funding account."""
    if call.params.get("accountType") == "FUND":
        return []
    margin = min(compute_free_margin(call.engine, call.account), call.account.wallet)
    rows = []
    for holding in list_holdings(call.account):
        is_settled = holding.asset == SETTLEMENT_ASSET
        wallet, free = (call.account.wallet, margin) if is_settled else (ZERO, ZERO)
        total, movable = holding.free + holding.locked + wallet, holding.free + free
        rows.append(_coin_row(holding.asset, format_plain(total), format_plain(movable)))
    return rows


def _coin_row(asset: str, total: str, movable: str) -> Json:
    return {"coin": asset, "walletBalance": total, "transferBalance": movable, "bonus": "0"}
