"""OKX's statement: the bills of the trading account."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from exchanges.base import StatementKind, StatementRow
from exchanges.okx.endpoints import OkxRequests
from exchanges.through_ccxt.rows import read_rows
from exchanges.through_ccxt.values import Row, parse_amount, parse_time, write_time

RECENT: Final = timedelta(days=6)  # older bills are in another list, which may be asked less often
KINDS: Final[dict[str, StatementKind]] = {
    **dict.fromkeys(("2", "3", "5", "9", "14", "24"), "trade"),
    **{"8": "funding", "7": "interest", "1": "transfer"},
}
GIVEN: Final = frozenset({"200", "202"})  # transfers that the venue itself made


class OkxStatement(OkxRequests):
    async def fetch_statement(self, since: datetime) -> Sequence[StatementRow]:
        """Fetch all bills of the account."""
        await self._load_markets()
        endpoint = self.client.private_get_account_bills
        if since < self.clock() - RECENT:
            endpoint = self.client.private_get_account_bills_archive
        infos = await self._fetch_pages(endpoint, {"begin": str(write_time(since))}, "billId")
        return read_rows(infos, self._read_statement_row, what="statement")

    def _read_statement_row(self, info: Row) -> StatementRow:
        kind = KINDS.get(info["type"], "other")
        if kind == "transfer" and info.get("subType") in GIVEN:
            kind = "other"
        change = parse_amount(info["balChg"])
        return StatementRow(
            id=str(info["billId"]),
            kind=kind,
            asset=info["ccy"],
            amount=change or parse_amount(info.get("posBalChg") or "0"),
            at=parse_time(info["ts"]),
            symbol=self._name_instrument(info),
            trade_id=str(info.get("tradeId") or ""),
            is_own=info.get("instType") in ("", None, *self.kinds),
        )

    def _name_instrument(self, info: Row) -> str:
        name: Any = info.get("instId")
        return self._to_symbol(name) if name and info.get("instType") else ""
