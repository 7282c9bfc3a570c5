"""Matching of new orders: by price, then by time; the rest is kept, expired or refused."""

from decimal import Decimal

import pytest

from exchanges.simulator.accounts.accounts import InsufficientBalance
from exchanges.simulator.engine.engine import Engine
from exchanges.simulator.engine.matching import DuplicateClientId, WouldTake, place_order
from exchanges.simulator.markets.order_book import Liquidity
from exchanges.simulator.orders.orders import NewOrder, OrderEvent
from tests.exchanges.simulator.traders import NOW, build_order, buy, sell


def list_events(engine: Engine) -> list[tuple[str, str, str]]:
    return [
        (event.order.client_id, event.kind, event.order.status)
        for event in engine.take_changes().events
        if isinstance(event, OrderEvent)
    ]


def test_an_order_without_a_match_rests_and_locks_its_funds(engine: Engine) -> None:
    order = buy(engine, "anna", "0.5", "60000")
    usdt = engine.accounts["anna"].balances["USDT"]
    assert (order.status, usdt.free, usdt.locked) == ("NEW", Decimal(970000), Decimal(30000))


def test_a_taker_gets_the_makers_price(engine: Engine) -> None:
    maker = sell(engine, "ben", "1", "60000")
    taker = buy(engine, "anna", "1", "61000")
    assert taker.quote_executed == Decimal(60000)
    assert (maker.status, taker.status) == ("FILLED", "FILLED")
    assert engine.accounts["anna"].balances["USDT"].locked == 0


def test_the_better_price_is_taken_first_and_the_older_order_at_one_price(engine: Engine) -> None:
    expensive = sell(engine, "ben", "1", "60010", client_id="dear")
    first = sell(engine, "ben", "1", "60000", client_id="first")
    second = sell(engine, "ben", "1", "60000", client_id="second")
    buy(engine, "anna", "1.5", "60010")
    assert [o.executed for o in (first, second, expensive)] == [1, Decimal("0.5"), 0]


def test_the_unfilled_rest_of_a_limit_order_stays_in_the_order_book(engine: Engine) -> None:
    sell(engine, "ben", "0.4", "60000")
    order = buy(engine, "anna", "1", "60000")
    assert (order.status, order.executed) == ("PARTIALLY_FILLED", Decimal("0.4"))
    assert engine.accounts["anna"].balances["USDT"].locked == Decimal(36000)


@pytest.mark.parametrize(
    ("time_in_force", "quantity", "status", "executed"),
    [
        ("IOC", "1", "EXPIRED", "0.4"),
        ("IOC", "0.4", "FILLED", "0.4"),
        ("FOK", "1", "EXPIRED", "0"),
        ("FOK", "0.4", "FILLED", "0.4"),
    ],
)
def test_immediate_orders_never_rest(
    engine: Engine, time_in_force: str, quantity: str, status: str, executed: str
) -> None:
    sell(engine, "ben", "0.4", "60000")
    order = buy(engine, "anna", quantity, "60000", time_in_force=time_in_force)
    assert (order.status, order.executed, order.hold) == (status, Decimal(executed), Decimal(0))
    assert engine.accounts["anna"].balances["USDT"].locked == 0


def test_a_post_only_order_that_would_take_is_refused(engine: Engine) -> None:
    sell(engine, "ben", "1", "60000")
    with pytest.raises(WouldTake):
        buy(engine, "anna", "1", "60000", type="LIMIT_MAKER")
    assert buy(engine, "anna", "1", "59999", type="LIMIT_MAKER").status == "NEW"


def test_a_market_order_takes_levels_until_it_is_full(engine: Engine) -> None:
    for price in ("60000", "60010", "60020"):
        sell(engine, "ben", "0.5", price)
    order = buy(engine, "anna", "1.2", "", type="MARKET")
    assert (order.status, order.quote_executed) == ("FILLED", Decimal("72009"))
    assert len(engine.records.list_order_fills(order)) == 3


def test_a_market_order_expires_where_the_order_book_ends(engine: Engine) -> None:
    sell(engine, "ben", "0.5", "60000")
    order = buy(engine, "anna", "1", "", type="MARKET")
    assert (order.status, order.executed) == ("EXPIRED", Decimal("0.5"))


