"""The base of all adapters: a ccxt client on a shared session, and one way to call it."""

from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar, Final, TypeVar

import ccxt
import ccxt.pro

from exchanges import base
from exchanges.base import FillReport, OrderName, OrderReport, RequestRefused, SymbolNotTraded
from exchanges.through_ccxt.errors import translate_error
from exchanges.through_ccxt.listings import Listings
from exchanges.through_ccxt.rows import read_fills, read_rows
from exchanges.through_ccxt.sessions import CcxtSession
from exchanges.through_ccxt.values import Row, UnreadableRow, symbol_rules

Answer = TypeVar("Answer")

OPTIONS: Final = {
    "maxRetriesOnFailure": 0,  # ccxt would repeat order requests too
    "ws": {"compress": 0},  # 28 KB instead of 265 KB for each private socket
}

NO_LISTEN_KEYS: Final = "this venue has no listen keys: its stream is opened by signing in"
# Tables of ccxt's own that nothing changes.
SHARED_TABLES: Final = ("api", "urls", "has", "features", "exceptions", "httpExceptions", "fees")


def make_client(
    kind: type,
    way: CcxtSession,
    options: Mapping[str, Any],
    *,
    api_key: str = "",
    secret: str = "",
    passphrase: str = "",
    timeout_ms: int = 10_000,
) -> Any:
    """Make a ccxt client with exact digits, on a shared session."""
    client = kind(
        {
            "apiKey": api_key,
            "secret": secret,
            "password": passphrase,
            "session": way.session,
            "timeout": timeout_ms,
            "enableRateLimit": True,
            "rateLimiterAlgorithm": "rollingWindow",
            "options": OPTIONS | dict(options),
        }
    )
    client.number = str
    client.ssl_context = way.trust
    return client


def share_markets(master: Any, client: Any) -> None:
    """Share the markets and tables of the master client: 20 KB for a key instead of 260."""
    client.set_markets_from_exchange(master)
    for table in SHARED_TABLES:
        setattr(client, table, getattr(master, table))
    client.options["timeDifference"] = master.options.get("timeDifference", 0)


def restore_market(
    client: Any, *, name: str, venue_name: str, base: str, quote: str, contract_size: Decimal
) -> None:
    """Add a market that the venue no longer lists, with as much as requests and rows need."""
    settle = name.partition(":")[2] or None
    kind = "swap" if settle else "spot"
    market = client.safe_market_structure(
        {
            **{"id": venue_name, "symbol": name, "type": kind, "active": False},
            **{"base": base, "baseId": base, "quote": quote, "quoteId": quote},
            **{"settle": settle, "settleId": settle},
            **{which: which == kind for which in ("spot", "margin", "swap", "future", "option")},
            **{"contract": bool(settle), "linear": bool(settle) or None, "info": {}},
            "contractSize": f"{contract_size.normalize():f}" if settle else None,
        }
    )
    client.markets[name] = market
    # Renamed, the venue's rows speak of the new symbol under the same name.
    client.markets_by_id.setdefault(venue_name, [market])


