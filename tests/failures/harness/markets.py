"""Markets of the numbered failures: symbol, and the paths that faults match."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class MarketEndpoints:
    """A venue's market as adapters and faults name its parts."""

    venue: str
    market: str
    symbol: str  # ours
    name: str  # the simulator's own
    order: str  # asked by POST to place, by GET for one order where the venue has that
    cancel: str
    cancel_method: str = "POST"
    open_orders: str
    fills: str

    @property
    def fee_currency(self) -> str:
        """Currency of a buyer's fee."""
        return "BTC" if self.market == "spot" else "USDT"

    @property
    def other_symbol(self) -> str:
        return self.symbol.replace("BTC", "ETH")


def _binance_market(market: str, root: str, **more: str) -> MarketEndpoints:
    return MarketEndpoints(
        venue="binance",
        market=market,
        order=f"{root}/order",
        cancel=f"{root}/order",
        cancel_method="DELETE",
        open_orders=f"{root}/openOrders",
        **more,
    )


def _okx_market(market: str, symbol: str, name: str) -> MarketEndpoints:
    root = "/api/v5/trade"
    return MarketEndpoints(
        venue="okx",
        market=market,
        symbol=symbol,
        name=name,
        order=f"{root}/order",
        cancel=f"{root}/cancel-order",
        open_orders=f"{root}/orders-pending",
        fills=f"{root}/fills",
    )


def _bybit_market(market: str, symbol: str, name: str) -> MarketEndpoints:
    return MarketEndpoints(
        venue="bybit",
        market=market,
        symbol=symbol,
        name=name,
        order="/v5/order/create",
        cancel="/v5/order/cancel",
        open_orders="/v5/order/realtime",
        fills="/v5/execution/list",
    )


SPOT, PERPETUAL = ("BTC/USDT", "BTCUSDT"), ("BTC/USDT:USDT", "BTCUSDT-PERP")
MARKETS = {
    "binance-spot": _binance_market(
        "spot", "/api/v3", symbol=SPOT[0], name=SPOT[1], fills="/api/v3/myTrades"
    ),
    "binance-futures": _binance_market(
        "futures",
        "/fapi/v1",
        symbol=PERPETUAL[0],
        name=PERPETUAL[1],
        fills="/fapi/v1/userTrades",
    ),
    "okx-spot": _okx_market("spot", *SPOT),
    "okx-futures": _okx_market("futures", *PERPETUAL),
    "bybit-spot": _bybit_market("spot", *SPOT),
    "bybit-futures": _bybit_market("futures", *PERPETUAL),
}

# One of each protocol, spot and futures, for what must be the same at every venue.
ONE_OF_EACH_PROTOCOL = ("binance-spot", "binance-futures", "okx-futures", "bybit-spot")
