"""The table of orders: sorted, with the columns a person wants, several cancelled, as a file."""

import csv
import io
from decimal import Decimal
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bots.pnl import fill_counter
from exchanges.models import ExchangeKey
from orders.models import Order
from orders.web.listing.symbols import list_symbols
from realtime import prices, redis
from tests.pages.conftest import Tab
from tests.pages.orders.test_markets import create_symbol, publish_prices
from tests.pages.orders.test_order_pages import ada, attach, fill_order, key, list_rows
from tests.trading import record_order
from users.models import User

__all__ = ["ada", "key"]
MOST_QUERIES = 20  # what is shared with a user is read once, not for each of them


def test_the_table_is_sorted_by_any_column_and_says_so(ada: Client, key: ExchangeKey) -> None:
    low = record_order(key, price=Decimal(100), quantity=Decimal(3))
    high = record_order(key, price=Decimal(200), quantity=Decimal(1), side="sell")
    none = record_order(key, price=None, type="market", quantity=Decimal(2))
    assert list_rows(ada, "/orders/?sort=price") == [low.pk, high.pk, none.pk]
    assert list_rows(ada, "/orders/?sort=-price") == [high.pk, low.pk, none.pk]
    assert list_rows(ada, "/orders/?sort=-value") == [low.pk, high.pk, none.pk]
    assert list_rows(ada, "/orders/?sort=quantity") == [high.pk, none.pk, low.pk]
    for name in (
        "time",
        "symbol",
        "side",
        "type",
        "filled",
        "average",
        "status",
        "checked",
        "from",
    ):
        assert len(list_rows(ada, f"/orders/?status=all&sort={name}")) == 3, name
    assert list_rows(ada, "/orders/?sort=password") == [none.pk, high.pk, low.pk]
    page = ada.get("/orders/?sort=price").content.decode()
    assert '<th class="price" scope="col" aria-sort="ascending">' in page
    assert '<a href="?sort=-price">Price</a>' in page
    assert page.count("aria-sort") == 1


def test_symbols_are_those_of_ones_own_orders(
    ada: Client, key: ExchangeKey, user: User, other_user: User
) -> None:
    assert list_symbols(user) == []
    for symbol in ("SOL/USDT", "BTC/USDT", "SOL/USDT", "ETH/BTC"):
        record_order(key, symbol=symbol)
    record_order(attach(other_user), symbol="ADA/USDT")
    assert list_symbols(user) == ["BTC/USDT", "ETH/BTC", "SOL/USDT"]
    assert list_symbols(other_user) == ["ADA/USDT"]


def test_more_rows_need_no_more_queries(ada: Client, key: ExchangeKey) -> None:
    ada.get("/orders/")
    numbers = []
    for _ in range(2):
        record_order(key)
        with CaptureQueriesContext(connection) as queries:
            ada.get("/orders/")
        numbers.append(len(queries))
    assert numbers[0] == numbers[1] <= MOST_QUERIES


def test_a_sorted_list_has_pages(ada: Client, key: ExchangeKey) -> None:
    placed = [record_order(key, price=Decimal(100 + n)).pk for n in range(52)]
    first = list_rows(ada, "/orders/?status=all&sort=price")
    rest = list_rows(ada, "/orders/?status=all&sort=price&page=2")
    assert first + rest == placed
    assert len(first) == 50
    assert list_rows(ada, "/orders/?status=all&sort=price&page=999999") == []


def test_each_person_has_columns_of_their_own(
    client: Client, ada: Client, key: ExchangeKey, user: User, other_user: User
) -> None:
    assert ada.get("/orders/").context["columns"] == ["time", "type", "distance", "checked", "from"]
    told = ada.post("/orders/columns/", {"column": ["value", "average", "evil"]})
    assert told.headers["Location"] == "/orders/"
    assert ada.get("/orders/").context["columns"] == ["average", "value"]
    ada.post("/orders/columns/", {"back": "/orders/?status=all"})
    assert ada.get("/orders/").context["columns"] == []
    away = ada.post("/orders/columns/", {"back": "//evil.example/orders/"})
    assert away.headers["Location"] == "/orders/"
    other_user.refresh_from_db()
    assert other_user.order_columns == ""


def test_values_and_distances_are_told(ada: Client, key: ExchangeKey) -> None:
    create_symbol("BTC", step="0.01")
    redis.redis_client().set(prices.FOLLOWED + "binance.spot.paper", "a process")
    record_order(key, price=Decimal(59000), quantity=Decimal("0.1"))
    ended = fill_order(record_order(key, quantity=Decimal(2)), "2", price="50000.25")
    publish_prices("binance.spot.paper:BTC/USDT", "60000", bid="59999", ask="60001")
    rows = ada.get("/orders/").context
    assert rows["rows"][0]["distance"] == "\N{MINUS SIGN}1.67 %"
    assert rows["rows"][0]["value_whole"] == "5,900"
    [recent] = rows["recent"]
    assert (recent["id"], recent["distance"]) == (ended.pk, "")
    assert (recent["value_whole"], recent["value_digits"]) == ("100,000", ".5")
    assert (recent["average_whole"], recent["average_digits"]) == ("50,000", ".25")


