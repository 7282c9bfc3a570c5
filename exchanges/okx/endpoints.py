"""Send OKX's requests through ccxt, and read its answers."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, ClassVar, Final

import ccxt.pro

from exchanges.base import (
    NotFound,
    OrderReport,
    SymbolNotTraded,
    UnknownOutcome,
    VenueDown,
    VenueError,
)
from exchanges.through_ccxt import client as through_ccxt_client
from exchanges.through_ccxt.client import CcxtAdapter
from exchanges.through_ccxt.rows import Report, read_rows
from exchanges.through_ccxt.sessions import CcxtSession
from exchanges.through_ccxt.values import Row

PAGE: Final = 100
WINDOW: Final = 2000  # milliseconds in which the venue counts a key's requests


def make_spot_client(way: CcxtSession, **credentials: Any) -> Any:
    return _make_client(way, "spot", **credentials)


def make_swap_client(way: CcxtSession, **credentials: Any) -> Any:
    return _make_client(way, "swap", **credentials)


def _make_client(way: CcxtSession, kind: str, **credentials: Any) -> Any:
    options = {"defaultType": kind, "fetchMarkets": {"types": [kind]}}
    client = through_ccxt_client.make_client(ccxt.pro.okx, way, options, **credentials)
    client.rollingWindowSize = WINDOW  # ccxt's zero chooses the leaky bucket
    client.tokenBucket = None
    client.init_rest_rate_limiter()
    return client


class OkxRequests(CcxtAdapter):
    """One key's requests."""

    kinds: ClassVar[tuple[str, ...]]  # the types of instruments that are ours

    async def _get_market(self, symbol: str) -> Any:
        if symbol not in await self._load_markets():
            await self.listings.learn_name(symbol)
        market = self.client.markets.get(symbol)
        if market is None or not self._is_served(market):
            raise SymbolNotTraded(f"OKX does not trade {symbol} here")
        return market

    def _pair_with_markets(self, data: Iterable[Row]) -> Iterator[tuple[Row, Row]]:
        """Yield each row with its market; skip other kinds of contracts in the same channel.

        A row of an unknown instrument has no market, so it cannot be read.
        """
        for row in data:
            market = self._find_market(row)
            if market or not self.listings.knows(row.get("instId")):
                yield row, market or {}

    def _find_market(self, row: Row) -> Any:
        """Find a row's market, also while its trading is suspended."""
        markets = (self.client.markets_by_id or {}).get(row.get("instId")) or ()
        return next((market for market in markets if self._is_served(market)), None)

    async def _make_reports(
        self, infos: Sequence[Row], report: Callable[[Row, Row], OrderReport]
    ) -> Sequence[OrderReport]:
        """Report the rows of known markets: orders of other instruments are not ours."""
        ours = (row for row in infos if row.get("instType") in self.kinds)
        await self.listings.learn_ids(row.get("instId") for row in ours)
        pairs = ((row, self._find_market(row)) for row in infos)
        known = (pair for pair in pairs if pair[1] is not None)
        return read_rows(known, with_market(report), what="order")

    async def _fetch_pages(
        self, endpoint: Callable[..., Any], params: dict[str, Any], cursor: str
    ) -> list[Any]:
        """Fetch all pages, the newest row first; a short page is the last."""
        infos: list[Any] = []
        after: dict[str, Any] = {}
        while True:
            page = await self._send_query(endpoint, {**params, "limit": PAGE, **after})
            infos += page
            following = {"after": page[-1].get(cursor)} if page else after
            if len(page) < PAGE or following == after:  # the latter: the same page for ever
                return infos
            after = following

    async def _fetch_one(self, endpoint: Callable[..., Any], params: dict[str, Any]) -> Any:
        return (await self._fetch_some(endpoint, params))[0]

    async def _fetch_some(self, endpoint: Callable[..., Any], params: dict[str, Any]) -> Any:
        infos = await self._send_query(endpoint, params)
        if not infos:
            raise NotFound(f"OKX knows nothing of {params}")
        return infos

    async def _send_query(self, endpoint: Callable[..., Any], params: Any) -> Any:
        return _extract_data(await super()._send_query(endpoint, params), VenueDown)

    async def _send_command(self, endpoint: Callable[..., Any], params: Any) -> Any:
        return _extract_data(await super()._send_command(endpoint, params), UnknownOutcome)[0]


def with_market(report: Callable[[Row, Row], Report]) -> Callable[[tuple[Row, Row]], Report]:
    """Read a row together with its market."""
    return lambda pair: report(*pair)


def _extract_data(answer: Any, senseless: type[VenueError]) -> Any:
    """Return the answer's data. ccxt passes an HTML page or half an answer on as text."""
    data = answer.get("data") if isinstance(answer, dict) else None
    if data is None:
        raise senseless("the venue's answer made no sense")
    return data
