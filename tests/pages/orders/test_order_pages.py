"""The orders pages as a reader without scripts gets them, and what they refuse."""

import html
import re
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from exchanges.keys import actions
from exchanges.models import ExchangeKey, Symbol
from orders import reconciler
from orders.models import Order
from realtime import streams
from tests.orders.reports import fill, report
from tests.trading import record_order
from users.models import User

NEW = {
    "side": "buy",
    "symbol": "btc/usdt",
    "type": "limit",
    "time_in_force": "GTC",
    "quantity": "0.01",
    "price": "50000",
}


@pytest.fixture
def key(user: User) -> ExchangeKey:
    return attach(user)


def attach(
    user: User, label: str = "Paper", *, is_paper: bool = True, market: str = "spot"
) -> ExchangeKey:
    return actions.attach(
        user=user,
        label=label,
        venue="binance",
        market=market,
        api_key=f"{user.username} {label}",
        secret="s",
        is_paper=is_paper,
    )


@pytest.fixture
def ada(client: Client, user: User) -> Client:
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return client


def fill_order(order: Order, quantity: str, price: str = "100") -> Order:
    done = fill(f"{order.pk}", quantity, price, side=order.side, executed_at=timezone.now())
    status = "filled" if Decimal(quantity) == order.quantity else "partially_filled"
    said = report(status, quantity, exchange_order_id=f"{order.pk}", quantity=order.quantity)
    return reconciler.apply_report(order.pk, said, source="test", now=timezone.now(), fills=[done])


def list_rows(client: Client, address: str) -> list[int]:
    page = client.get(address).content.decode().split("<template")[0]
    return [int(found) for found in re.findall(r'id="order-(\d+)"', page)]


@pytest.mark.parametrize("address", ["/", "/orders/", "/orders/new/", "/orders/1/", "/keys/"])
def test_a_stranger_is_asked_to_sign_in(client: Client, db: None, address: str) -> None:
    answer = client.get(address, follow=True)
    assert "/sign-in/?next=" in answer.redirect_chain[-1][0]


def test_the_page_knows_its_place_in_the_stream(ada: Client, key: ExchangeKey, user: User) -> None:
    record_order(key)
    page = ada.get("/orders/").content.decode()
    assert f'data-seq="{streams.fetch_head(user.pk).seq}"' in page


def test_nothing_inline(ada: Client, key: ExchangeKey) -> None:
    record_order(key)
    for address in (
        "/orders/",
        "/orders/new/",
        "/orders/cancel-all/",
        "/keys/",
        "/orders/?status=all",
    ):
        page = ada.get(address).content.decode()
        assert not re.search(r"\sstyle=|\son[a-z]+=|<style|javascript:", page)
        for script in re.findall(r"<script[^>]*>", page):
            assert "src=" in script or "application/json" in script


def test_filters(ada: Client, key: ExchangeKey, user: User) -> None:
    other_key = attach(user, "Second")
    buy = record_order(key)
    sell = record_order(other_key, symbol="ETH/USDT", side="sell")
    done = fill_order(record_order(key, quantity=Decimal(1)), "1")
    assert list_rows(ada, "/orders/") == [sell.pk, buy.pk, done.pk]
    assert list_rows(ada, "/orders/?status=open") == [sell.pk, buy.pk]
    assert list_rows(ada, "/orders/?status=filled") == [done.pk]
    assert list_rows(ada, "/orders/?status=all") == [done.pk, sell.pk, buy.pk]
    assert list_rows(ada, "/orders/?symbol=eth/usdt") == [sell.pk]
    assert list_rows(ada, "/orders/?side=buy&status=open") == [buy.pk]
    assert list_rows(ada, f"/orders/?key={other_key.pk}") == [sell.pk]
    assert list_rows(ada, f"/orders/?q={buy.client_order_id}") == [buy.pk]
    assert list_rows(ada, f"/orders/?status=all&before={done.pk}") == [sell.pk, buy.pk]


@pytest.mark.parametrize(
    "query",
    [
        "status=odd",
        "key=x",
        "key=99999999999999999999",
        "before=-1",
        "side=both",
        "order=x",
        "order=٣",
        "q=%00",
        "symbol=%00",
        "bot=0x1",
    ],
)
def test_what_an_address_cannot_mean_is_ignored(ada: Client, key: ExchangeKey, query: str) -> None:
    record_order(key)
    assert ada.get(f"/orders/?{query}").status_code == 200


def test_the_orders_of_another_do_not_exist(
    ada: Client, key: ExchangeKey, other_user: User
) -> None:
    theirs = record_order(attach(other_user))
    assert list_rows(ada, "/orders/?status=all") == []
    assert "timeline" not in ada.get(f"/orders/?order={theirs.pk}").context
    assert ada.get(f"/orders/{theirs.pk}/").status_code == 404
    assert ada.post(f"/orders/{theirs.pk}/cancel/").status_code == 404
    answer = ada.post("/orders/new/", NEW | {"key": theirs.key_id})
    assert answer.status_code == 422
    ada.post("/orders/cancel-all/")
    theirs.refresh_from_db()
    assert theirs.cancel_requested_at is None


