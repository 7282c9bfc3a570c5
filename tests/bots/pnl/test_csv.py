"""Exports: every row and digit of one's own, a page at a time, and safe in a spreadsheet."""

import asyncio
import csv
import re
import sys
from collections.abc import Callable
from datetime import timedelta
from decimal import Context, Decimal
from typing import Any
from urllib.parse import urlencode

import pytest
from asgiref.sync import async_to_sync
from django.core.handlers.asgi import ASGIHandler
from django.db import connection
from django.test import AsyncClient
from django.test.utils import CaptureQueriesContext
from rest_framework_simplejwt.tokens import AccessToken

from bots.models import Bot, ClosedTrade, PnlBook, PnlDay
from bots.pnl import csv_api, csv_stream, csv_tables
from bots.pnl.csv_stream import PAGE, Table
from bots.pnl.csv_tables import RowFilters
from exchanges.models import ExchangeKey
from orders.models import Fill, Order
from tests.bots.portfolio.holdings import create_key
from tests.orders.reports import NOON
from users.models import User

MANY = 30_000
FILL = """
INSERT INTO orders_fill (order_id, user_id, key_id, symbol, trade_id, side, price, quantity, fee,
    fee_currency, executed_at, recorded_at, is_counted)
SELECT %s, %s, %s, 'BTC/USDT', number::text, 'buy', 50000 + number, 0.001, 0.05, 'USDT',
    %s::timestamptz + number * interval '1 second', now(), true
FROM generate_series(1, %s) AS number
"""
Ask = Callable[..., list[dict[str, str]]]


@pytest.fixture
def key(user: User) -> ExchangeKey:
    return create_key(user, paper=True)


def order_of(key: ExchangeKey, **changes: Any) -> Order:
    wanted: dict[str, Any] = {
        "symbol": "BTC/USDT",
        "side": "buy",
        "type": "limit",
        "quantity": 1,
        "price": 50000,
        "created_at": NOON,
    }
    name = f"fw-{Order.objects.count()}"
    return Order.objects.create(user=key.user, key=key, client_order_id=name, **wanted | changes)


def fill_of(order: Order, **changes: Any) -> Fill:
    wanted: dict[str, Any] = {
        "trade_id": f"t{Fill.objects.count()}",
        "price": 50000,
        "quantity": Decimal("0.5"),
        "executed_at": NOON,
    }
    return Fill.objects.create(
        order=order,
        user=order.user,
        key=order.key,
        symbol=order.symbol,
        side=order.side,
        **wanted | changes,
    )


