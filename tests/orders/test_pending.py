"""How often each order is asked about, and which are worth so much that they come first."""

from datetime import timedelta
from decimal import Decimal

import pytest
from pytest_django import Settings

from bots.models import Bot
from exchanges.models import ExchangeKey
from orders import pending
from orders.monitor import Watched
from tests.trading import intend


def watched(key: ExchangeKey) -> Watched:
    ((one,),) = pending.by_key(pending.orders(None, key.pk)).values()
    return one


@pytest.mark.parametrize(
    ("of_bot", "of_user", "seconds"),
    [(None, None, 5), (60, None, 60), (None, 30, 30), (60, 30, 30), (2, 30, 2)],
)
def test_the_shorter_of_what_bot_and_owner_wish(
    key: ExchangeKey, of_bot: int | None, of_user: int | None, seconds: int
) -> None:
    key.user.check_seconds = of_user
    key.user.save(update_fields=["check_seconds"])
    wishes = {"name": "grid", "symbol": "BTC/USDT", "check_seconds": of_bot}
    bot = Bot.objects.create(user=key.user, key=key, **wishes) if of_bot else None
    intend(key, bot=bot)
    assert watched(key).every == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("limit", "order", "high"),
    [
        ("0", {}, False),
        ("500", {}, True),
        ("500.01", {}, False),
        ("500", {"type": "stop_loss", "price": None, "trigger_price": Decimal(50000)}, True),
        ("500", {"type": "market", "price": None}, False),
    ],
)
def test_what_is_worth_much_by_the_setting(
    key: ExchangeKey, settings: Settings, limit: str, order: dict[str, object], high: bool
) -> None:
    settings.HIGH_VALUE = Decimal(limit)
    intend(key, **order)
    assert watched(key).is_high is high