def test_placing_without_scripts(ada: Client, key: ExchangeKey) -> None:
    answer = ada.post("/orders/new/", NEW | {"key": key.pk, "idempotency_key": "once"})
    order = Order.objects.get()
    assert answer.headers["Location"] == f"/orders/?order={order.pk}"
    assert (order.symbol, order.price) == ("BTC/USDT", 50000)
    ada.post("/orders/new/", NEW | {"key": key.pk, "idempotency_key": "once"})
    assert Order.objects.count() == 1


def test_a_market_order_has_no_price_whatever_the_field_says(ada: Client, key: ExchangeKey) -> None:
    ada.post("/orders/new/", NEW | {"key": key.pk, "type": "market", "time_in_force": "FOK"})
    order = Order.objects.get()
    assert (order.type, order.price, order.time_in_force) == ("market", None, "GTC")


def test_a_limit_order_is_placed_until_a_time(ada: Client, key: ExchangeKey) -> None:
    until = {"time_in_force": "GTD", "good_till": "2099-01-02T03:04"}
    ada.post("/orders/new/", NEW | {"key": key.pk} | until)
    order = Order.objects.get()
    assert (order.time_in_force, order.good_till) == ("GTD", datetime(2099, 1, 2, 3, 4, tzinfo=UTC))
    page = ada.post("/orders/new/", NEW | {"key": key.pk, "time_in_force": "GTD"}).content.decode()
    assert "Say until when it shall wait." in page


def test_a_market_order_is_placed_for_a_sum_of_money(ada: Client, key: ExchangeKey) -> None:
    sum_of_money = {"type": "market", "quantity": "", "quote_amount": "640.5"}
    ada.post("/orders/new/", NEW | {"key": key.pk} | sum_of_money)
    order = Order.objects.get()
    assert (order.quote_amount, order.quantity) == (Decimal("640.5"), 0)
    assert "market for 640.50" in ada.get("/orders/").content.decode()
    assert "640.50" in ada.get(f"/orders/{order.pk}/").content.decode()


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("quantity", "", "Give an amount, or for a market order what it shall spend."),
        ("price", "", "A limit order needs a price."),
        ("price", "a", "Write it as a number with a point: 0.01"),
        ("quantity", "0", "It must be more than 0."),
        ("quantity", "-1", "It must be more than 0."),
        ("quantity", "NaN", "Write it as a number with a point: 0.01"),
        ("symbol", "BTC", "Write both sides, as in BTC/USDT."),
    ],
)
def test_a_mistake_is_told_beside_its_field(
    ada: Client, key: ExchangeKey, field: str, value: str, words: str
) -> None:
    answer = ada.post("/orders/new/", NEW | {"key": key.pk, field: value})
    assert answer.status_code == 422
    assert answer.context["form"].errors[field] == [words]
    assert words in answer.content.decode()
    assert not Order.objects.exists()


def test_cancelling_without_scripts(ada: Client, key: ExchangeKey) -> None:
    order = record_order(key)
    answer = ada.post(f"/orders/{order.pk}/cancel/", follow=True)
    assert "Asked to cancel: buy 0.0100 BTC at 50,000.00 USDT." in answer.content.decode()
    order.refresh_from_db()
    assert order.ended_at or order.cancel_requested_at


def test_cancelling_all_is_asked_in_amounts(ada: Client, key: ExchangeKey) -> None:
    record_order(key)
    fill_order(record_order(key, quantity=Decimal("0.5")), "0.1")
    record_order(key, symbol="ETH/USDT", side="sell", quantity=Decimal(3))
    page = " ".join(ada.get("/orders/cancel-all/").content.decode().split())
    assert "3 open orders will be cancelled" in page
    assert "<strong>0.41</strong> BTC" in page
    assert "<strong>3</strong> ETH" in page
    ada.post("/orders/cancel-all/", {"symbol": "ETH/USDT"})
    assert Order.objects.filter(cancel_requested_at=None, ended_at=None).count() == 2


def test_simulated_and_real_money_are_never_added(ada: Client, user: User) -> None:
    for label, is_paper in (("Paper", True), ("Main", False)):
        fill_order(record_order(attach(user, label, is_paper=is_paper), quantity=Decimal(1)), "1")
    answer = ada.get("/orders/")
    real, simulated = answer.context["tallies"]
    assert (real.simulated, simulated.simulated) == (False, True)
    assert (real.filled, simulated.filled) == (1, 1)
    assert real.volume == simulated.volume == {"USDT": Decimal(100)}
    assert "SIMULATED" in answer.content.decode()


