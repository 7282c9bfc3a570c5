"""An order whose price the market has crossed is checked when no stream reports it."""

import json
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from exchanges.models import ExchangeKey
from orders import submission
from orders.checks import price_crossed
from orders.models import Order
from realtime import prices, redis
from realtime.values import format_time
from tests.orders.checks.test_sweep import fill_order, set_stream_live, sweep_all
from tests.simulator import SimulatorProcess
from tests.trading import record_order, reload_order

NAME = "binance.spot.paper:BTC/USDT"


@pytest.fixture
def resting(key: ExchangeKey) -> Order:
    """Buys at 50000."""
    order = record_order(key)
    submission.submit_order(order.pk)
    return reload_order(order)


def publish_price(last: str, *, at: datetime | None = None, stale: bool = False) -> None:
    """Publish a last price, like the venue's price feed."""
    at = at or timezone.now()
    data: Any = {"instrument": NAME, "simulated": True, "last": last, "bid": None, "ask": None,
                 "at": format_time(at), "stale": stale}  # fmt: skip
    kept = {f"price_update {NAME}": json.dumps({"type": "price_update", "data": data})}
    redis.redis_client().hset(prices.NEWEST, mapping=kept)


def is_crossed(order: Order) -> bool:
    return order.pk in price_crossed.find_crossed([reload_order(order)])


def test_only_by_a_trade_beyond_its_price_since_it_was_sent(resting: Order) -> None:
    assert not is_crossed(resting), "nobody follows the market"
    publish_price("50000")
    assert not is_crossed(resting), "others may stand before it"
    publish_price("49999.99")
    assert is_crossed(resting)
    publish_price("49999.99", stale=True)
    assert not is_crossed(resting)
    publish_price("49999.99", at=timezone.now() - timedelta(minutes=1))
    assert not is_crossed(resting), "it was not there yet"


def test_a_sale_by_a_higher_one(resting: Order) -> None:
    Order.objects.filter(pk=resting.pk).update(side="sell")
    publish_price("50000.01")
    assert is_crossed(resting)
    publish_price("49999.99")
    assert not is_crossed(resting)


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "filled", "filled": Decimal("0.01"), "ended_at": timezone.now()},
        {"type": "stop_loss", "trigger_price": Decimal(50000)},
    ],
)
def test_not_what_is_over_or_waits_for_a_trigger(resting: Order, changes: dict[str, Any]) -> None:
    Order.objects.filter(pk=resting.pk).update(**changes)
    publish_price("40000")
    assert not is_crossed(resting)


def test_a_silent_stream_is_found_out_though_nothing_is_left_for_audits(
    resting: Order, simulator: SimulatorProcess, settings: Settings
) -> None:
    set_stream_live(resting.key)
    settings.STREAM_AUDIT_SHARE = 0
    sweep_all()  # something dearer than a share waits for an empty minute, and this was it
    fill_order(simulator, resting, "0.01")
    assert (sweep_all().deferred, reload_order(resting).status) == (1, "new")
    publish_price("49999")
    assert (sweep_all().deferred, reload_order(resting).status) == (0, "filled")
