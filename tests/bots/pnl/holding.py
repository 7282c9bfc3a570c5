"""People who hold things, and venues that have told their prices."""

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


def key_of(
    owner: User,
    venue: str = "binance",
    *,
    market: str = "spot",
    paper: bool = False,
    api_key: str = "",
    **amounts: str,
) -> ExchangeKey:
    """key_of(ada, "okx", USDT="10"): a key that holds it."""
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
        holding(key, currency, amount)
    return key


def holding(key: ExchangeKey, currency: str, free: str, **more: Any) -> Balance:
    times = {"known_at": NOON, "changed_at": NOON}
    return Balance.objects.create(
        key=key, currency=currency, free=free, **({"held": 0} | times | more)
    )


def position(key: ExchangeKey, unrealised: str | None, **more: Any) -> Position:
    wanted = {"symbol": "BTC/USDT:USDT", "quantity": 1, "known_at": NOON, "changed_at": NOON}
    return Position.objects.create(key=key, unrealised=unrealised, **(wanted | more))


def told(venue: str = "binance", *, paper: bool = False, at: datetime = NOON, **more: str) -> None:
    """The venue told its prices at this moment: told("okx", ETH_USDT="2600")."""
    extra = {name.replace("_", "/"): price for name, price in more.items()}
    price_table.store_prices(VenueMarket(venue, "spot", paper), PRICES | extra, now=at)


def heard(instrument: str, last: str, *, at: datetime = NOON, stale: bool = False) -> None:
    """The venue's stream said so, as somebody watched."""
    data: Any = {"instrument": instrument, "simulated": False, "last": last, "bid": None,
                 "ask": None, "at": format_time(at), "stale": stale}  # fmt: skip
    frame = frames.note_frame("price_update", frames.dump_json(data))
    redis.redis_client().hset(prices.NEWEST, f"price_update {instrument}", frame)
