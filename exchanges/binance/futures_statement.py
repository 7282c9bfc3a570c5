"""Binance USD-M's statement: what moved the futures wallet, read from its income history."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from exchanges.base import StatementKind, StatementRow
from exchanges.binance.futures_switch import BinanceFuturesSwitch
from exchanges.through_ccxt.rows import read_rows
from exchanges.through_ccxt.values import Row, parse_amount, parse_time, write_time

PAGE: Final = 1000
KINDS: Final[dict[str, StatementKind]] = {
    **dict.fromkeys(("REALIZED_PNL", "COMMISSION", "DELIVERED_SETTELMENT"), "trade"),
    "FUNDING_FEE": "funding",
    **dict.fromkeys(("COMMISSION_REBATE", "API_REBATE", "REFERRAL_KICKBACK"), "rebate"),
    "FEE_RETURN": "fee_refund",
    "BFUSD_REWARD": "interest",
    **dict.fromkeys(("TRANSFER", "INTERNAL_TRANSFER", "CROSS_COLLATERAL_TRANSFER"), "transfer"),
    **dict.fromkeys(("COIN_SWAP_DEPOSIT", "COIN_SWAP_WITHDRAW"), "transfer"),
    "STRATEGY_UMFUTURES_TRANSFER": "transfer",
}


class BinanceFuturesStatement(BinanceFuturesSwitch):
    async def fetch_statement(self, since: datetime) -> Sequence[StatementRow]:
        await self._load_markets()
        infos: list[Any] = []
        start, page = write_time(since), 1
        while True:
            params = {"startTime": start, "limit": PAGE, "page": page}
            found = await self._send_query(self.client.fapiprivate_get_income, params)
            infos += found
            if len(found) < PAGE:
                return read_rows(infos, self._read_statement_row, what="statement")
            page += 1

    def _read_statement_row(self, info: Row) -> StatementRow:
        """Read a row. Its id is unique among those of its type only."""
        return StatementRow(
            id=f"{info['incomeType']}:{info['tranId']}",
            kind=KINDS.get(info["incomeType"], "other"),
            asset=info["asset"],
            amount=parse_amount(info["income"]),
            at=parse_time(info["time"]),
            symbol=self._to_symbol(info["symbol"]) if info.get("symbol") else "",
            trade_id=str(info.get("tradeId") or ""),
        )
