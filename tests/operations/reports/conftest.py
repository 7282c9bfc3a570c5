"""A trader with a week of fills, and the same figures counted another way."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

import pytest

from bots.models import Bot
from exchanges.models import ExchangeKey
from orders.models import Order, OrderChange
from tests.bots.pnl.fills import FillSpec, count_fills, create_bot, create_key, write_fills
from tests.orders.reports import NOON
from users.models import User

SYMBOLS = ("BTC/USDT", "ETH/USDT")
JOINED = datetime(2026, 1, 15, tzinfo=UTC)


@dataclass(frozen=True)
class TradedWeek:
    user: User
    key: ExchangeKey
    bot: Bot
    specs: Mapping[str, Sequence[FillSpec]]


def make_specs(seed: int, number: int = 120) -> list[FillSpec]:
    """Fills of buying and selling in turns, spread over the eight days up to 2 March."""
    random = Random(seed)  # noqa: S311 (no secret)
    minutes = sorted(random.sample(range(-8 * 1440, 1440), number))
    return [
        FillSpec(
            minute=minute,
            side="sell" if place % 2 else "buy",
            quantity=Decimal(random.randint(1, 9)) / 10,
            price=Decimal(random.randint(9000, 11000)) / 100,
            fee=Decimal(random.randint(0, 50)) / 1000,
            is_bots=random.random() < 0.6,
        )
        for place, minute in enumerate(minutes)
    ]


def earn_between(
    specs: Iterable[FillSpec], since: datetime, until: datetime
) -> tuple[Decimal, Decimal]:
    """Sum profit before fees and fees of the fills in a span: first in, first out, by hand."""
    lots: list[list[Decimal]] = []  # quantity, below zero when sold short, and price
    gross = fees = Decimal(0)
    for spec in specs:
        sign = 1 if spec.side == "buy" else -1
        left, earned = spec.quantity, Decimal(0)
        while left and lots and lots[0][0] * sign < 0:
            taken = min(left, abs(lots[0][0]))
            earned += taken * (spec.price - lots[0][1]) * -sign
            lots[0][0] += sign * taken
            left -= taken
            if not lots[0][0]:
                lots.pop(0)
        if left:
            lots.append([sign * left, spec.price])
        if since <= spec.at < until:
            gross += earned
            fees += spec.fee or 0
    return gross, fees


@pytest.fixture
def week(db: None, user: User) -> TradedWeek:
    """Fills of two symbols at one key, more than half of them a bot's."""
    User.objects.filter(pk=user.pk).update(date_joined=JOINED)
    user.refresh_from_db()
    key = create_key(user, is_paper=False)
    bot = create_bot(key, name="grid")
    specs = {symbol: make_specs(seed) for seed, symbol in enumerate(SYMBOLS)}
    for symbol, listed in specs.items():
        write_fills(key, listed, bot, symbol=symbol)
    count_fills(key)
    return TradedWeek(user, key, bot, specs)


def end_orders(key: ExchangeKey, status: str, number: int, *, at: datetime = NOON) -> None:
    """Write orders that ended then, each told by the venue's stream first and by a check after."""
    start = Order.objects.count()
    orders = Order.objects.bulk_create(
        Order(
            user_id=key.user_id, key=key, symbol="BTC/USDT", side="buy", type="limit",
            quantity=Decimal(1), price=Decimal(90), status=status, created_at=at, ended_at=at,
            client_order_id=f"e{place}", exchange_order_id=f"e{place}",
        )
        for place in range(start, start + number)
    )  # fmt: skip
    OrderChange.objects.bulk_create(
        OrderChange(
            order=order, version=version, at=at + timedelta(seconds=version), status=status,
            filled=Decimal(0), source=source,
        )
        for order in orders
        for version, source in ((1, "stream"), (2, "poll"))
    )  # fmt: skip
