"""Fees in coins of a third kind: the venue says what they were worth when they were paid."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from bots.models import PnlBook, PriceMinute, UnpricedFee
from bots.pnl import fee_lookup, fee_values, fill_counter
from exchanges import symbols
from exchanges.base import VenueError
from exchanges.instruments import VenueMarket
from exchanges.prices import candles
from orders.models import Fill
from realtime.models import Event
from tests.bots.desk import Desk
from tests.bots.pnl.fills import FillSpec, count_fills, create_key, write_fills
from tests.orders.reports import NOON
from tests.simulator import SimulatorProcess
from users.models import User

VENUES = ["binance", "okx", "bybit"]


def at_rest(simulator: SimulatorProcess) -> None:
    """BNB costs 600 from now on, and has its candles."""
    simulator.control.post("walk", paused=True)
    simulator.control.post("price", symbol="BNBUSDT", price="600")


def pay_in_bnb(desk: Desk) -> None:
    key = desk.key.api_key
    desk.simulator.control.post("deposit", key=key, asset="BNB", amount="5")
    desk.simulator.control.patch("accounts", key=key, fees={"asset": "BNB"})


def minute_of(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)


@pytest.mark.parametrize("venue", VENUES)
def test_every_venue_has_the_price_of_a_minute(simulator: SimulatorProcess, venue: str) -> None:
    at_rest(simulator)
    feed, now = VenueMarket(venue, "spot", True), timezone.now()
    first = candles.find_candle(feed, "BNB/USDT", now, now=now)
    before = candles.find_candle(feed, "BNB/USDT", now - timedelta(minutes=50), now=now)
    assert first is not None
    assert before is not None
    assert minute_of(now) - first.at <= timedelta(minutes=1)
    assert first.low <= 600 <= first.high
    assert before.at == minute_of(now - timedelta(minutes=50))


def test_a_minute_too_long_ago_has_no_price(simulator: SimulatorProcess) -> None:
    at_rest(simulator)
    now = timezone.now()
    feed, long_ago = VenueMarket("binance", "spot", True), now - timedelta(days=300)
    assert candles.find_candle(feed, "BNB/USDT", long_ago, now=now) is None


def test_a_failing_venue_gives_no_price(simulator: SimulatorProcess, settings: object) -> None:
    """So small a share of the budget that one question fills it."""
    settings.PRICES_SHARE = 0.0001  # type: ignore[attr-defined]
    feed, now = VenueMarket("binance", "spot", True), timezone.now()
    candles.find_candle(feed, "BNB/USDT", now, now=now)
    with pytest.raises(VenueError, match="budget"):
        candles.find_candle(feed, "BNB/USDT", now, now=now)


def test_a_fee_in_bnb_from_the_trade_to_the_last_digit_of_profit(desk: Desk) -> None:
    """Nobody watched BNB: provisional, asked for, exact; the event tells."""
    at_rest(desk.simulator)
    pay_in_bnb(desk)
    bot = desk.start(desk.make())
    desk.fill(desk.newest(bot))
    desk.settle(bot)
    PriceMinute.objects.all().delete()
    while fill_counter.count_fills(desk.key.pk):
        pass
    book = PnlBook.objects.get(bot=bot)
    assert book.is_provisional
    assert UnpricedFee.objects.count() == 1
    fill = Fill.objects.get()
    assert (fill.fee_currency, fill.fee_value) == ("BNB", None)
    assert fee_lookup.look_up_fees(now=timezone.now()) == 1
    while fill_counter.count_fills(desk.key.pk):
        pass
    book, fill = PnlBook.objects.get(pk=book.pk), Fill.objects.get()
    assert fill.fee
    assert not book.is_provisional
    # The commission of the venue: 0.01 BTC at its rate, three quarters of it, in BNB at 600.
    assert book.fees == fill.fee_value == fill.fee * 600
    assert not UnpricedFee.objects.exists()
    newest = Event.objects.filter(type="pnl_update").order_by("-seq").first()
    assert newest
    assert newest.data["provisional"] is False
    assert Decimal(newest.data["fees"]) == fill.fee * 600


def test_the_price_of_a_fee_currency_is_followed(desk: Desk) -> None:
    assert fee_values.list_followed(now=timezone.now()) == frozenset()
    write_fills(desk.key, [_paid(timezone.now(), "BNB")])
    count_fills(desk.key)
    assert fee_values.list_followed(now=timezone.now()) == {"binance.spot.paper:BNB/USDT"}
    assert fee_values.list_followed(now=timezone.now() + timedelta(days=3)) == frozenset()


def _paid(at: datetime, currency: str) -> FillSpec:
    minutes = int((at - NOON).total_seconds() // 60)
    return FillSpec(minutes, "buy", Decimal(1), Decimal(100), Decimal("0.001"), currency)


@pytest.mark.parametrize(
    ("symbol", "currency", "legs"),
    [
        ("SOL/USDT", "BNB", [("BNB", "USDT")]),
        ("ETH/BTC", "USDT", [("BTC", "USDT")]),  # the pair the other way round
        ("ETH/BTC", "BNB", [("BNB", "USDT"), ("BTC", "USDT")]),  # over a bridge
    ],
)
def test_a_fee_path_uses_the_pairs_that_trade(
    desk: Desk, symbol: str, currency: str, legs: list[tuple[str, str]]
) -> None:
    at_rest(desk.simulator)
    feed = VenueMarket("binance", "spot", True)
    there = fee_values.list_traded_pairs(feed, [currency, "BTC", "USDT"])
    assert fee_values.find_fee_path(currency, symbol.partition("/")[2], there) == legs
    (fill,) = write_fills(desk.key, [_paid(timezone.now(), currency)], symbol=symbol)
    count_fills(desk.key)
    assert fee_lookup.look_up_fees(now=timezone.now()) == 1
    fill.refresh_from_db()
    worth = {"BNB": Decimal(600), "USDT": Decimal(1)}[currency] * Decimal("0.001")
    into = 1 if symbol.endswith("USDT") else 50500
    assert fill.fee_value
    assert abs(fill.fee_value * into - worth) <= worth / 100


def test_a_key_at_a_market_whose_symbols_were_never_read(
    transactional_db: None, user: User, simulator: SimulatorProcess
) -> None:
    at_rest(simulator)
    key = create_key(user, market="futures")
    write_fills(key, [_paid(timezone.now(), "BNB")], symbol="BTC/USDT:USDT")
    count_fills(key)
    assert fee_lookup.look_up_fees(now=timezone.now()) == 1


def test_a_missing_price_is_asked_for_with_growing_pauses(desk: Desk) -> None:
    now = timezone.now()
    write_fills(desk.key, [_paid(now, "XYZ")])
    count_fills(desk.key)
    now, waits = timezone.now(), []
    for _ in range(3):
        assert fee_lookup.look_up_fees(now=now) == 0
        one = UnpricedFee.objects.get()
        waits.append((one.retry_at - now).total_seconds())
        now = one.retry_at
    assert waits == [40, 80, 160]
    assert "no price of XYZ in USDT" in one.last_error
    assert PnlBook.objects.get().is_provisional


def test_a_fee_value_never_changes(desk: Desk) -> None:
    """Minutes are forgotten after a day; counting again must not make a fee unknown again."""
    assert symbols.read_all()
    now = timezone.now()
    PriceMinute.objects.create(instrument="binance.spot.paper:BNB/USDT", at=minute_of(now),
                          high=602, low=598)  # fmt: skip
    write_fills(desk.key, [_paid(now, "BNB")])
    count_fills(desk.key)
    PriceMinute.objects.all().delete()
    fill_counter.restart_book(PnlBook.objects.get().pk)
    count_fills(desk.key)
    assert PnlBook.objects.get().fees == Decimal("0.6")
