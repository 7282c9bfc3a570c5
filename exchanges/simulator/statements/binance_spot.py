"""Binance spot's lists of deposits, withdrawals, transfers and dividends: it has no statement."""

from datetime import UTC, datetime

from exchanges.simulator.accounts.ledger import Income
from exchanges.simulator.binance.gateway import Call, Endpoint
from exchanges.simulator.binance.market_rows import Json
from exchanges.simulator.binance.params import filter_by_time, read_integer, read_text
from exchanges.simulator.decimals import format_plain
from exchanges.simulator.rate_limits.weight_limiter import DAY

LONGEST = 90 * DAY
PAGE = 1000
DIVIDENDS = {
    **{"INTEREST": "Flexible", "REBATE": "Commission Rebate"},
    **{"FEE_REFUND": "Fee Refund", "BONUS": "Bonus"},
}
TRANSFERS = {"MAIN_UMFUTURE": -1, "UMFUTURE_MAIN": 1}


def get_deposits(call: Call) -> object:
    return [_deposit_row(income) for income in _list_incomes(call, ("DEPOSIT",))]


def get_withdrawals(call: Call) -> object:
    return [_withdrawal_row(income) for income in _list_incomes(call, ("WITHDRAWAL",))]


def get_transfers(call: Call) -> object:
    """List the transfers of one direction: `type` names it."""
    sign = TRANSFERS.get(read_text(call.params, "type"), 0)
    rows = [row for row in _list_incomes(call, ("TRANSFER",)) if row.amount * sign > 0]
    size = min(read_integer(call.params, "size") or 10, 100)
    page = read_integer(call.params, "current") or 1
    chosen = rows[(page - 1) * size : page * size]
    return {"total": len(rows), "rows": [_transfer_row(call, income) for income in chosen]}


def get_dividends(call: Call) -> object:
    rows = _list_incomes(call, tuple(DIVIDENDS))
    limit = min(read_integer(call.params, "limit") or 20, 500)
    return {"total": len(rows), "rows": [_dividend_row(income) for income in rows[:limit]]}


def _list_incomes(call: Call, kinds: tuple[str, ...]) -> list[Income]:
    """Return the payments of these kinds, the newest first."""
    incomes = [
        income
        for income in call.engine.ledger.list_income(call.account.key)
        if income.wallet == "spot" and income.kind in kinds
        if call.params.get("coin", call.params.get("asset")) in (None, "", income.asset)
    ]
    incomes = filter_by_time(incomes, lambda income: income.time, call.params, LONGEST)
    offset = read_integer(call.params, "offset") or 0
    limit = read_integer(call.params, "limit") or PAGE
    return incomes[::-1][offset : offset + min(limit, PAGE)]


def _deposit_row(income: Income) -> Json:
    return {
        "id": str(income.id),
        "amount": format_plain(income.amount),
        "coin": income.asset,
        "network": "SIM",
        "status": 1,
        **dict.fromkeys(("address", "addressTag"), ""),
        "txId": f"simulated-{income.id}",
        "insertTime": income.time,
        "completeTime": income.time,
        "transferType": 0,
        "confirmTimes": "1/1",
        "unlockConfirm": 1,
        "walletType": 0,
    }


def _withdrawal_row(income: Income) -> Json:
    """Build a withdrawal; the amount leaves out the fee of the network, which is none here."""
    return {
        "id": f"{income.id:032x}",
        "amount": format_plain(-income.amount),
        "transactionFee": "0",
        "coin": income.asset,
        "status": 6,
        "address": "",
        "txId": f"simulated-{income.id}",
        "applyTime": _write_time(income.time),
        "completeTime": _write_time(income.time),
        "network": "SIM",
        "transferType": 0,
        "walletType": 0,
    }


def _transfer_row(call: Call, income: Income) -> Json:
    return {
        "asset": income.asset,
        "amount": format_plain(abs(income.amount)),
        "type": call.params["type"],
        "status": "CONFIRMED",
        "tranId": income.id,
        "timestamp": income.time,
    }


def _dividend_row(income: Income) -> Json:
    return {
        "id": income.id,
        "amount": format_plain(income.amount),
        "asset": income.asset,
        "divTime": income.time,
        "enInfo": DIVIDENDS[income.kind],
        "tranId": income.id,
        "direction": 1,
    }


def _write_time(milliseconds: int) -> str:
    """Write a time as this list has it: UTC, in words, without fractions."""
    return datetime.fromtimestamp(milliseconds // 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")


ENDPOINTS: dict[tuple[str, str], Endpoint] = {
    ("GET", "/sapi/v1/capital/deposit/hisrec"): Endpoint(get_deposits, 1, "READ"),
    ("GET", "/sapi/v1/capital/withdraw/history"): Endpoint(get_withdrawals, 1, "READ"),
    ("GET", "/sapi/v1/asset/transfer"): Endpoint(get_transfers, 1, "READ"),
    ("GET", "/sapi/v1/asset/assetDividend"): Endpoint(get_dividends, 10, "READ"),
}