def test_the_timeline_tells_every_step(ada: Client, key: ExchangeKey) -> None:
    order = fill_order(record_order(key, quantity=Decimal(10)), "4")
    page = ada.get(f"/orders/{order.pk}/").content.decode()
    assert page.count("<li data-status=") == order.version
    assert "Partially filled" in page
    assert "asked for" in page


def test_an_order_has_a_page_of_its_own_and_a_sheet(ada: Client, key: ExchangeKey) -> None:
    order = fill_order(record_order(key, quantity=Decimal(10)), "4")
    page = ada.get(f"/orders/{order.pk}/")
    assert f"<title>Order {order.pk}, BTC/USDT" in page.content.decode()
    assert 'Fills <span class="count">1</span>' in page.content.decode()
    sheet = ada.get(f"/orders/{order.pk}/", headers={"X-Requested-With": "fetch"})
    assert sheet.content.decode().lstrip().startswith("<article")
    assert page.headers["Vary"] == sheet.headers["Vary"]
    done = ada.post(f"/orders/{order.pk}/cancel/")
    assert done.headers["Location"] == f"/orders/{order.pk}/"


def test_the_empty_page_teaches(ada: Client, user: User) -> None:
    assert "Connect an exchange first" in ada.get("/orders/").content.decode()
    key = attach(user)
    assert "No open orders" in ada.get("/orders/").content.decode()
    record_order(key)
    assert "Nothing matches" in ada.get("/orders/?symbol=XRP/USDT").content.decode()


def test_the_next_page_goes_on_where_this_one_ended(ada: Client, key: ExchangeKey) -> None:
    placed = [record_order(key).pk for _ in range(52)]
    first = list_rows(ada, "/orders/?status=all")
    assert len(first) == 50
    assert first + list_rows(ada, f"/orders/?status=all&before={first[-1]}") == placed[::-1]


STOP = NEW | {"side": "sell", "type": "stop_loss", "trigger_price": "40000", "price": ""}


def test_a_stop_loss_is_placed_by_the_form(ada: Client, key: ExchangeKey) -> None:
    answer = ada.post("/orders/new/", STOP | {"key": key.pk, "time_in_force": "IOC"}, follow=True)
    order = Order.objects.get()
    assert (order.type, order.trigger_price, order.price) == ("stop_loss", Decimal(40000), None)
    assert order.time_in_force == "GTC"  # without a price it has no patience to be told
    page = answer.content.decode()
    assert "stop loss" in page
    assert '<span data-cell="price_whole">40,000</span>' in page
    assert "Its owner" in page


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"trigger_price": ""}, "A stop loss needs a trigger price."),
        ({"type": "trailing_stop", "trailing_percent": "50"}, "Between 0.1 and 10 per cent."),
        ({"leverage": "5"}, "Only futures orders have this."),
        ({"reduce_only": "on"}, "Only futures orders have this."),
    ],
)
def test_what_does_not_fit_is_said_and_nothing_placed(
    ada: Client, user: User, key: ExchangeKey, change: dict[str, str], words: str
) -> None:
    attach(user, "Futures", market="futures")
    answer = ada.post("/orders/new/", STOP | {"key": key.pk} | change)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Order.objects.exists()


def test_an_external_order_is_labelled_filtered_and_left_alone(
    ada: Client, key: ExchangeKey
) -> None:
    mine = record_order(key)
    other = record_order(key, origin="external", client_order_id="web_1")
    assert list_rows(ada, "/orders/?origin=external") == [other.pk]
    assert list_rows(ada, "/orders/?origin=fillwatch") == [mine.pk]
    page = ada.get(f"/orders/{other.pk}/").content.decode()
    assert "at the exchange, not here" in page
    assert "Cancel this order</button>" not in page
    ada.post(f"/orders/{other.pk}/cancel/")
    ada.post("/orders/cancel-all/")
    assert Order.objects.get(pk=other.pk).cancel_requested_at is None
    assert Order.objects.get(pk=mine.pk).cancel_requested_at


def test_a_refusal_in_another_language_stands_beside_its_field(
    ada: Client, key: ExchangeKey
) -> None:
    User.objects.filter(pk=key.user_id).update(language="de")
    Symbol.objects.create(
        **{"venue": key.venue, "market": key.market, "is_paper": key.is_paper, "name": "ETH/USDT"},
        **{"base": "ETH", "quote": "USDT", "read_at": timezone.now(), "min_quantity": 1},
        **{"price_step": 1, "quantity_step": 1, "quote_step": 1, "min_cost": 5},
    )
    page = ada.post("/orders/new/", NEW | {"key": key.pk}).content.decode()
    assert "BTC/USDT wird an Binance nicht gehandelt." in html.unescape(page)
    assert not Order.objects.exists()
