"""Bybit's statement, the transaction log of a unified account; its deposits and funding rates."""

from decimal import Decimal

from exchanges.simulator.accounts.ledger import Income
from exchanges.simulator.bybit.gateway import Call, Endpoint
from exchanges.simulator.bybit.params import cut_page, read_text, time_filter
from exchanges.simulator.bybit.rows import Json
from exchanges.simulator.bybit.symbols import find_market, symbol_category, wire_id
from exchanges.simulator.decimals import ZERO, format_plain, write_plain
from exchanges.simulator.engine.statement import StatementLine, list_statement
from exchanges.simulator.markets.symbols import is_contract, wire_symbol
from exchanges.simulator.transport.params import wire_client_id

DAY = 86_400_000
LOG_TYPES = {
    **{"FUNDING": "SETTLEMENT", "INTEREST": "INTEREST", "REBATE": "FEE_REFUND"},
    **{"FEE_REFUND": "FEE_REFUND", "BONUS": "BONUS"},
}


def get_transaction_log(call: Call) -> object:
    """List every change of every coin, the newest first; by default of the last day."""
    params = call.params
    if not params.get("startTime") and not params.get("endTime"):
        params = {**params, "startTime": str(call.now - DAY)}
    is_in_period = time_filter(params, call.now)
    lines = [row for row in list_statement(call.engine, call.account) if is_in_period(row.time)]
    rows = [(line.id, _log_row(call, line)) for line in lines]
    for name in ("category", "currency", "type"):
        wanted = read_text(params, name, "")
        rows = [row for row in rows if wanted in ("", row[1][name])]
    page, cursor = cut_page(params, rows, lambda row: row[0], (20, 50))
    return {"list": [row for _, row in page], "nextPageCursor": cursor}


def get_deposits(call: Call) -> object:
    rows = [
        {
            **{"coin": income.asset, "chain": "SIM", "amount": format_plain(income.amount)},
            **{"txID": f"simulated-{income.id}", "status": 3, "depositType": "0"},
            **dict.fromkeys(("toAddress", "tag", "depositFee", "blockHash"), ""),
            **{"successAt": str(income.time), "confirmations": "1", "txIndex": "0"},
            "id": str(income.id),
        }
        for income in _list_incomes(call, "DEPOSIT")
    ]
    return {"rows": rows, "nextPageCursor": ""}


def get_withdrawals(call: Call) -> object:
    rows = [
        {
            **{"coin": income.asset, "chain": "SIM", "amount": format_plain(-income.amount)},
            **{"txID": f"simulated-{income.id}", "status": "success", "withdrawFee": "0"},
            **dict.fromkeys(("toAddress", "tag"), ""),
            **{"withdrawId": str(income.id), "withdrawType": 0},
            **dict.fromkeys(("createTime", "updateTime"), str(income.time)),
        }
        for income in _list_incomes(call, "WITHDRAWAL")
    ]
    return {"rows": rows, "nextPageCursor": ""}


def get_funding_rates(call: Call) -> object:
    market = find_market(call.engine, call.category, read_text(call.params, "symbol"))
    rows = [
        {
            "symbol": market.symbol.venue_name,
            "fundingRate": format_plain(rate),
            "fundingRateTimestamp": str(time),
        }
        for contract, time, rate in call.engine.ledger.payments[::-1]
        if contract == market.symbol.name
    ]
    return {"category": call.category, "list": rows[:200]}


def _log_row(call: Call, line: StatementLine) -> Json:
    """Build a line: its change is the cash flow and the funding, less the fee."""
    income, funding = line.income, line.income is not None and line.income.kind == "FUNDING"
    category = symbol_category(line.symbol) if line.symbol else ""
    cash = ZERO if funding else line.change + line.fee
    return {
        "id": str(line.id),
        "symbol": wire_symbol(line.symbol),
        "category": category,
        "side": _line_side(line),
        "transactionTime": str(line.time),
        "type": _log_type(line),
        "transSubType": "",
        "currency": line.asset,
        **write_plain(fee=line.fee, cashFlow=cash, change=line.change, cashBalance=line.balance),
        "funding": format_plain(income.amount) if income and funding else "",
        "feeRate": format_plain(income.rate) if income and funding else "0",
        **{"bonusChange": "", "extraFees": ""},
        **_trade_fields(call, line),
    }


def _trade_fields(call: Call, line: StatementLine) -> Json:
    fill, income = line.fill, line.income
    names = ("qty", "size", "tradePrice", "tradeId", "orderId", "orderLinkId")
    if income and income.kind == "FUNDING":
        amounts = write_plain(
            qty=abs(income.quantity), size=income.quantity, tradePrice=income.price
        )
        return {**dict.fromkeys(names, ""), **amounts, "tradeId": f"funding-{income.id}"}
    if fill is None:
        return dict.fromkeys(names, "")
    order = call.engine.records.orders[fill.symbol, fill.order_id]
    return {
        **write_plain(qty=fill.quantity, size=_position_size(line), tradePrice=fill.price),
        "tradeId": wire_id(symbol_category(fill.symbol), fill.symbol, fill.id),
        "orderId": wire_id(symbol_category(fill.symbol), fill.symbol, fill.order_id),
        "orderLinkId": wire_client_id(order.client_id),
    }


def _position_size(line: StatementLine) -> Decimal:
    return line.fill.quantity if line.fill and is_contract(line.symbol) else ZERO


def _log_type(line: StatementLine) -> str:
    if line.income is None:
        return "TRADE"
    direction = "TRANSFER_IN" if line.change >= 0 else "TRANSFER_OUT"
    return LOG_TYPES.get(line.income.kind, direction)


def _line_side(line: StatementLine) -> str:
    if line.fill:
        return "Buy" if line.fill.side == "BUY" else "Sell"
    if line.income and line.income.contract:
        return "Buy" if line.income.quantity > 0 else "Sell"
    return "None"


def _list_incomes(call: Call, kind: str) -> list[Income]:
    coin = read_text(call.params, "coin", "")
    incomes = call.engine.ledger.list_income(call.account.key)[::-1]
    return [row for row in incomes if row.kind == kind and coin in ("", row.asset)][:50]


ENDPOINTS: dict[tuple[str, str], Endpoint] = {
    ("GET", "/v5/account/transaction-log"): Endpoint(get_transaction_log, "READ"),
    ("GET", "/v5/asset/deposit/query-record"): Endpoint(get_deposits, "READ"),
    ("GET", "/v5/asset/withdraw/query-record"): Endpoint(get_withdrawals, "READ"),
    ("GET", "/v5/market/funding/history"): Endpoint(get_funding_rates),
}