def close_with_profit(key: ExchangeKey) -> Order:
    """Record a bought coin and its sale at a higher price, both counted; return the sale."""
    fill_order(record_order(key, quantity=Decimal(1)), "1", price="1000")
    sale = fill_order(record_order(key, quantity=Decimal(1), side="sell"), "1", price="2234.5")
    while fill_counter.count_fills(key.pk):
        pass
    return sale


def test_what_an_order_closed_is_told_to_who_wants_it(
    ada: Client, key: ExchangeKey, other_user: User
) -> None:
    sale, theirs = close_with_profit(key), close_with_profit(attach(other_user))
    assert [row["profit"] for row in ada.get("/orders/").context["recent"]] == ["", ""]
    ada.post("/orders/columns/", {"column": ["profit"]})
    rows = ada.get("/orders/").context["recent"]
    assert [(row["id"] == sale.pk, row["profit"]) for row in rows] == [
        (True, "+1,234.50"),
        (False, ""),
    ]
    assert "+1,234.50 USDT" in ada.get(f"/orders/{sale.pk}/").content.decode()
    told = ada.get("/orders/profits/", {"id": [sale.pk, theirs.pk, rows[1]["id"], "x"]}).json()
    assert told == {"profits": {str(sale.pk): "+1,234.50"}, "waiting": []}
    profits = [row["closed_profit"] for row in read_file(ada, "/orders/csv/?status=filled")]
    assert profits == ["", "1234.5"]


@pytest.mark.browser
def test_the_profit_is_asked_for_when_its_column_is_chosen(tab: Tab, user: User) -> None:
    sale = close_with_profit(attach(user))
    page = tab(user)
    page.click("#column-choice summary")
    page.check("#column-choice [value=profit]")
    page.wait_for_selector(f"#order-{sale.pk} .profit:text-is('+1,234.50')")


def test_chosen_orders_are_cancelled_and_each_gets_an_answer(
    ada: Client, user: User, key: ExchangeKey, other_user: User
) -> None:
    mine = [record_order(key, quantity=Decimal("0.5")) for _ in range(2)]
    ended = fill_order(record_order(key, quantity=Decimal(1)), "1")
    outside = record_order(key, origin="external", client_order_id="web_1")
    theirs = record_order(attach(other_user))
    ids = [order.pk for order in (*mine, ended, outside, theirs)]
    asked = ada.get("/orders/cancel-chosen/", {"id": [*map(str, ids), "x"]}).content.decode()
    assert "2 orders will be cancelled" in asked
    assert "<strong>1</strong> BTC" in asked
    assert f"Order {ended.pk} is left. It had ended already." in asked
    assert f"Order {theirs.pk}" not in asked
    told = ada.post("/orders/cancel-chosen/", {"id": ids}, headers={"X-Requested-With": "fetch"})
    assert [order["id"] for order in told.json()["orders"]] == sorted(ids[:2], reverse=True)
    assert {row["id"] for row in told.json()["refused"]} == {ended.pk, outside.pk}
    assert Order.objects.get(pk=theirs.pk).cancel_requested_at is None
    assert Order.objects.get(pk=outside.pk).cancel_requested_at is None
    again = ada.post("/orders/cancel-chosen/", {"id": ids}, follow=True).content.decode()
    assert f"Order {mine[0].pk} was left. It had ended already." in again
    assert "There is" not in ada.get("/orders/cancel-chosen/").content.decode()


def read_file(client: Client, address: str) -> list[dict[str, Any]]:
    chunks: Any = client.get(address)

    async def read() -> list[str]:
        return [chunk.decode() async for chunk in chunks.streaming_content]

    return list(csv.DictReader(io.StringIO("".join(async_to_sync(read)()))))


def test_the_file_holds_what_the_filters_select(
    ada: Client, key: ExchangeKey, other_user: User
) -> None:
    mine = record_order(key, symbol="ETH/USDT", client_order_id="=1+1", price=Decimal("0.1"))
    record_order(key)
    record_order(attach(other_user), symbol="ETH/USDT")
    [row] = read_file(ada, "/orders/csv/?symbol=eth/usdt&status=open&sort=price")
    assert (row["id"], row["client_order_id"], row["price"]) == (str(mine.pk), "'=1+1", "0.1")
    assert len(read_file(ada, "/orders/csv/")) == 2
    assert "attachment" in ada.get("/orders/csv/").headers["Content-Disposition"]


@pytest.mark.parametrize("status", ["open", "filled", "refused", ""])
def test_each_list_is_found_by_its_status(ada: Client, key: ExchangeKey, status: str) -> None:
    record_order(key)
    assert len(read_file(ada, f"/orders/csv/?status={status}")) == (status in ("", "open"))
