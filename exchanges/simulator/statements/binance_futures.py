"""Binance USD-M's statement: realised profit, commissions, funding and transfers; funding rates."""

from exchanges.simulator.binance.errors import BinanceError
from exchanges.simulator.binance.futures.positions import find_contract
from exchanges.simulator.binance.gateway import Call, Endpoint
from exchanges.simulator.binance.market_rows import Json
from exchanges.simulator.binance.params import filter_by_time, read_integer, read_limit
from exchanges.simulator.decimals import format_plain
from exchanges.simulator.engine.statement import StatementLine, list_statement
from exchanges.simulator.markets.symbols import SETTLEMENT_ASSET, is_contract, wire_symbol
from exchanges.simulator.rate_limits.weight_limiter import DAY

WEEK = 7 * DAY
INCOME_TYPES = {
    **{"FUNDING": "FUNDING_FEE", "INTEREST": "BFUSD_REWARD", "REBATE": "COMMISSION_REBATE"},
    **{"FEE_REFUND": "FEE_RETURN", "BONUS": "WELCOME_BONUS"},
    **dict.fromkeys(("TRANSFER", "DEPOSIT", "WITHDRAWAL"), "TRANSFER"),
}


def get_income(call: Call) -> object:
    """List what moved the futures wallet: from `startTime` on, else of the last week."""
    params, limit = call.params, read_limit(call.params, 100, 1000)
    lines = list_statement(call.engine, call.account)
    rows = [row for line in lines if _is_ours(line) for row in _income_rows(line)]
    for name, field in (("symbol", "symbol"), ("incomeType", "incomeType")):
        rows = [row for row in rows if params.get(name) in (None, "", row[field])]
    if not {"startTime", "endTime"} & set(params):
        rows = [row for row in rows if int(str(row["time"])) > call.now - WEEK]
    rows = filter_by_time(rows, lambda row: int(str(row["time"])), params, 200 * DAY)
    page = read_integer(params, "page") or 1
    if params.get("startTime") or params.get("page"):
        return rows[(page - 1) * limit : page * limit]
    return rows[-limit:]


def get_funding_rates(call: Call) -> object:
    """List the funding rates that were paid, the oldest first."""
    symbol = find_contract(call).name if call.params.get("symbol") else None
    payments = [row for row in call.engine.ledger.payments if symbol in (None, row[0])]
    payments = filter_by_time(payments, lambda row: row[1], call.params, 200 * DAY)
    return [
        {
            "symbol": wire_symbol(contract),
            "fundingTime": time,
            "fundingRate": format_plain(rate),
            "markPrice": str(call.engine.markets[contract].price),
        }
        for contract, time, rate in payments[-read_limit(call.params, 100, 1000) :]
    ]


def refuse_download(_: Call) -> object:
    raise BinanceError(-4000, "This simulated venue writes no files.")


def _is_ours(line: StatementLine) -> bool:
    if line.income:
        return line.income.wallet == "futures"
    return is_contract(line.symbol)


def _income_rows(line: StatementLine) -> list[Json]:
    fill, income = line.fill, line.income
    if income:
        return [_income_row(line, INCOME_TYPES[income.kind], format_plain(income.amount))]
    rows = []
    if fill and fill.realised:
        rows.append(_income_row(line, "REALIZED_PNL", format_plain(fill.realised)))
    if fill and fill.commission:
        rows.append(_income_row(line, "COMMISSION", format_plain(-fill.commission)))
    return rows


def _income_row(line: StatementLine, kind: str, amount: str) -> Json:
    return {
        "symbol": wire_symbol(line.symbol),
        "incomeType": kind,
        "income": amount,
        "asset": SETTLEMENT_ASSET,
        "info": str(line.fill.id) if line.fill else kind,
        "time": line.time,
        "tranId": line.id,  # unique among rows of its type only, as at the real venue
        "tradeId": str(line.fill.id) if line.fill else "",
    }


ENDPOINTS: dict[tuple[str, str], Endpoint] = {
    ("GET", "/fapi/v1/income"): Endpoint(get_income, 30, "READ"),
    ("GET", "/fapi/v1/fundingRate"): Endpoint(get_funding_rates, 1),
    ("GET", "/fapi/v1/income/asyn"): Endpoint(refuse_download, 1000, "READ"),
}
