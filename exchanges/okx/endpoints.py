"""Send OKX's requests through ccxt, and read its answers."""

from collections.abc import Callable
from typing import Any, Final

import ccxt.pro

from exchanges.base import NotFound, UnknownOutcome, VenueDown, VenueError
from exchanges.through_ccxt import client as through_ccxt_client
from exchanges.through_ccxt.client import CcxtAdapter
from exchanges.through_ccxt.sessions import CcxtSession

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

    async def _fetch_pages(
        self, endpoint: Callable[..., Any], params: dict[str, Any], cursor: str
    ) -> list[Any]:
        """Fetch all pages, the newest row first; a short page is the last."""
        infos: list[Any] = []
        after: dict[str, Any] = {}
        while True:
            page = await self._send_query(endpoint, {**params, "limit": PAGE, **after})
            infos += page
            following = {"after": page[-1][cursor]} if page else after
            if len(page) < PAGE or following == after:  # the latter: the same page for ever
                return infos
            after = following

    async def _fetch_one(self, endpoint: Callable[..., Any], params: dict[str, Any]) -> Any:
        infos = await self._send_query(endpoint, params)
        if not infos:
            raise NotFound(f"OKX knows nothing of {params}")
        return infos[0]

    async def _send_query(self, endpoint: Callable[..., Any], params: Any) -> Any:
        return _extract_data(await super()._send_query(endpoint, params), VenueDown)

    async def _send_command(self, endpoint: Callable[..., Any], params: Any) -> Any:
        return _extract_data(await super()._send_command(endpoint, params), UnknownOutcome)[0]


def _extract_data(answer: Any, senseless: type[VenueError]) -> Any:
    """Return the answer's data. ccxt passes an HTML page or half an answer on as text."""
    data = answer.get("data") if isinstance(answer, dict) else None
    if data is None:
        raise senseless("the venue's answer made no sense")
    return data
