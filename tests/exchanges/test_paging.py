"""A venue that gives the same page for ever is not asked for ever."""

from datetime import UTC, datetime
from typing import Any

import ccxt

from exchanges.bybit.adapter import BybitLinear
from exchanges.okx.adapter import OkxSpot

NOW = datetime(2026, 11, 21, tzinfo=UTC)
OFTEN = 10


class SamePage:
    """Whatever is asked, this is the answer."""

    def __init__(self, answer: dict[str, Any]) -> None:
        self.answer, self.asked = answer, 0

    async def __call__(self, _: dict[str, Any]) -> dict[str, Any]:
        self.asked += 1
        assert self.asked < OFTEN
        return self.answer


async def test_okx() -> None:
    page = SamePage({"data": [{"billId": ""}] * 100})
    await OkxSpot(ccxt.okx(), clock=lambda: NOW)._fetch_pages(page, {}, "billId")
    assert page.asked == 2


async def test_bybit() -> None:
    page = SamePage({"result": {"list": [{}] * 50, "nextPageCursor": "same"}})
    await BybitLinear(ccxt.bybit(), clock=lambda: NOW)._fetch_pages(page, {}, 50)
    assert page.asked == 2
