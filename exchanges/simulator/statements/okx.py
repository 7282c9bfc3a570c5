"""OKX's bills of the trading account, its deposits and withdrawals, and its funding rates."""

from decimal import Decimal

from exchanges.simulator.accounts.ledger import FUNDING_INTERVAL, Income, next_funding_time
from exchanges.simulator.decimals import ZERO, format_plain
from exchanges.simulator.engine.statement import StatementLine, list_statement
from exchanges.simulator.markets.symbols import is_contract
from exchanges.simulator.okx.gateway import Call, Endpoint
from exchanges.simulator.okx.lookup import ARCHIVE_RETENTION, HISTORY_RETENTION
from exchanges.simulator.okx.params import cut_page, read_text, time_filter
from exchanges.simulator.okx.rows import Json
from exchanges.simulator.okx.symbols import (
    Instrument,
    find_instrument,
    instrument_by_symbol,
    list_instruments,
    wire_id,
)
from exchanges.simulator.transport.params import wire_client_id

# The type of a bill, and its subtypes for what was received and for what was paid.
BILL_TYPES = {
    **{"FUNDING": ("8", "174", "173"), "INTEREST": ("7", "9", "9")},
    **dict.fromkeys(("TRANSFER", "DEPOSIT", "WITHDRAWAL"), ("1", "11", "12")),
    **dict.fromkeys(("REBATE", "FEE_REFUND", "BONUS"), ("1", "200", "202")),
}
ACCOUNTS = {"FUNDING_ACCOUNT": "6", "TRADING_ACCOUNT": "18"}
FILTERS = (("instType", "instType"), ("ccy", "ccy"), ("type", "type"), ("subType", "subType"))


def get_bills(call: Call, retention: int = HISTORY_RETENTION) -> object:
    is_in_period, since = time_filter(call.params), call.now - retention
    lines = [
        line
        for line in list_statement(call.engine, call.account)
        if line.time > since and is_in_period(line.time)
    ]
    rows = [(line.id, _bill_row(call, line)) for line in lines]
    for name, field in (*FILTERS, ("instId", "instId")):
        rows = [row for row in rows if call.params.get(name) in (None, "", row[1][field])]
    page = cut_page(call.params, rows, lambda row: row[0], _parse_id)
    return [row for _, row in page]


def get_bill_archive(call: Call) -> object:
    return get_bills(call, ARCHIVE_RETENTION)


def get_deposits(call: Call) -> object:
    return [_deposit_row(income) for income in _list_incomes(call, "DEPOSIT")]


def get_withdrawals(call: Call) -> object:
    return [
        {
            **{"ccy": income.asset, "amt": format_plain(-income.amount), "fee": "0"},
            **{"wdId": str(income.id), "state": "2", "chain": f"{income.asset}-Simulated"},
            **dict.fromkeys(("from", "to", "clientId", "txId"), ""),
            "ts": str(income.time),
        }
        for income in _list_incomes(call, "WITHDRAWAL")
    ]


def get_funding_rate(call: Call) -> object:
    """Answer with the rate of a swap, or with those of all if `ANY` is asked for."""
    name = read_text(call.params, "instId")
    if name == "ANY":
        return [_rate_row(call, swap) for swap in list_instruments(call.engine, "SWAP")]
    return [_rate_row(call, find_instrument(call.engine, name))]


def _rate_row(call: Call, instrument: Instrument) -> Json:
    upcoming = next_funding_time(call.now)
    return {
        "instType": instrument.kind,
        "instId": instrument.name,
        "method": "current_period",
        "fundingRate": format_plain(call.engine.ledger.rates[instrument.symbol]),
        "nextFundingRate": "",
        "fundingTime": str(upcoming),
        "nextFundingTime": str(upcoming + FUNDING_INTERVAL),
        "prevFundingTime": str(upcoming - FUNDING_INTERVAL),
        **{"minFundingRate": "-0.00375", "maxFundingRate": "0.00375"},
        **{"settState": "settled", "ts": str(call.now)},
    }


def get_funding_rates(call: Call) -> object:
    instrument = find_instrument(call.engine, read_text(call.params, "instId"))
    return [
        {
            **{"instType": instrument.kind, "instId": instrument.name, "method": "current_period"},
            **dict.fromkeys(("fundingRate", "realizedRate"), format_plain(rate)),
            "fundingTime": str(time),
        }
        for contract, time, rate in call.engine.ledger.payments[::-1]
        if contract == instrument.symbol
    ][:100]