def test_a_market_order_by_value_spends_no_more_than_that(engine: Engine) -> None:
    sell(engine, "ben", "1", "60000")
    order = buy(engine, "anna", "", "", type="MARKET", value="100")
    assert (order.status, order.executed) == ("FILLED", Decimal("0.00166"))
    assert order.quote_executed == Decimal("99.6")


def test_the_price_levels_are_finite_and_can_be_refilled(engine: Engine) -> None:
    market = engine.markets["BTCUSDT"]
    market.liquidity = Liquidity(Decimal(1), 3)
    market.refill_levels()
    order = buy(engine, "anna", "10", "", type="MARKET")
    assert order.status == "EXPIRED"
    assert order.executed == Decimal("3.6")
    assert next(market.list_offers("BUY"), None) is None
    market.refill_levels()
    assert next(market.list_offers("BUY")).quantity == 1


def test_users_come_before_the_house_at_one_price(engine: Engine) -> None:
    market = engine.markets["BTCUSDT"]
    market.liquidity = Liquidity(Decimal(1), 3)
    market.refill_levels()
    maker = sell(engine, "ben", "0.1", str(market.price + market.symbol.tick))
    buy(engine, "anna", "0.1", "", type="MARKET")
    assert maker.status == "FILLED"


def test_no_account_trades_with_itself(engine: Engine) -> None:
    own = sell(engine, "anna", "1", "60000")
    other = sell(engine, "ben", "1", "60000")
    order = buy(engine, "anna", "1", "60000")
    assert (own.status, other.status, order.status) == ("EXPIRED_IN_MATCH", "FILLED", "FILLED")


@pytest.mark.parametrize(
    ("mode", "resting", "taking"),
    [
        ("NONE", "FILLED", "FILLED"),
        ("EXPIRE_TAKER", "NEW", "EXPIRED_IN_MATCH"),
        ("EXPIRE_MAKER", "EXPIRED_IN_MATCH", "NEW"),
        ("EXPIRE_BOTH", "EXPIRED_IN_MATCH", "EXPIRED_IN_MATCH"),
    ],
)
def test_each_mode_of_self_trade_prevention(
    engine: Engine, mode: str, resting: str, taking: str
) -> None:
    own = sell(engine, "anna", "1", "60000")
    new_order = build_order("anna", "BUY", "1", "60000")
    fields = {name: getattr(new_order, name) for name in new_order.__dataclass_fields__}
    order = place_order(engine, NewOrder(**fields | {"self_trade": mode}), NOW)
    assert (own.status, order.status) == (resting, taking)


def test_a_client_id_is_free_again_when_its_order_has_ended(engine: Engine) -> None:
    sell(engine, "ben", "1", "60000", client_id="name")
    with pytest.raises(DuplicateClientId):
        sell(engine, "ben", "1", "61000", client_id="name")
    buy(engine, "anna", "1", "60000")
    again = sell(engine, "ben", "1", "61000", client_id="name")
    assert engine.records.by_client_id("ben", "BTCUSDT", "name") is again


@pytest.mark.parametrize(
    "new_order",
    [
        build_order("anna", "BUY", "20", "60000"),
        build_order("anna", "SELL", "101", "60000"),
        build_order("anna", "BUY", "20", type="MARKET"),
        build_order("anna", "SELL", "101", type="MARKET"),
    ],
)
def test_a_refused_order_changes_nothing(engine: Engine, new_order: NewOrder) -> None:
    sell(engine, "ben", "50", "60000")
    engine.take_changes()
    with pytest.raises(InsufficientBalance):
        place_order(engine, new_order, NOW)
    assert not engine.take_changes()


def test_events_come_in_the_order_of_the_changes(engine: Engine) -> None:
    sell(engine, "ben", "0.5", "60000", client_id="maker")
    buy(engine, "anna", "1", "60000", client_id="taker", time_in_force="IOC")
    assert list_events(engine) == [
        ("maker", "NEW", "NEW"),
        ("taker", "NEW", "NEW"),
        ("taker", "TRADE", "PARTIALLY_FILLED"),
        ("maker", "TRADE", "FILLED"),
        ("taker", "EXPIRED", "EXPIRED"),
    ]


def test_two_symbols_share_an_order_id(engine: Engine) -> None:
    bitcoin = buy(engine, "anna", "0.1", "60000")
    ether = buy(engine, "anna", "1", "3000", symbol="ETHUSDT")
    assert bitcoin.id == ether.id
    assert engine.records.by_id("anna", "ETHUSDT", ether.id) is ether
