"""Bybit's statement: the transaction log of a unified account."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from exchanges.base import StatementKind, StatementRow
from exchanges.bybit.requests import BybitRequests
from exchanges.through_ccxt.rows import read_rows
from exchanges.through_ccxt.values import Row, parse_amount, parse_time, write_time

PAGE: Final = 50
WEEK: Final = 7 * 86_400_000  # the longest span of one request
KINDS: Final[dict[str, StatementKind]] = {
    **dict.fromkeys(("TRADE", "DELIVERY", "LIQUIDATION", "ADL"), "trade"),
    **{"SETTLEMENT": "funding", "INTEREST": "interest", "FEE_REFUND": "fee_refund"},
    **dict.fromkeys(("TRANSFER_IN", "TRANSFER_OUT"), "transfer"),
    **{"DEPOSIT": "deposit", "WITHDRAW": "withdrawal"},
}


class BybitStatement(BybitRequests):
    async def fetch_statement(self, since: datetime) -> Sequence[StatementRow]:
        """Fetch all lines of the account."""
        await self._load_markets()
        infos: list[Any] = []
        start, end = write_time(since), write_time(self.clock())
        while start <= end:
            scope = {"accountType": "UNIFIED", "startTime": start, "endTime": start + WEEK}
            endpoint = self.client.private_get_v5_account_transaction_log
            infos += await self._fetch_pages(endpoint, scope, PAGE)
            start += WEEK + 1
        return read_rows(infos, self._read_statement_row, what="statement")

    def _read_statement_row(self, info: Row) -> StatementRow:
        return StatementRow(
            id=str(info["id"]),
            kind=KINDS.get(info["type"], "other"),
            asset=info["currency"],
            amount=parse_amount(info["change"]),
            at=parse_time(info["transactionTime"]),
            symbol=self._to_symbol(info["symbol"]) if info.get("symbol") else "",
            trade_id=str(info.get("tradeId") or ""),
            is_own=info.get("category") in ("", None, self.category),
        )
