"""Orders at the door: what is accepted, what is refused and in which words, and who sees what."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from celery import Celery, current_app
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import DjangoAssertNumQueries
from rest_framework.test import APIClient

from bots.models import Bot
from exchanges import symbols as symbols_of_venue
from exchanges.base import OrderReport
from exchanges.models import ExchangeKey
from orders import placement, reconciler, submission, task_queue
from orders.models import Order, OrderChange
from realtime import streams
from realtime.models import Event
from tests.orders.reports import report
from tests.trading import record_order
from users.models import User

WISH = {"symbol": "BTC/USDT", "side": "buy", "type": "limit", "price": "50000", "quantity": "0.01"}


@pytest.fixture
def api(user: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


@pytest.fixture
def foreign_key(other_user: User, open_key: Callable[[User], ExchangeKey]) -> ExchangeKey:
    return open_key(other_user)


@pytest.fixture
def symbols(key: ExchangeKey) -> None:
    assert symbols_of_venue.read_market(key)


def test_placing_answers_with_the_committed_intent(api: APIClient, key: ExchangeKey) -> None:
    answer = api.post("/api/v1/orders/", WISH | {"key": key.pk})
    assert answer.status_code == 201, answer.json()
    order = Order.objects.get()
    shown = answer.json()
    assert (shown["id"], shown["status"], shown["quantity"]) == (order.pk, "pending", "0.01")
    assert (shown["simulated"], shown["venue"]) == (True, "binance")
    assert streams.fetch_head(key.user.pk).seq == 2  # the key's event and the intent's


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"key": 999_999}, "key", "There is no such key."),
        ({"key": "x"}, "key", "Send its id, a whole number."),
        ({"symbol": "NO/SUCH"}, "symbol", "NO/SUCH is not traded at Binance."),
        ({"symbol": ""}, "symbol", "This field may not be blank."),
        ({"price": "50000.001"}, "price", "BTC/USDT is priced in steps of 0.01 USDT."),
        ({"quantity": "0.000001"}, "quantity", "BTC/USDT is traded in steps of 0.00001 BTC."),
        ({"quantity": "0.00005"}, "quantity", "This order is worth 2.5 USDT; the least is 5 USDT."),
        ({"quantity": "0"}, "quantity", "This must be more than zero."),
        ({"quantity": "-1"}, "quantity", "This must be more than zero."),
        ({"quantity": 0.01}, "quantity", 'Send amounts as strings, such as "0.01".'),
        ({"quantity": "NaN"}, "quantity", "A valid number is required."),
        ({"quantity": "1e30"}, "quantity", None),
        ({"quantity": None}, "quantity", None),
        ({"type": "market", "price": None, "quote_amount": "9"}, "quote_amount", None),
        ({"quantity": None, "quote_amount": "9"}, "quote_amount", None),
        (
            {"type": "market", "price": None, "quantity": None, "quote_amount": 9.5},
            "quote_amount",
            None,
        ),
        ({"time_in_force": "GTD"}, "good_till", "Say until when it shall wait."),
        ({"good_till": "2099-01-01T00:00:00Z"}, "good_till", None),
        ({"time_in_force": "GTD", "good_till": "2020-01-01T00:00:00Z"}, "good_till", None),
        ({"time_in_force": "GTD", "good_till": "tomorrow"}, "good_till", None),
        (
            {"type": "stop_loss", "trigger_price": "50100", "time_in_force": "GTD"},
            "time_in_force",
            "Only a limit order waits until a time.",
        ),
        ({"price": None}, "price", "A limit order needs a price."),
        ({"type": "market"}, "price", "A market order has no price."),
        (
            {"type": "market", "price": None, "time_in_force": "IOC"},
            "time_in_force",
            "A market order is always carried out at once.",
        ),
        ({"side": "BUY"}, "side", '"BUY" is not a valid choice.'),
        ({"bot": 12345}, "bot", "There is no such bot."),
    ],
)
def test_bad_wishes_are_refused_by_field_and_nothing_is_written(
    api: APIClient,
    key: ExchangeKey,
    symbols: None,
    change: dict[str, Any],
    field: str,
    words: str | None,
) -> None:
    answer = api.post("/api/v1/orders/", WISH | {"key": key.pk} | change)
    assert answer.status_code == 400, answer.json()
    assert list(answer.json()) == [field]
    assert words is None or answer.json()[field] == [words]
    assert not Order.objects.exists()


def test_a_foreign_key_or_bot_does_not_exist_for_others(
    api: APIClient, key: ExchangeKey, foreign_key: ExchangeKey
) -> None:
    bot = Bot.objects.create(
        user=foreign_key.user, key=foreign_key, name="theirs", symbol="BTC/USDT"
    )
    for change, field in [({"key": foreign_key.pk}, "key"), ({"bot": bot.pk}, "bot")]:
        answer = api.post("/api/v1/orders/", WISH | {"key": key.pk} | change)
        assert (answer.status_code, list(answer.json())) == (400, [field])
    assert not Order.objects.exists()


def test_a_switched_off_key_is_refused(api: APIClient, key: ExchangeKey) -> None:
    ExchangeKey.objects.update(is_active=False)
    answer = api.post("/api/v1/orders/", WISH | {"key": key.pk})
    assert (answer.status_code, answer.json()) == (
        400,
        {"key": ["The key “Paper” is switched off."]},
    )


def test_malformed_json_is_said_so(api: APIClient) -> None:
    answer = api.post("/api/v1/orders/", "{nonsense", content_type="application/json")
    assert answer.status_code == 400
    assert "JSON parse error" in answer.json()["detail"]


def test_the_same_idempotency_key_places_one_order(api: APIClient, key: ExchangeKey) -> None:
    wish = WISH | {"key": key.pk}
    first = api.post("/api/v1/orders/", wish, headers={"Idempotency-Key": "once"})
    again = api.post("/api/v1/orders/", wish, headers={"Idempotency-Key": "once"})
    other = api.post(
        "/api/v1/orders/", wish | {"price": "51000"}, headers={"Idempotency-Key": "once"}
    )
    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 409)
    assert first.json()["id"] == again.json()["id"]
    assert Order.objects.count() == 1


@pytest.mark.parametrize(
    "said",
    [
        report("new", price=Decimal(51000), quantity=Decimal("0.02")),
        report("filled", "0.009", quantity=Decimal("0.01"), price=Decimal(50000)),
    ],
    ids=["changed since", "cut by its venue"],
)
def test_an_idempotency_key_finds_an_order_that_became_another(
    api: APIClient, key: ExchangeKey, said: OrderReport
) -> None:
    wish = WISH | {"key": key.pk}
    first = api.post("/api/v1/orders/", wish, headers={"Idempotency-Key": "once"}).json()
    reconciler.apply_report(first["id"], said, source="poll", now=timezone.now())
    assert Order.objects.get().quantity != Decimal(wish["quantity"])
    again = api.post("/api/v1/orders/", wish, headers={"Idempotency-Key": "once"})
    assert (again.status_code, again.json()["id"]) == (200, first["id"])


def test_a_bots_name_for_its_order_is_nobody_elses(api: APIClient, key: ExchangeKey) -> None:
    name = "bot 7 run 1 entry 1"
    answer = api.post("/api/v1/orders/", WISH | {"key": key.pk}, headers={"Idempotency-Key": name})
    assert (answer.status_code, "is for bots" in str(answer.json())) == (400, True)
    assert not Order.objects.exists()


def test_a_wish_is_taken_while_the_queue_is_away(
    api: APIClient, key: ExchangeKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = Celery(broker="redis://127.0.0.1:1/0", set_as_current=False)
    away.conf.broker_transport_options = current_app.conf.broker_transport_options
    monkeypatch.setattr(task_queue, "current_app", away)
    answer = api.post("/api/v1/orders/", WISH | {"key": key.pk})
    assert (answer.status_code, Order.objects.get().status) == (201, "pending")


def test_idempotency_keys_of_two_users_do_not_meet(
    api: APIClient, key: ExchangeKey, foreign_key: ExchangeKey
) -> None:
    other = APIClient()
    other.force_authenticate(foreign_key.user)
    for client, its in ((api, key), (other, foreign_key)):
        answer = client.post(
            "/api/v1/orders/", WISH | {"key": its.pk}, headers={"Idempotency-Key": "same"}
        )
        assert answer.status_code == 201


def test_the_list_is_mine_newest_first_twenty_at_a_time(
    api: APIClient, key: ExchangeKey, foreign_key: ExchangeKey
) -> None:
    mine = [record_order(key).pk for _ in range(25)]
    record_order(foreign_key)
    first = api.get("/api/v1/orders/").json()
    second = api.get(first["next"]).json()
    assert [row["id"] for row in first["results"] + second["results"]] == mine[::-1]
    assert len(first["results"]) == 20


def test_the_list_costs_the_same_however_long(
    api: APIClient, key: ExchangeKey, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    bot = Bot.objects.create(user=key.user, key=key, name="b", symbol="BTC/USDT")
    for _ in range(3):
        record_order(key, bot=bot)
    with django_assert_num_queries(2):  # what others share, and the orders
        assert len(api.get("/api/v1/orders/").json()["results"]) == 3
    for _ in range(30):
        record_order(key, bot=bot)
    with django_assert_num_queries(2):
        assert len(api.get("/api/v1/orders/?limit=100").json()["results"]) == 33


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("status=open", 2),
        ("status=canceled", 1),
        ("status=open&status=canceled", 3),
        ("symbol=ETH/USDT", 1),
        ("symbol=eth/usdt", 1),
        ("side=sell", 1),
        ("side=buy&status=open", 1),
        ("key=999999", 0),
        ("created_before=2020-01-01T00:00:00Z", 0),
        ("created_after=2020-01-01T00:00:00Z", 3),
    ],
)
def test_filters(api: APIClient, key: ExchangeKey, query: str, found: int) -> None:
    record_order(key)
    record_order(key, symbol="ETH/USDT", side="sell")
    ended = record_order(key)
    reconciler.request_cancel(ended.pk, by="ada", now=timezone.now())
    assert len(api.get(f"/api/v1/orders/?{query}").json()["results"]) == found


@pytest.mark.parametrize("query", ["status=nonsense", "key=x", "created_after=yesterday"])
def test_a_filter_without_sense_is_refused(api: APIClient, query: str) -> None:
    answer = api.get(f"/api/v1/orders/?{query}")
    assert (answer.status_code, list(answer.json())) == (400, [query.split("=")[0]])


@pytest.mark.parametrize("path", ["", "cancel/", "history/"])
def test_someone_elses_order_is_not_there(
    api: APIClient, foreign_key: ExchangeKey, path: str
) -> None:
    order = record_order(foreign_key)
    ask = api.post if path == "cancel/" else api.get
    assert ask(f"/api/v1/orders/{order.pk}/{path}").status_code == 404
    assert OrderChange.objects.filter(order=order).count() == 1


def test_cancel_is_a_wish_and_an_event(api: APIClient, key: ExchangeKey) -> None:
    order = record_order(key)
    submission.submit_order(order.pk)
    answer = api.post(f"/api/v1/orders/{order.pk}/cancel/")
    assert (answer.status_code, answer.json()["cancel_requested"]) == (202, True)
    assert answer.json()["status"] == "new"
    again = api.post(f"/api/v1/orders/{order.pk}/cancel/")
    assert again.status_code == 202
    assert Event.objects.filter(user=key.user, type="order_update").count() == 3


def test_what_has_ended_cannot_be_cancelled(api: APIClient, key: ExchangeKey) -> None:
    order = record_order(key)
    reconciler.request_cancel(order.pk, by="ada", now=timezone.now())
    answer = api.post(f"/api/v1/orders/{order.pk}/cancel/")
    assert answer.status_code == 409
    assert "already ended" in answer.json()["detail"]


DONE = {"requested": 1, "left": 0, "bots": []}


def test_cancel_all_leaves_other_users_alone(
    api: APIClient, key: ExchangeKey, foreign_key: ExchangeKey
) -> None:
    record_order(key), record_order(key, symbol="ETH/USDT"), record_order(foreign_key)
    assert api.post("/api/v1/orders/cancel-all/", {"symbol": "ETH/USDT"}).json() == DONE
    assert api.post("/api/v1/orders/cancel-all/").json() == DONE
    assert Order.objects.get(user=foreign_key.user).status == "pending"


def test_cancel_all_says_what_it_left_and_goes_on_there(
    api: APIClient, client: Client, key: ExchangeKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(placement, "MAX_CANCELS", 1)
    for _ in range(3):
        record_order(key)
    Order.objects.update(status="new", submitted_at=timezone.now())  # so the venue must be asked
    client.force_login(key.user)
    page = client.post("/orders/cancel-all/", follow=True).content.decode()
    assert "Still open: 2. Cancel all once more." in page
    answers = [api.post("/api/v1/orders/cancel-all/").json() for _ in range(2)]
    assert [answer["left"] for answer in answers] == [1, 0]
    assert not Order.objects.filter(cancel_requested_at=None).exists()


def test_history_says_who_and_why(api: APIClient, key: ExchangeKey) -> None:
    order = record_order(key)
    submission.submit_order(order.pk)
    reconciler.request_cancel(order.pk, by="ada", now=timezone.now())
    submission.cancel_at_venue(order.pk)
    steps = api.get(f"/api/v1/orders/{order.pk}/history/").json()
    assert [(step["version"], step["status"], step["source"], step["words"]) for step in steps] == [
        (1, "pending", "user", "asked for"),
        (2, "new", "submit", "accepted by the venue"),
        (3, "new", "user", "cancel asked for by ada"),
        (4, "canceled", "cancel", "canceled at the venue (CANCELED)"),
    ]


def test_fills_are_mine(api: APIClient, key: ExchangeKey, foreign_key: ExchangeKey) -> None:
    for its in (key, foreign_key):
        submission.submit_order(record_order(its, price=Decimal("65000")).pk)
    rows = api.get("/api/v1/fills/?symbol=btc/usdt").json()["results"]
    assert {row["key"] for row in rows} == {key.pk}
    assert all(isinstance(row["price"], str) for row in rows)


def test_the_snapshot_belongs_to_its_position(api: APIClient, key: ExchangeKey) -> None:
    order = record_order(key)
    shown = api.get("/api/v1/snapshot/").json()
    position = streams.fetch_head(key.user.pk)
    assert shown["stream"] == {"epoch": position.epoch, "seq": position.seq}
    assert [row["id"] for row in shown["orders"]] == [order.pk]
    assert [row["id"] for row in shown["keys"]] == [key.pk]


@pytest.mark.parametrize("path", ["orders/", "fills/", "snapshot/", "orders/1/history/"])
def test_nobody_comes_in_without_signing_in(db: None, path: str) -> None:
    assert APIClient().get(f"/api/v1/{path}").status_code == 401