class CcxtAdapter:
    """An adapter's ccxt client, one way to call it, and what most venues do alike."""

    is_futures: ClassVar[bool] = False

    def __init__(self, client: Any, *, clock: Callable[[], datetime]) -> None:
        self.client = client
        self.clock = clock
        self.listings = Listings(client, clock)

    async def measure_clock(self) -> None:
        """Measure the offset of our clock: each request carries the venue's time."""
        if self.client.has.get("fetchTime"):
            await self.call_ccxt(self.client.load_time_difference)

    async def call_ccxt(
        self, call: Callable[[], Coroutine[Any, Any, Answer]], *, writing: bool = False
    ) -> Answer:
        """Call ccxt once; a wrong clock is corrected and retried: venues refuse it unread."""
        try:
            try:
                return await call()
            except ccxt.InvalidNonce:
                await self.client.load_time_difference()
                return await call()
        except ccxt.BaseError as error:
            headers = self.client.last_response_headers or {}
            raise translate_error(
                error, writing=writing, headers=headers, now=self.clock()
            ) from None  # the cause's text holds the signed address

    async def fetch_prices(self) -> Mapping[str, str]:
        """Fetch all last prices in the venue's digits. It needs no key."""
        if self.client.has.get("fetchLastPrices"):
            rows, name = await self.call_ccxt(self.client.fetch_last_prices), "price"
        elif self.client.has.get("fetchTickers"):
            rows, name = await self.call_ccxt(self.client.fetch_tickers), "last"
        else:
            return {}
        return {symbol: str(row[name]) for symbol, row in rows.items() if row.get(name)}

    async def fetch_rules(self) -> Sequence[base.SymbolRules]:
        markets = (await self._load_markets()).values()
        active = (market for market in markets if market["active"] is not False)
        return read_rows(filter(self._is_served, active), self._read_rules, what="market")

    async def fetch_positions(self) -> Sequence[base.PositionReport]:
        return ()  # spot holds balances, not positions

    def venue_time(self) -> datetime:
        """Return the time by the venue's clock, as it was last measured."""
        ahead = int(self.client.options.get("timeDifference") or 0)
        return self.clock() - timedelta(milliseconds=ahead)

    async def fetch_statement(self, since: datetime) -> Sequence[base.StatementRow]:
        raise RequestRefused("Fillwatch reads no statements of this venue")

    async def place_pair(
        self, requests: Sequence[base.OrderRequest], *, name: str
    ) -> Sequence[base.OrderReport]:
        raise RequestRefused("Fillwatch places exits one by one at this venue")

    async def amend_order(
        self, order: base.OrderName, wanted: base.OrderRequest
    ) -> base.OrderReport:
        raise RequestRefused("Fillwatch does not change orders at this venue")

    async def set_leverage(self, symbol: str, *, leverage: int, margin_mode: str) -> None:
        raise RequestRefused("spot orders have no leverage")

    async def fetch_position_mode(self) -> bool | None:
        return None

    async def set_position_mode(self, *, hedged: bool) -> None:
        raise RequestRefused("only futures have positions")

    async def set_switch(self, seconds: int, symbol: str | None) -> None:
        raise RequestRefused("this venue has no dead man's switch")

    async def guard_stream(self, *, on: bool) -> None:
        """Do nothing: only some venues count from the loss of a socket."""

    async def create_listen_key(self) -> str:
        raise RequestRefused(NO_LISTEN_KEYS)

    async def keep_listen_key(self, listen_key: str) -> None:
        raise RequestRefused(NO_LISTEN_KEYS)

    async def close_listen_key(self, listen_key: str) -> None:
        raise RequestRefused(NO_LISTEN_KEYS)

    async def _send_query(self, endpoint: Callable[..., Any], params: Any) -> Any:
        return await self.call_ccxt(lambda: endpoint(params))

    async def _send_command(self, endpoint: Callable[..., Any], params: Any) -> Any:
        return await self.call_ccxt(lambda: endpoint(params), writing=True)

    async def _create_order(self, request: base.OrderRequest, kind: str, params: Row) -> Any:
        """Place an order through ccxt's unified method, in exact digits."""
        price = None if request.price is None else f"{request.price:f}"
        order = request.symbol, kind, request.side, f"{request.quantity:f}", price, params
        return await self.call_ccxt(lambda: self.client.create_order(*order), writing=True)

    async def _load_markets(self) -> Any:
        """Return the markets as they are now. What ccxt returns are those of its first call."""
        if not self.client.markets:
            await self.call_ccxt(lambda: self.client.load_markets())
        return self.client.markets

    async def _market_id(self, symbol: str) -> str:
        """Return the venue's name of a symbol, or refuse one that it does not have."""
        if symbol not in await self._load_markets():
            await self.listings.learn_name(symbol)
        try:
            return str(self.client.market(symbol)["id"])
        except ccxt.BadSymbol:
            raise SymbolNotTraded(f"{self.client.name} does not trade {symbol} here") from None

    async def _read_orders(
        self, infos: Iterable[Any], read: Callable[[Any], OrderReport]
    ) -> Sequence[OrderReport]:
        """Read listed orders, and once more if they led to markets that were not known."""
        infos = list(infos)
        reports = read_rows(infos, read, what="order")
        return read_rows(infos, read, what="order") if await self.listings.learn() else reports

    def _to_streamed_symbol(self, market_id: Any) -> str:
        """Return the symbol of a streamed row; one of an unknown market has to be asked for."""
        if not self.listings.knows(market_id):
            raise UnreadableRow(f"{market_id} is in no market list")
        return self._to_symbol(market_id)

    def _to_symbol(self, market_id: Any) -> str:
        self.listings.note(market_id)
        kind = "contract" if self.is_futures else "spot"
        return str(self.client.safe_symbol(market_id, None, None, kind))

    def _is_served(self, market: Row) -> bool:
        """Tell whether we trade it: spot, or perpetual contracts that settle in a stable coin."""
        return bool(market["swap"] and market["linear"] if self.is_futures else market["spot"])

    def _read_rules(self, market: Row) -> base.SymbolRules:
        return symbol_rules(market)


async def verify_placed(
    ask: Callable[[OrderName], Coroutine[Any, Any, OrderReport]], placed: OrderReport
) -> OrderReport:
    """Fetch a conditional order that was just placed: it protects only if it is really there.

    Whatever else this question comes to, the order was accepted before.
    """
    name = OrderName(
        symbol=placed.symbol,
        client_order_id=placed.client_order_id or "",
        exchange_order_id=placed.exchange_order_id,
        is_conditional=True,
    )
    try:
        return await ask(name)
    except base.NotFound:
        raise base.UnknownOutcome("accepted, but the venue does not find it") from None
    except base.VenueError:
        return placed


async def fetch_all_pages(
    page_of: Callable[[dict[str, str]], Coroutine[Any, Any, list[Row]]],
    read: Callable[[Row], FillReport],
    *,
    size: int,
) -> list[FillReport]:
    """Fetch fills by pages, each from the last id of the one before: two may share it."""
    fills: list[FillReport] = []
    before: set[FillReport] = set()
    params: dict[str, str] = {}
    while True:
        rows = await page_of(params)
        page = read_fills(rows, read)
        new = [fill for fill in page if fill not in before]
        fills, before = fills + new, set(page)
        newest = max((int(fill.trade_id) for fill in new if fill.trade_id), default=None)
        if len(rows) < size or newest is None:
            return fills
        params = {"fromId": str(newest)}
