"""Keys with balances and positions, and stored or streamed prices."""

from datetime import datetime
from typing import Any

from bots.prices import price_table
from exchanges.instruments import VenueMarket
from exchanges.models import Balance, ExchangeKey, Position
from realtime import frames, prices, redis
from realtime.values import format_time
from tests.orders.reports import NOON
from users.models import User

PRICES = {"BTC/USDT": "50000", "ETH/USDT": "2500", "ETH/BTC": "0.05", "EUR/USDT": "1.25"}


def create_key(
    owner: User,
    venue: str = "binance",
    *,
    market: str = "spot",
    paper: bool = False,
    api_key: str = "",
    **amounts: str,
) -> ExchangeKey:
    """Create a key with balances: create_key(ada, "okx", USDT="10")."""
    number = ExchangeKey.objects.count()
    key = ExchangeKey.objects.create(
        user=owner,
        label=f"{venue} {market} {number}",
        venue=venue,
        market=market,
        api_key=api_key or f"key-{number}",
        sealed_secret=b"x",
        is_paper=paper,
        holdings_at=NOON,
    )
    for currency, amount in amounts.items():
        create_balance(key, currency, amount)
    return key


def create_balance(key: ExchangeKey, currency: str, free: str, **more: Any) -> Balance:
    times = {"known_at": NOON, "changed_at": NOON}
    return Balance.objects.create(
        key=key, currency=currency, free=free, **({"held": 0} | times | more)
    )


def create_position(key: ExchangeKey, unrealised: str | None, **more: Any) -> Position:
    defaults = {"symbol": "BTC/USDT:USDT", "quantity": 1, "known_at": NOON, "changed_at": NOON}
    return Position.objects.create(key=key, unrealised=unrealised, **(defaults | more))


def store_prices(
    venue: str = "binance", *, paper: bool = False, at: datetime = NOON, **more: str
) -> None:
    """Store the prices of a venue: store_prices("okx", ETH_USDT="2600")."""
    extra = {name.replace("_", "/"): price for name, price in more.items()}
    price_table.store_prices(VenueMarket(venue, "spot", paper), PRICES | extra, now=at)


def stream_price(instrument: str, last: str, *, at: datetime = NOON, stale: bool = False) -> None:
    """Set the newest price that a venue's stream has sent."""
    data: Any = {"instrument": instrument, "simulated": False, "last": last, "bid": None,
                 "ask": None, "at": format_time(at), "stale": stale}  # fmt: skip
    frame = frames.note_frame("price_update", frames.dump_json(data))
    redis.redis_client().hset(prices.NEWEST, f"price_update {instrument}", frame)
