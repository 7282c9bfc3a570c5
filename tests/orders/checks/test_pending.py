"""The interval between checks of an order, and orders of high value."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from pytest_django import Settings

from bots.models import Bot
from exchanges.models import ExchangeKey
from orders import reconciler, submission
from orders.checks import pending, sweep
from orders.checks.plan import PendingOrder
from orders.models import Order
from tests.orders.reports import report
from tests.simulator import SimulatorProcess
from tests.trading import record_order, reload_order
from users.models import User


def load_pending_order(key: ExchangeKey) -> PendingOrder:
    ((one,),) = pending.group_by_key(pending.load_orders(None, key.pk)).values()
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
    record_order(key, bot=bot)
    assert load_pending_order(key).interval == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("limit", "order", "high"),
    [
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
    record_order(key, **order)
    assert load_pending_order(key).is_high_value is high


def find_high(user_id: int | None = None) -> list[int]:
    grouped = pending.group_by_key(pending.load_orders(user_id, None)).values()
    return sorted(order.id for orders in grouped for order in orders if order.is_high_value)


def test_as_shipped_the_largest_orders_of_each_user_and_currency_come_first(
    key: ExchangeKey, open_key: Callable[[User], ExchangeKey], other_user: User
) -> None:
    """A tenth of them, and one at least, whatever others have."""
    small = [record_order(key, price=Decimal(price)) for price in range(50_000, 50_011)]
    in_coins = record_order(key, symbol="ETH/BTC", price=Decimal("0.05"))
    of_a_richer_user = record_order(open_key(other_user), quantity=Decimal(9))
    without_a_price = record_order(key, type="market", price=None, quantity=Decimal(100))
    high = find_high()
    assert high == sorted([small[-1].pk, small[-2].pk, in_coins.pk, of_a_richer_user.pk])
    assert without_a_price.pk not in high
    assert find_high(other_user.pk) == [of_a_richer_user.pk]


@pytest.mark.parametrize(
    ("of_bot", "of_user", "of_all", "high"),
    [
        ("500", None, "0", True),
        ("500.01", "1", "1", False),
        (None, "500", "501", True),
        (None, "501", "500", False),
        ("500", "501", "501", True),
    ],
)
def test_the_threshold_of_the_bot_goes_before_that_of_its_owner_and_of_all(
    key: ExchangeKey,
    settings: Settings,
    of_bot: str | None,
    of_user: str | None,
    of_all: str,
    high: bool,
) -> None:
    settings.HIGH_VALUE = Decimal(of_all)
    User.objects.filter(pk=key.user_id).update(high_value=of_user)
    bot = Bot.objects.create(
        user=key.user, key=key, name="grid", symbol="BTC/USDT", high_value=of_bot
    )
    record_order(key, bot=bot)
    assert load_pending_order(key).is_high_value is high


def record_filled_without_fills(key: ExchangeKey, **ended: int) -> Order:
    """Filled, as its venue said some time ago; which parts that were, it does not tell."""
    order = record_order(key)
    said = report("filled", "0.01", "500", client_order_id=None, quantity=order.quantity)
    reconciler.apply_report(order.pk, said, source="poll", now=timezone.now() - timedelta(**ended))
    Order.objects.update(submitted_at=timezone.now() - timedelta(**ended))
    return reload_order(order)


def test_34_parts_that_never_come_are_asked_for_ever_more_seldom(key: ExchangeKey) -> None:
    order = record_filled_without_fills(key, seconds=60)
    assert load_pending_order(key).interval == timedelta(seconds=5)
    Order.objects.update(ended_at=timezone.now() - timedelta(days=1))
    assert load_pending_order(key).interval > timedelta(hours=1)
    Order.objects.update(ended_at=timezone.now() - timedelta(days=365))
    assert load_pending_order(key).interval == timedelta(days=1)
    assert order.ended_at


def test_34_asked_in_vain_it_has_been_asked(key: ExchangeKey) -> None:
    order = record_filled_without_fills(key, days=1)
    Order.objects.update(checked_at=order.ended_at)
    assert sweep.run_sweep().keys == 1
    assert sweep.run_sweep().keys == 0
    assert reload_order(order).fills_quantity == 0


def test_34_told_some_parts_only_it_has_been_asked_too(
    key: ExchangeKey, simulator: SimulatorProcess
) -> None:
    order = record_order(key)
    submission.submit_order(order.pk)
    name = reload_order(order).exchange_order_id
    simulator.control.post("fill", clientOrderId=order.client_order_id, quantity="0.004")
    said = report("filled", "0.01", "500", exchange_order_id=name, quantity=order.quantity)
    reconciler.apply_report(order.pk, said, source="poll", now=timezone.now())
    sweep.run_sweep(force=True)
    Order.objects.update(
        ended_at=reload_order(order).created_at - timedelta(days=1), checked_at=None
    )
    assert (sweep.run_sweep().keys, sweep.run_sweep().keys) == (1, 0)
    assert reload_order(order).fills_quantity == Decimal("0.004")
