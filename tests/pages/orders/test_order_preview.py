"""The preview of an order that is being written, without scripts: all figures are the server's."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from exchanges.keys import actions
from exchanges.models import Balance, ExchangeKey, Position, Symbol
from orders.models import Fill, Order
from orders.web.placing import sizes
from realtime import prices, redis
from tests.pages.orders.test_markets import publish_prices
from tests.trading import record_order
from users.models import User

SPOT, CONTRACT = "binance.spot.paper:BTC/USDT", "binance.futures.paper:BTC/USDT:USDT"
PREVIEW = "/orders/new/preview/"


@pytest.fixture(autouse=True)
def _known_symbols(db: None) -> None:
    for market, name in (("spot", "BTC/USDT"), ("futures", "BTC/USDT:USDT")):
        Symbol.objects.create(
            **{"venue": "binance", "market": market, "is_paper": True, "name": name},
            **{"base": "BTC", "quote": "USDT", "quote_step": Decimal("0.01")},
            **{"price_step": Decimal("0.01"), "quantity_step": Decimal("0.0001")},
            **{"min_quantity": Decimal("0.0002"), "min_cost": 5, "read_at": timezone.now()},
        )
        redis.redis_client().set(prices.FOLLOWED + f"binance.{market}.paper", "a process")


def attach(user: User, market: str = "spot", **free: str) -> ExchangeKey:
    key = actions.attach(
        user=user,
        label=f"{user} {market}",
        venue="binance",
        market=market,
        api_key=f"{user}-{market}-" + "k" * 9,
        secret="s",
        is_paper=True,
    )
    now = timezone.now()
    for currency, amount in free.items():
        times = {"known_at": now, "changed_at": now}
        Balance.objects.create(key=key, currency=currency, free=amount, held=0, **times)
    return key


@pytest.fixture
def ada(client: Client, user: User) -> Client:
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return client


def read_preview(client: Client, key: ExchangeKey, **fields: Any) -> tuple[dict[str, str], Any]:
    """Return the lines by their labels, and all there is."""
    values: dict[str, Any] = {
        "key": key.pk,
        "symbol": "btc/usdt",
        "side": "buy",
        "type": "limit",
    } | fields
    preview = client.get(PREVIEW, values).context["preview"]
    return {line.label: line.text for line in preview.lines}, preview


def list_values(buttons: list[Any]) -> list[str]:
    return [f"{button.field}={button.value}" for button in buttons]


def test_money_steps_cost_and_fee_are_told_before_the_mistake(ada: Client, user: User) -> None:
    key = attach(user, USDT="1000", BTC="0.5")
    publish_prices(SPOT, "60000.5", bid="60000.25", ask="60001")
    order = record_order(key, symbol="BTC/USDT")
    Fill.objects.create(
        **{"order": order, "user": user, "key": key, "symbol": "BTC/USDT", "trade_id": "1"},
        **{"side": "buy", "price": 50000, "quantity": 1, "fee": Decimal("0.001")},
        **{"fee_currency": "BTC", "executed_at": timezone.now()},
    )
    numbers = {"price": "50000", "quantity": "0.01", "take_profit": "55000", "stop_loss": "49000"}
    lines, preview = read_preview(ada, key, **numbers)
    assert lines == {
        "Free": "1,000 USDT",
        "Amount": "steps of 0.0001, at least 0.0002 BTC, worth at least 5 USDT",
        "Price": "steps of 0.01 USDT",
        "Value": "500.00 USDT",
        "Fee": "about 0.50 USDT (0.1 %, as last)",
        "Take profit": "+50.00 USDT before fees",
        "Stop loss": f"{chr(0x2212)}10.00 USDT before fees",
    }
    assert (preview.price, preview.is_stale) == ("60,000.50", False)
    assert list_values(preview.prices) == ["price=60000.25", "price=60000.5", "price=60001"]
    assert list_values(preview.shares) == [
        f"quantity={n}" for n in ("0.005", "0.01", "0.015", "0.02")
    ]
    assert "Missing" in read_preview(ada, key, **numbers | {"quantity": "0.0201"})[0]
    sale = read_preview(ada, key, side="sell", type="market")[1]
    assert list_values(sale.shares)[-1] == "quantity=0.5"


def test_what_is_between_two_steps_is_offered_rounded_down(ada: Client, user: User) -> None:
    key = attach(user, USDT="1000")
    _, preview = read_preview(ada, key, price="50000.017", quantity="0.01239")
    assert list_values(preview.repairs) == ["quantity=0.0123", "price=50000.01"]
    _, preview = read_preview(ada, key, price="30000", quote_amount="500")
    assert list_values(preview.repairs) == ["quantity=0.0166"]


def test_a_sum_of_money_becomes_an_amount_by_the_orders_own_price(ada: Client, user: User) -> None:
    new = {"key": attach(user).pk, "symbol": "BTC/USDT", "side": "buy", "type": "limit"}
    new |= {"price": "30000", "quantity": "", "quote_amount": "500", "idempotency_key": "a"}
    for _ in range(2):  # a double click, or a reload
        ada.post("/orders/new/", new)
    order = Order.objects.get()
    assert (order.quantity, order.quote_amount) == (Decimal("0.0166"), None)
    answer = ada.post("/orders/new/", new | {"quote_amount": "2", "idempotency_key": "b"})
    assert "less than the least step" in answer.content.decode()


def test_buttons_work_without_a_script_and_place_nothing(ada: Client, user: User) -> None:
    new = {"key": attach(user, USDT="100").pk, "symbol": "BTC/USDT", "side": "buy", "price": "100"}
    new |= {"type": "limit", "idempotency_key": "kept"}
    filled = ada.post("/orders/new/", new | {"fill": "quantity=0.5"})
    page = filled.content.decode()
    assert filled.status_code == 200
    assert 'value="0.5"' in page
    assert 'value="kept"' in page
    assert "50.00 USDT" in page
    wrong = ada.post("/orders/new/", new | {"preview": "1"})
    assert (wrong.status_code, "Give an amount" in wrong.content.decode()) == (422, True)
    right = ada.post("/orders/new/", new | {"preview": "1", "quantity": "0.5"})
    assert (right.status_code, "50.00 USDT" in right.content.decode()) == (200, True)
    assert not Order.objects.exists()


def test_a_contract_shows_its_leverage_and_closes_by_parts(ada: Client, user: User) -> None:
    key, now = attach(user, "futures", USDT="1000"), timezone.now()
    publish_prices(CONTRACT, "50000", bid="49999", ask="50000")
    contract = {"symbol": "BTC/USDT:USDT", "price": "50000"}
    lines, preview = read_preview(ada, key, **contract)
    assert lines["At the venue"] == "leverage not told yet: the venue does with a position"
    assert preview.shares == []  # how much 1000 USDT are good for is not known
    Position.objects.create(
        **{"key": key, "symbol": "BTC/USDT:USDT", "quantity": Decimal("0.3"), "leverage": 10},
        **{"margin_mode": "isolated", "known_at": now, "changed_at": now},
    )
    lines, preview = read_preview(ada, key, quantity="0.1", **contract)
    assert lines["At the venue"] == "leverage 10x, isolated margin"
    assert lines["Margin"] == "about 500.00 USDT"
    assert list_values(preview.shares)[-1] == "quantity=0.2"
    _, preview = read_preview(ada, key, side="sell", reduce_only="on", **contract)
    assert list_values(preview.shares)[-1] == "quantity=0.3"


def test_a_past_order_is_copied_if_it_is_ones_own(
    ada: Client, user: User, other_user: User
) -> None:
    mine = record_order(attach(user), quantity=Decimal("0.0125"), price=Decimal(42000))
    theirs = record_order(attach(other_user), quantity=Decimal("0.0777"), price=Decimal(43000))
    page = ada.get(f"/orders/new/?from={mine.pk}&price=41000").content.decode()
    assert 'value="0.0125"' in page
    assert 'value="41000"' in page
    assert "0.0777" not in ada.get(f"/orders/new/?from={theirs.pk}").content.decode()


def test_the_money_of_another_is_not_shown(ada: Client, user: User, other_user: User) -> None:
    attach(user, USDT="1000")
    lines, _ = read_preview(ada, attach(other_user, USDT="777"))
    assert lines["Free"] == "1,000 USDT"


@pytest.mark.parametrize("value", ["%00", "1e999", "-1", "9" * 60, "abc", "٣"])
def test_what_is_no_number_is_left_out(ada: Client, user: User, value: str) -> None:
    attach(user, USDT="1000")
    assert ada.get(f"{PREVIEW}?symbol=BTC/USDT&price={value}&quantity={value}").status_code == 200
    assert ada.get(f"/orders/new/?symbol={value}&price={value}&from={value}").status_code == 200


def test_amounts_are_cut_and_never_rounded_up() -> None:
    step = Decimal("0.000000000000000001")
    large = Decimal("99999999999999999999.999999999999999999")
    assert sizes.floor_to_step(large, step) == large
    assert sizes.floor_to_step(large, Decimal("0.1")) == Decimal("99999999999999999999.9")
    assert sizes.convert_to_quantity(Decimal(2), at=Decimal(3), step=Decimal("0.1")) == Decimal(
        "0.6"
    )
    assert sizes.take_share(large, 100) == large
