"""Binance spot's deposits, withdrawals, transfers and dividends: it has no statement of trades."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any, Final

from exchanges.base import StatementKind, StatementRow
from exchanges.through_ccxt.client import CcxtAdapter
from exchanges.through_ccxt.rows import PartialList, read_rows
from exchanges.through_ccxt.values import Row, parse_amount, parse_time, write_time

# The lists are by the time of the request; a deposit or withdrawal may take days to its end.
PATIENCE: Final = timedelta(days=3)
LONGEST: Final = timedelta(days=89)
PAGE: Final = 1000
TRANSFER_PAGE: Final = 100
DIVIDEND_PAGE: Final = 500
CREDITED: Final = frozenset({"1", "6"})
WITHDRAWN: Final = "6"
OTHER_WALLETS: Final = ("UMFUTURE", "CMFUTURE", "MARGIN", "FUNDING")
DIVIDENDS: Final[tuple[tuple[str, StatementKind], ...]] = (
    ("rebate", "rebate"),
    ("kickback", "rebate"),
    ("refund", "fee_refund"),
    *((word, "interest") for word in ("flexible", "locked", "staking", "interest", "earn")),
)


class BinanceSpotStatement(CcxtAdapter):
    async def fetch_statement(self, since: datetime) -> Sequence[StatementRow]:
        start = max(since - PATIENCE, self.clock() - LONGEST)
        scope = {"startTime": write_time(start)}
        deposits = await self._fetch_offsets(self.client.sapi_get_capital_deposit_hisrec, scope)
        withdrawals = await self._fetch_offsets(
            self.client.sapi_get_capital_withdraw_history, scope
        )
        dividends = await self._send_query(
            self.client.sapi_get_asset_assetdividend, scope | {"limit": DIVIDEND_PAGE}
        )
        credited = [row for row in deposits if str(row["status"]) in CREDITED]
        gone = [row for row in withdrawals if str(row["status"]) == WITHDRAWN]
        lists = [
            read_rows(credited, _read_deposit, what="deposit"),
            read_rows(gone, _read_withdrawal, what="withdrawal"),
            read_rows(dividends["rows"], _read_dividend, what="dividend"),
        ]
        for wallet in OTHER_WALLETS:
            lists.append(await self._fetch_transfers(f"{wallet}_MAIN", 1, scope))
            lists.append(await self._fetch_transfers(f"MAIN_{wallet}", -1, scope))
        rows = [row for found in lists for row in found]
        return PartialList(rows) if any(isinstance(one, PartialList) for one in lists) else rows

    async def _fetch_offsets(self, endpoint: Callable[..., Any], scope: dict[str, Any]) -> Any:
        infos: list[Any] = []
        while True:
            page = {"limit": PAGE, "offset": len(infos)}
            found = await self._send_query(endpoint, scope | page)
            infos += found
            if len(found) < PAGE:
                return infos

    async def _fetch_transfers(
        self, direction: str, sign: int, scope: dict[str, Any]
    ) -> list[StatementRow]:
        infos: list[Any] = []
        number = 1
        while True:
            page = {"type": direction, "size": TRANSFER_PAGE, "current": number}
            answer = await self._send_query(self.client.sapi_get_asset_transfer, scope | page)
            found = answer.get("rows") or []
            infos += [row for row in found if row["status"] == "CONFIRMED"]
            if len(found) < TRANSFER_PAGE:
                return read_rows(infos, partial(_read_transfer, sign=sign), what="transfer")
            number += 1


def _read_deposit(info: Row) -> StatementRow:
    return StatementRow(
        id=f"deposit:{info['id']}",
        kind="deposit",
        asset=info["coin"],
        amount=parse_amount(info["amount"]),
        at=parse_time(info["insertTime"]),
    )


def _read_withdrawal(info: Row) -> StatementRow:
    """Read a withdrawal: the network's fee leaves the account besides the amount."""
    applied = datetime.fromisoformat(info["applyTime"])
    fee = parse_amount(info.get("transactionFee") or "0")
    return StatementRow(
        id=f"withdrawal:{info['id']}",
        kind="withdrawal",
        asset=info["coin"],
        amount=-parse_amount(info["amount"]) - fee,
        at=applied.replace(tzinfo=UTC),
    )


def _read_transfer(info: Row, *, sign: int) -> StatementRow:
    return StatementRow(
        id=f"transfer:{info['tranId']}",
        kind="transfer",
        asset=info["asset"],
        amount=Decimal(sign) * parse_amount(info["amount"]),
        at=parse_time(info["timestamp"]),
    )


def _read_dividend(info: Row) -> StatementRow:
    text = str(info.get("enInfo") or "").lower()
    return StatementRow(
        id=f"dividend:{info.get('id') or info['tranId']}",
        kind=next((kind for word, kind in DIVIDENDS if word in text), "other"),
        asset=info["asset"],
        amount=parse_amount(info["amount"]),
        at=parse_time(info["divTime"]),
    )