def fill_many(order: Order, number: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(FILL, [order.pk, order.user_id, order.key_id, NOON, number])


async def answer(user: User, name: str, **asked: Any) -> Any:
    headers = {"authorization": f"Bearer {AccessToken.for_user(user)}"}
    path = f"/api/v1/export/{name}.csv?{urlencode(asked)}"
    return await AsyncClient().get(path, headers=headers)


@pytest.fixture
def ask(user: User) -> Ask:
    """The rows of an export: ask("fills", key=1)."""

    async def read(name: str, owner: User, asked: dict[str, Any]) -> list[dict[str, str]]:
        response = await answer(owner, name, **asked)
        assert response.status_code == 200, response.content
        chunks = [chunk.decode() async for chunk in response.streaming_content]
        return list(csv.DictReader("".join(chunks).splitlines()))

    def ask_(name: str, owner: User = user, **asked: Any) -> list[dict[str, str]]:
        return async_to_sync(read)(name, owner, asked)

    return ask_


def test_a_fill_with_every_digit(ask: Ask, key: ExchangeKey) -> None:
    order = order_of(key)
    fill = fill_of(
        order,
        price=Decimal("0.000000000000000003"),
        quantity=Decimal("1234567.1"),
        fee=Decimal("-0.5"),
        fee_currency="BNB",
        is_maker=True,
    )
    assert ask("fills") == [
        {
            "id": str(fill.pk),
            "executed_at": "2026-03-01T12:00:00.000000Z",
            "order": str(order.pk),
            "key": str(key.pk),
            "key_label": key.label,
            "venue": "binance",
            "market": "spot",
            "simulated": "true",
            "bot": "",
            "bot_name": "",
            "symbol": "BTC/USDT",
            "side": "buy",
            "price": "0.000000000000000003",
            "quantity": "1234567.1",
            "cost": "0.0000000000037037013",
            "fee": "-0.5",
            "fee_currency": "BNB",
            "is_maker": "true",
            "trade_id": "t0",
        }
    ]


def test_a_product_with_every_digit(ask: Ask, key: ExchangeKey) -> None:
    longest = Decimal("12345678901234567890.123456789012345678")
    fill_of(order_of(key), price=longest, quantity=longest)
    assert Decimal(ask("fills")[0]["cost"]) == Context(prec=100).multiply(longest, longest)


def test_an_order(ask: Ask, key: ExchangeKey) -> None:
    bot = Bot.objects.create(user=key.user, key=key, name="grid", symbol="BTC/USDT")
    order_of(key, bot=bot, fees={"USDT": "0.5", "BNB": "0.001"}, price=None, type="market")
    (row,) = ask("orders")
    assert list(row) == list(csv_tables.ORDERS.columns)
    assert (row["bot"], row["bot_name"], row["price"]) == (str(bot.pk), "grid", "")
    assert (row["fees"], row["status"]) == ("BNB 0.001; USDT 0.5", "pending")


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_text_becomes_a_formula(ask: Ask, key: ExchangeKey, name: str) -> None:
    ExchangeKey.objects.filter(pk=key.pk).update(label=name)
    order_of(key, ended_reason=name)
    (row,) = ask("orders")
    assert row["key_label"].startswith("'")
    assert row["ended_reason"].startswith("'")


def test_any_text_can_be_read_back(ask: Ask, key: ExchangeKey) -> None:
    words = 'Größe, "zu klein"; 数量'
    order_of(key, ended_reason=words)
    assert ask("orders")[0]["ended_reason"] == words


def book_of(key: ExchangeKey, bot: Bot | None = None, symbol: str = "BTC/USDT") -> PnlBook:
    book = PnlBook.objects.create(user=key.user, key=key, bot=bot, symbol=symbol, quote="USDT")
    for number in range(3):
        at = NOON + timedelta(days=number)
        ClosedTrade.objects.create(
            book=book,
            began_at=at,
            ended_at=at,
            turnover=100,
            gross=number - 5,
            fees=Decimal("0.1"),
            parts=2,
        )
        PnlDay.objects.create(
            book=book, on=at.date(), gross=number - 5, fees=Decimal("0.1"), fills=2
        )
    return book


def test_pnl_by_closed_trade(ask: Ask, key: ExchangeKey) -> None:
    book_of(key)
    rows = ask("pnl")
    assert [row["net"] for row in rows] == ["-5.1", "-4.1", "-3.1"]
    assert {(row["currency"], row["simulated"]) for row in rows} == {("USDT", "true")}


def test_pnl_by_day(ask: Ask, key: ExchangeKey) -> None:
    book_of(key)
    rows = ask("pnl", by="day", since="2026-03-02T23:00:00Z", until="2026-03-03T00:00:00Z")
    assert [(row["on"], row["net"]) for row in rows] == [("2026-03-02", "-4.1")]


def test_no_rows_before_the_first_day(ask: Ask, key: ExchangeKey) -> None:
    book_of(key)
    assert ask("pnl", by="day", until="0001-01-01T00:00:00Z") == []


def test_days_of_a_book_that_is_counted_again_are_provisional(ask: Ask, key: ExchangeKey) -> None:
    PnlBook.objects.filter(pk=book_of(key).pk).update(is_behind=True)
    assert {row["provisional"] for row in ask("pnl", by="day")} == {"true"}


def test_a_bots_pnl_is_not_exported_twice(ask: Ask, key: ExchangeKey) -> None:
    bot = Bot.objects.create(user=key.user, key=key, name="grid", symbol="BTC/USDT")
    book_of(key)
    book_of(key, bot)
    assert [row["bot_name"] for row in ask("pnl")] == ["", "", ""]
    assert [row["bot_name"] for row in ask("pnl", bot=bot.pk)] == ["grid", "grid", "grid"]


@pytest.mark.parametrize(
    ("asked", "times"),
    [({}, [0, 1, 2]), ({"since": 1}, [1, 2]), ({"until": 1}, [0]), ({"since": 1, "until": 2}, [1])],
    ids=str,
)
@pytest.mark.parametrize("name", ["orders", "fills", "pnl"])
def test_rows_between_two_times(
    ask: Ask, key: ExchangeKey, name: str, asked: dict[str, int], times: list[int]
) -> None:
    days = [NOON + timedelta(days=number) for number in range(3)]
    for at in days:
        fill_of(order_of(key, created_at=at), executed_at=at)
    book_of(key)
    rows = ask(name, **{word: days[number].isoformat() for word, number in asked.items()})
    field = {"orders": "created_at", "fills": "executed_at", "pnl": "ended_at"}[name]
    assert [row[field][:10] for row in rows] == [f"{days[one].date()}" for one in times]


@pytest.mark.parametrize("name", ["orders", "fills", "pnl"])
def test_filters_by_key_bot_and_symbol(ask: Ask, key: ExchangeKey, name: str) -> None:
    other = create_key(key.user, "okx")
    for one in (key, other):
        bot = Bot.objects.create(user=key.user, key=one, name=one.label, symbol="ETH/USDT")
        for symbol in ("BTC/USDT", "ETH/USDT"):
            fill_of(order_of(one, symbol=symbol, bot=bot))
            book_of(one, symbol=symbol)
            book_of(one, bot, symbol)
    for asked in ({"key": other.pk}, {"key": other.pk, "symbol": "eth/usdt"}, {"bot": bot.pk}):
        rows = ask(name, **asked)
        assert {row["key"] for row in rows} == {str(other.pk)}
    assert {row["symbol"] for row in ask(name, symbol="eth/usdt")} == {"ETH/USDT"}
    assert {row["bot"] for row in ask(name, bot=bot.pk)} == {str(bot.pk)}


@pytest.mark.parametrize("name", ["orders", "fills", "pnl"])
def test_other_users_rows_are_not_exported(
    ask: Ask, key: ExchangeKey, other_user: User, name: str
) -> None:
    fill_of(order_of(key))
    book_of(key)
    assert ask(name, other_user) == ask(name, other_user, key=key.pk) == []
    assert len(ask(name)) >= 1


@pytest.mark.parametrize(
    "asked",
    [{"key": "x"}, {"since": "soon"}, {"by": "week"}, {"sinse": "2026"}, {"bot": 2**70}],
    ids=str,
)
def test_invalid_filters_are_refused(user: User, asked: dict[str, Any]) -> None:
    refused = async_to_sync(answer)(user, "pnl", **asked)
    assert refused.status_code == 400
    assert refused.json().keys() == asked.keys()


def test_a_file_that_no_proxy_stores(user: User) -> None:
    found = async_to_sync(answer)(user, "fills")
    assert found["Content-Type"] == "text/csv; charset=utf-8"
    assert found["Content-Disposition"].startswith('attachment; filename="fillwatch-fills-20')
    assert found["Cache-Control"] == "no-store"


def test_requests_for_csv_only_and_sessions_of_pages_are_accepted(user: User) -> None:
    client = AsyncClient()
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    path, headers = "/api/v1/export/fills.csv", {"accept": "text/csv"}
    assert async_to_sync(client.get)(path, headers=headers).status_code == 200
    assert async_to_sync(AsyncClient().get)(path, headers=headers).status_code == 401


@pytest.mark.parametrize(
    ("view", "words", "table"),
    [
        (csv_api.export_orders, "Columns:", csv_tables.ORDERS),
        (csv_api.export_fills, "Columns:", csv_tables.FILLS),
        (csv_api.export_pnl, "Columns of closed trades:", csv_tables.CLOSED_TRADES),
        (csv_api.export_pnl, "Columns of days:", csv_tables.DAYS),
    ],
    ids=["orders", "fills", "trades", "days"],
)
def test_columns_are_documented_in_their_order(view: Any, words: str, table: Table) -> None:
    documented = view.__doc__.partition(words)[2]
    named = re.sub(r"\(.*?\)", "", documented.partition(".\n")[0], flags=re.DOTALL)
    assert re.findall(r"\w+", named) == list(table.columns)


# However many there are


def read(user: User) -> Any:
    return csv_stream.write_lines(csv_tables.FILLS, csv_tables.select_fills(user.pk, RowFilters()))


def test_pages_lose_and_repeat_nothing_where_times_are_equal(key: ExchangeKey) -> None:
    fill_many(order_of(key), 2 * PAGE + 1)
    Fill.objects.update(executed_at=NOON)
    rows = "".join(read(key.user)).splitlines()[1:]
    assert len({row.partition(",")[0] for row in rows}) == len(rows) == 2 * PAGE + 1


def test_the_first_rows_are_sent_before_the_last_are_read(key: ExchangeKey) -> None:
    fill_many(order_of(key), 3 * PAGE)
    with CaptureQueriesContext(connection) as asked:
        chunks = read(key.user)
        assert next(chunks).startswith("id,executed_at,")
        assert len(asked) == 0
        assert next(chunks).count("\r\n") == PAGE
        assert len(asked) == 1
        assert [chunk.count("\r\n") for chunk in chunks] == [PAGE, PAGE]
    assert len(asked) == 4


def test_sent_rows_are_not_kept_in_memory(key: ExchangeKey) -> None:
    """Objects in memory after two pages of thirty, and before the last: a row has some twenty."""
    fill_many(order_of(key), MANY)
    held = [sys.getallocatedblocks() for _ in read(key.user)]
    assert len(held) == 1 + MANY / PAGE
    assert max(held[2:]) - held[2] < 5 * PAGE


def test_a_client_that_leaves_ends_the_reading(
    transactional_db: None, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Through the whole of Django, whose connection is given back as in the web process."""
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", 0)
    fill_many(order_of(create_key(user)), MANY)
    token = f"Bearer {AccessToken.for_user(user)}".encode()
    scope: Any = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "path": "/api/v1/export/fills.csv",
        "query_string": b"",
        "client": ("127.0.0.1", 1),
        "headers": [(b"host", b"localhost"), (b"authorization", token)],
    }
    assert asyncio.run(chunks_until_it_went(scope, after=2)) < MANY / PAGE / 2


async def chunks_until_it_went(scope: Any, *, after: int) -> int:
    """How many chunks are sent to a client that reads so many and goes away."""
    asked, sent, gone = [{"type": "http.request"}], list[Any](), asyncio.Event()

    async def receive() -> Any:
        if asked:
            return asked.pop()
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)
        if len(sent) > after:
            gone.set()
            await asyncio.sleep(0)

    await asyncio.wait_for(ASGIHandler()(scope, receive, send), 30)
    assert sent[0]["status"] == 200
    return len(sent) - 1
