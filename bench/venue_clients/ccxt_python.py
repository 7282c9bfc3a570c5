"""Python's ccxt: the unified calls of six markets, made as a program would that knows no venue."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import ccxt

MARKETS = (
    *(("binance", "spot"), ("binanceusdm", "swap"), ("okx", "spot")),
    *(("okx", "swap"), ("bybit", "spot"), ("bybit", "swap")),
)
ACCOUNT = json.loads(os.environ["VENUE_ACCOUNT"])
CREDENTIALS = {"apiKey": "key", "secret": "secret", "password": "passphrase"}
Calls = Iterator[tuple[str, Callable[[], object]]]


def redirect_addresses(addresses: dict[str, Any]) -> None:
    """Lead every address of the client to the simulated venue."""
    for name, address in addresses.items():
        if isinstance(address, str):
            path = "/".join(address.split("/")[3:])
            addresses[name] = f"{ACCOUNT['base']}/{path}" if path else ACCOUNT["base"]
        else:
            redirect_addresses(address)


def connect_exchange(venue: str, kind: str) -> Any:
    options = {"defaultType": kind, "fetchMargins": False}
    fields = {name: ACCOUNT[own] for name, own in CREDENTIALS.items()}
    exchange = getattr(ccxt, venue)({**fields, "enableRateLimit": False, "options": options})
    exchange.hostname = urlsplit(ACCOUNT["base"]).netloc
    redirect_addresses(exchange.urls["api"])
    exchange.load_markets()
    return exchange


def list_calls(exchange: Any, symbol: str, amount: float) -> Calls:
    """List reading calls, then an order's life."""
    price = float(exchange.fetch_ticker(symbol)["last"])
    rest = exchange.price_to_precision(symbol, price * 0.98)
    ids: list[str] = []

    def place_order() -> str:
        return str(exchange.create_order(symbol, "limit", "buy", amount, rest)["id"])

    for name in ("Time", "Status", "Markets", "Currencies", "Balance", "TradingFees"):
        yield f"fetch{name}", getattr(exchange, f"fetch{name}")
    for name in ("Ticker", "OrderBook", "Trades", "OHLCV", "TradingFee"):
        yield f"fetch{name}", partial(getattr(exchange, f"fetch{name}"), symbol)
    yield "fetchTickers", lambda: exchange.fetch_tickers([symbol])
    yield "createOrder", lambda: ids.append(place_order())
    yield (
        "createOrder market",
        lambda: exchange.create_order(symbol, "market", "buy", amount, price),
    )
    yield "fetchOrder", lambda: exchange.fetch_order(ids[0], symbol, {"acknowledged": True})
    yield "fetchOpenOrders", lambda: exchange.fetch_open_orders(symbol)
    yield (
        "editOrder",
        lambda: exchange.edit_order(
            ids[0],
            symbol,
            "limit",
            "buy",
            amount,
            exchange.price_to_precision(symbol, price * 0.97),
        ),
    )
    yield "cancelOrder", lambda: exchange.cancel_order(place_order(), symbol)
    yield "createOrders", lambda: exchange.create_orders(build_orders(symbol, amount, rest))
    yield "cancelAllOrders", lambda: exchange.cancel_all_orders(symbol)
    for name in ("Orders", "ClosedOrders", "CanceledOrders", "MyTrades"):
        yield f"fetch{name}", partial(getattr(exchange, f"fetch{name}"), symbol)


def list_contract_calls(exchange: Any, symbol: str) -> Calls:
    for name in ("FundingRate", "FundingRateHistory", "OpenInterest", "Position", "FundingHistory"):
        yield f"fetch{name}", partial(getattr(exchange, f"fetch{name}"), symbol)
    yield "fetchPositions", lambda: exchange.fetch_positions([symbol])
    yield "fetchLeverageTiers", lambda: exchange.fetch_leverage_tiers([symbol])
    yield (
        "setLeverage",
        lambda: exchange.set_leverage(10 + len(exchange.id), symbol, {"mgnMode": "cross"}),
    )
    yield "fetchPositionMode", lambda: exchange.fetch_position_mode(symbol)


def build_orders(symbol: str, amount: float, price: str) -> list[dict[str, Any]]:
    order = {"symbol": symbol, "type": "limit", "side": "buy", "amount": amount, "price": price}
    return [dict(order), dict(order)]


def make_call(name: str, ask: Callable[[], object]) -> None:
    result, detail = "answered", ""
    try:
        ask()
    except (ccxt.NotSupported, ccxt.ArgumentsRequired):
        return  # by the client itself, before any request: the call is none of its own
    except ccxt.BaseError as error:
        result = "unknown" if "404 Not Found" in str(error) else "refused"
        detail = f"{type(error).__name__} {error}"[:300]
    row = {"row": ACCOUNT["row"], "call": name, "result": result, "detail": detail}
    sys.stdout.write(json.dumps(row) + "\n")


def main() -> None:
    for venue, kind in MARKETS:
        exchange = connect_exchange(venue, kind)
        symbol = "BTC/USDT:USDT" if kind == "swap" else "BTC/USDT"
        calls = list_calls(exchange, symbol, 1.0 if venue == "okx" and kind == "swap" else 0.01)
        for name, ask in calls:
            if exchange.has.get(name.split()[0]):
                make_call(f"{venue} {kind} {name}", ask)
        for name, ask in list_contract_calls(exchange, symbol) if kind == "swap" else ():
            if exchange.has.get(name):
                make_call(f"{venue} {kind} {name}", ask)


if __name__ == "__main__":
    main()