def _bill_row(call: Call, line: StatementLine) -> Json:
    instrument = instrument_by_symbol(call.engine, line.symbol) if line.symbol else None
    kind, details = _describe_line(call, line)
    return {
        **{"type": kind[0], "subType": kind[1] if line.change >= 0 else kind[2]},
        **dict.fromkeys(("fillPxVol", "fillPxUsd", "fillMarkVol", "fillFwdPx", "notes", "tag"), ""),
        **dict.fromkeys(("ordId", "clOrdId", "tradeId", "execType", "px", "from", "to"), ""),
        **{"pnl": "0", "fee": "0", "interest": "0", "sz": format_plain(abs(line.change))},
        "instType": instrument.kind if instrument else "",
        "instId": instrument.name if instrument else "",
        "mgnMode": "cross" if is_contract(line.symbol) else "",
        "billId": str(line.id),
        "ccy": line.asset,
        **{"balChg": format_plain(line.change), "bal": format_plain(line.balance)},
        **{"posBalChg": "0", "posBal": "0"},
        **dict.fromkeys(("ts", "fillTime"), str(line.time)),
        **details,
    }


def _describe_line(call: Call, line: StatementLine) -> tuple[tuple[str, str, str], Json]:
    """Return type and subtypes of a line, and the fields that only such lines have."""
    fill, income = line.fill, line.income
    if income and income.kind == "FUNDING":
        size = _wire_size(call, income.contract, abs(income.quantity))
        details = {"pnl": format_plain(income.amount), "px": format_plain(income.price)}
        return BILL_TYPES["FUNDING"], {**details, "sz": size}
    if income:
        ends = list(ACCOUNTS.values())[:: 1 if income.amount > 0 else -1]
        details = {"interest": format_plain(income.amount)} if income.kind == "INTEREST" else {}
        if BILL_TYPES[income.kind][0] == "1":
            details = {"from": ends[0], "to": ends[1]}
        return BILL_TYPES[income.kind], dict(details)
    if fill is None:
        raise TypeError("a line is of a fill or of a payment")
    order = call.engine.records.orders[fill.symbol, fill.order_id]
    buys = "1" if fill.side == "BUY" else "2"
    return ("2", buys, buys), {
        "ordId": wire_id(fill.symbol, fill.order_id),
        "clOrdId": wire_client_id(order.client_id),
        "tradeId": str(fill.id),
        "execType": "M" if fill.maker else "T",
        **{"px": format_plain(fill.price), "sz": _wire_size(call, fill.symbol, fill.quantity)},
        **{"fee": format_plain(-line.fee), "pnl": format_plain(fill.realised)},
    }


def _wire_size(call: Call, symbol: str, coins: Decimal) -> str:
    return format_plain(instrument_by_symbol(call.engine, symbol).to_wire_size(coins) + ZERO)


def _list_incomes(call: Call, kind: str) -> list[Income]:
    incomes = call.engine.ledger.list_income(call.account.key)[::-1]
    asset = call.params.get("ccy")
    chosen = [income for income in incomes if income.kind == kind]
    return [income for income in chosen if asset in (None, "", income.asset)][:100]


def _deposit_row(income: Income) -> Json:
    return {
        **{"ccy": income.asset, "amt": format_plain(income.amount), "state": "2"},
        **{"depId": str(income.id), "chain": f"{income.asset}-Simulated"},
        **dict.fromkeys(("from", "to", "txId", "areaCodeFrom", "fromWdId"), ""),
        **{"actualDepBlkConfirm": "1", "ts": str(income.time)},
    }


def _parse_id(text: str) -> int | None:
    return int(text) if text.isdigit() else None


ENDPOINTS: dict[tuple[str, str], Endpoint] = {
    ("GET", "/api/v5/account/bills"): Endpoint(get_bills, "READ", 10),
    ("GET", "/api/v5/account/bills-archive"): Endpoint(get_bill_archive, "READ", 5),
    ("GET", "/api/v5/asset/deposit-history"): Endpoint(get_deposits, "READ", 12),
    ("GET", "/api/v5/asset/withdrawal-history"): Endpoint(get_withdrawals, "READ", 12),
    ("GET", "/api/v5/public/funding-rate"): Endpoint(get_funding_rate, limit=20),
    ("GET", "/api/v5/public/funding-rate-history"): Endpoint(get_funding_rates, limit=10),
}
