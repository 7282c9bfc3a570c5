"""What positions have won or lost is of now: valued at live prices, told with their age."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from exchanges import venues
from exchanges.holdings import fetch, marks, record
from exchanges.holdings.record import HoldingsReport
from exchanges.models import ExchangeKey, Position
from orders import submission
from realtime import prices as realtime_prices
from realtime.models import Event
from realtime.shapes.market import PriceData
from realtime.values import format_time
from tests.exchanges.holding_reports import position_report
from tests.exchanges.prices.conftest import following
from tests.services import wait_until
from tests.simulator import SimulatorProcess
from tests.trading import Trader, record_order
from users.models import User

Attach = Callable[..., ExchangeKey]
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
PERP = "BTC/USDT:USDT"
INVERSE = "BTC/USD:BTC"


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


@pytest.fixture
def key(attach: Attach) -> ExchangeKey:
    return attach(market="futures")


def say(key: ExchangeKey, at: float, *said: Any, answer: bool = False) -> int:
    seen = HoldingsReport(at=after(at), positions=said, complete=answer)
    return record.record(key.pk, seen, now=after(at))


def mark(key: ExchangeKey, at: float, price: str, symbol: str = PERP) -> int:
    return record.record_marks(key.pk, {symbol: Decimal(price)}, now=after(at))


def told(user: User) -> list[tuple[Any, ...]]:
    events = Event.objects.filter(user=user, type="position_update").order_by("seq")
    rows = [event.data for event in events]
    return [(row["mark_price"], row["unrealised"], row["mark_at"]) for row in rows]


def test_a_moved_price_is_told_with_its_time(key: ExchangeKey, user: User) -> None:
    say(key, 0, position_report(PERP, "-2", entry_price="100", mark_price="101"))
    assert mark(key, 10, "99.5") == 1
    assert told(user) == [
        ("101", "-2", format_time(after(0))),
        ("99.5", "1", format_time(after(10))),
    ]


def test_a_market_that_always_moves_is_told_now_and_then(key: ExchangeKey, user: User) -> None:
    say(key, 0, position_report(PERP, "1", entry_price="100", mark_price="100"))
    for second in range(1, 21):
        mark(key, second, str(100 + second))
    assert [price for price, _, _ in told(user)] == ["100", "104", "108", "112", "116", "120"]


def test_a_price_at_rest_is_told_to_be_of_now(key: ExchangeKey, user: User) -> None:
    say(key, 0, position_report(PERP, "1", entry_price="100", mark_price="100"))
    assert [mark(key, second, "100") for second in (10, 20, 30, 40, 60)] == [0, 0, 1, 0, 1]


def test_the_same_twice_is_told_once(key: ExchangeKey) -> None:
    say(key, 0, position_report(PERP, "1", entry_price="100", mark_price="100"))
    assert (mark(key, 5, "105"), mark(key, 5, "105")) == (1, 0)


def test_an_answer_asked_for_before_does_not_set_the_price_back(key: ExchangeKey) -> None:
    say(key, 0, position_report(PERP, "1", entry_price="100", mark_price="100"))
    mark(key, 10, "110")
    old = position_report(PERP, "2", entry_price="101", mark_price="100", unrealised="-2")
    say(key, 9, old, answer=True)
    row = Position.objects.get()
    assert (row.quantity, row.mark_price, row.mark_at) == (Decimal(2), Decimal(110), after(10))
    assert row.unrealised == 18, "of the quantity and the price that it is shown beside"


def test_profit_is_always_of_the_mark_beside_it(key: ExchangeKey) -> None:
    """A stream tells a profit without the price that it is of."""
    say(key, 0, position_report(PERP, "1", entry_price="100", mark_price="100"))
    say(key, 1, position_report(PERP, "3", entry_price="100", unrealised="6"))
    row = Position.objects.get()
    assert (row.mark_price, row.unrealised, row.mark_at) == (Decimal(100), Decimal(0), after(0))
    mark(key, 5, "102")
    assert Position.objects.get().unrealised == 6


def test_what_only_its_venue_can_value_is_left_to_it(key: ExchangeKey) -> None:
    say(key, 0, position_report(INVERSE, "100", entry_price="50000", unrealised="0.001"))
    say(key, 0, position_report(PERP, "1", unrealised="5"))
    assert (mark(key, 40, "60000", INVERSE), mark(key, 40, "60000")) == (0, 0)
    assert {row.unrealised for row in Position.objects.all()} == {Decimal("0.001"), Decimal(5)}
    assert {row.mark_at for row in Position.objects.all()} == {after(0)}


def test_money_is_right_to_the_last_digit(key: ExchangeKey) -> None:
    size, entry, price = "123456789012345.123456789", "0.123456789012345678", "0.2"
    say(key, 0, position_report(PERP, size, entry_price=entry))
    mark(key, 5, price)
    exact = (Decimal(price) - Decimal(entry)) * Decimal(10) ** 18 * Decimal(size) * 10**9
    gain = Position.objects.get().unrealised
    assert gain is not None
    assert abs(gain * 10**27 - exact) <= 10**9


def test_closed_positions_have_no_price(key: ExchangeKey) -> None:
    say(key, 0, position_report(PERP, "1", entry_price="100", mark_price="100"))
    say(key, 1, position_report(PERP, "0"))
    assert mark(key, 10, "105") == 0
    assert (Position.objects.get().mark_at, Position.objects.get().unrealised) == (None, None)


def publish(price: str, at: datetime, *, stale: bool = False) -> None:
    name = f"binance.futures:{PERP}"
    data = PriceData(
        instrument=name,
        simulated=False,
        last=price,
        bid=None,
        ask=None,
        at=format_time(at),
        stale=stale,
    )
    realtime_prices.publish_changes([("price_update", data)])


def test_their_prices_are_followed_and_stale_ones_value_nothing(key: ExchangeKey) -> None:
    say(key, 0, position_report(PERP, "1", entry_price="100", mark_price="100"))
    assert marks.update_marks(now=after(10)) == 0
    assert realtime_prices.list_requested() == {f"binance.futures:{PERP}"}
    publish("105", after(9), stale=True)
    assert marks.update_marks(now=after(10)) == 0
    publish("105", after(9))
    assert marks.update_marks(now=after(10)) == 1
    assert marks.update_marks(now=after(100)) == 0, "nobody follows the market any more"


def test_switched_off_keys_are_left_alone(key: ExchangeKey) -> None:
    say(key, 0, position_report(PERP, "1", entry_price="100", mark_price="100"))
    ExchangeKey.objects.update(is_active=False)
    publish("105", after(9))
    assert marks.update_marks(now=after(10)) == 0


@pytest.mark.parametrize("venue", list(venues.VENUES))
def test_a_live_position_is_of_now_at_every_venue(
    key_at: Callable[[str, str], ExchangeKey],
    trader: Trader,
    simulator: SimulatorProcess,
    start_beat: Callable[..., None],
    venue: str,
) -> None:
    """Nothing is asked of the venue between the two prices: the figure would be minutes old."""
    account, feeds = key_at(venue, "futures"), following(f"marks {venue}")
    simulator.control.post("price", symbol="BTCUSDT-PERP", price="50000")
    order = record_order(
        account, symbol=PERP, type="market", price=None, quantity=Decimal("0.1"), leverage=10
    )
    submission.submit_order(order.pk)
    fetch.refresh_key(account.pk)
    feeds.start()
    start_beat(HOLDINGS_SECONDS="3600")
    try:
        simulator.control.post("price", symbol="BTCUSDT-PERP", price="49000")
        wait_until(lambda: _read_position(trader)["mark_price"] == "49000", what="the new mark")
    finally:
        feeds.end()
    shown = _read_position(trader)
    gain = (49000 - Decimal(shown["entry_price"])) / 10
    assert Decimal(shown["unrealised"]) == gain < 0


def _read_position(trader: Trader) -> Any:
    (position,) = trader.ask("GET", "positions/")[1]
    return position
