"""Bots at the door: what is asked for is carried out or refused in words, for their owner alone."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from bots.models import Bot, LogEntry, Mode
from tests.bots.desk import PRICES, Desk
from users.models import User

Desked = tuple[APIClient, Desk]


@pytest.fixture
def api(desk: Desk) -> APIClient:
    client = APIClient()
    client.force_authenticate(desk.key.user)
    return client


@pytest.fixture
def other_api(other_user: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(other_user)
    return client


def bot_body(desk: Desk, **more: Any) -> dict[str, Any]:
    return {
        "key": desk.key.pk,
        "name": "one",
        "symbol": "BTC/USDT",
        "strategy": "scalper",
        "settings": PRICES,
    } | more


def create_bot(api: APIClient, desk: Desk, **more: Any) -> int:
    answer = api.post("/api/v1/bots/", bot_body(desk, **more))
    assert answer.status_code == 201, answer.json()
    return int(answer.json()["id"])


def test_a_bot_from_creation_to_deletion(api: APIClient, desk: Desk) -> None:
    pk = create_bot(api, desk)
    assert api.post(f"/api/v1/bots/{pk}/start/").json()["mode"] == "running"
    bot = desk.settle(Bot.objects.get())
    assert len(desk.there()) == 1
    stopping = api.post(f"/api/v1/bots/{pk}/toggle/")
    assert (stopping.status_code, stopping.json()["mode"]) == (202, "stopping")
    desk.settle(bot)
    assert api.get(f"/api/v1/bots/{pk}/").json()["mode"] == "stopped"
    assert api.delete(f"/api/v1/bots/{pk}/").status_code == 202
    desk.settle_all()
    assert api.get(f"/api/v1/bots/{pk}/").status_code == 404


def test_the_limits_are_shown(api: APIClient, desk: Desk) -> None:
    pk = create_bot(api, desk, budget="500.50", daily_loss="20", high_value="100")
    statuses = api.get(f"/api/v1/bots/{pk}/").json()
    names = (
        "check_seconds",
        "budget",
        "most_orders",
        "most_held",
        "daily_loss",
        "high_value",
        "then",
    )
    assert [statuses[name] for name in names] == [5, "500.5", 100, None, "20", "100", ""]
    api.post(f"/api/v1/bots/{pk}/start/")
    assert api.delete(f"/api/v1/bots/{pk}/").json()["then"] == "delete"


def test_settings_that_make_no_sense_are_named(api: APIClient, desk: Desk) -> None:
    answer = api.post("/api/v1/bots/", bot_body(desk, settings=PRICES | {"sell_price": "1"}))
    assert answer.status_code == 400
    assert list(answer.json()) == ["sell_price"]
    assert not Bot.objects.exists()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"strategy": "magic"}, "strategy"),
        ({"settings": []}, "settings"),
        ({"budget": 1.5}, "budget"),
        ({"budget": "-1"}, "budget"),
        ({"check_seconds": 0}, "check_seconds"),
        ({"most_orders": 0}, "most_orders"),
        ({"symbol": "NO/SUCH"}, "symbol"),
        ({"mode": "running"}, "mode"),
        ({"key": 999_999}, "key"),
    ],
)
def test_invalid_values_are_refused(
    api: APIClient, desk: Desk, change: dict[str, Any], field: str
) -> None:
    answer = api.post("/api/v1/bots/", bot_body(desk, **change))
    assert (answer.status_code, list(answer.json())) == (400, [field])
    assert not Bot.objects.exists()


def test_a_name_is_unique(api: APIClient, desk: Desk) -> None:
    create_bot(api, desk)
    assert api.post("/api/v1/bots/", bot_body(desk, name="ONE")).json() == {
        "name": ["You have a bot of this name already."]
    }


def test_other_settings_for_a_bot_at_rest(api: APIClient, desk: Desk) -> None:
    pk = create_bot(api, desk)
    answer = api.patch(f"/api/v1/bots/{pk}/", {"settings": PRICES | {"quantity": "0.02"}})
    assert (answer.status_code, answer.json()["settings"]["quantity"]) == (200, "0.02")
    wrong = api.patch(f"/api/v1/bots/{pk}/", {"settings": {}})
    assert wrong.status_code == 400
    assert Bot.objects.get().settings["quantity"] == "0.02"


def test_a_command_for_many_bots(api: APIClient, desk: Desk) -> None:
    ids = [create_bot(api, desk, name=str(number)) for number in range(3)]
    answer = api.post("/api/v1/bots/bulk/", {"ids": [*ids, 999_999], "action": "start"})
    assert answer.status_code == 202
    assert answer.json() == {"done": ids, "refused": {"999999": "There is no such bot."}}
    assert set(Bot.objects.values_list("mode", flat=True)) == {Mode.RUNNING}


def test_new_limits_for_many_bots(api: APIClient, desk: Desk) -> None:
    ids = [create_bot(api, desk, name=str(number)) for number in range(3)]
    Bot.objects.filter(pk=ids[1]).update(symbol="NO/SUCH")
    change = {"ids": ids, "action": "change", "changes": {"budget": "600", "most_orders": 3}}
    answer = api.post("/api/v1/bots/bulk/", change)
    assert answer.json() == {
        "done": [ids[0], ids[2]],
        "refused": {str(ids[1]): "NO/SUCH is not traded at Binance."},
    }
    statuses = Bot.objects.order_by("pk").values_list("budget", "most_orders", "check_seconds")
    assert list(statuses) == [(600, 3, 5), (None, 100, 5), (600, 3, 5)]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"action": "change"}, "changes"),
        ({"action": "stop", "changes": {"budget": "1"}}, "changes"),
        ({"action": "change", "changes": {"budget": "-1"}}, "changes"),
        ({"action": "change", "changes": {"mode": "running"}}, "changes"),
        ({"action": "burn"}, "action"),
        ({"action": "stop", "ids": []}, "ids"),
        ({"action": "stop", "ids": list(range(1, 202))}, "ids"),
    ],
)
def test_invalid_bulk_requests_are_refused(
    api: APIClient, desk: Desk, changes: dict[str, Any], field: str
) -> None:
    answer = api.post("/api/v1/bots/bulk/", {"ids": [create_bot(api, desk)]} | changes)
    assert (answer.status_code, list(answer.json())) == (400, [field])


def test_many_bots_are_toggled(api: APIClient, desk: Desk) -> None:
    runs, rests = create_bot(api, desk, name="a"), create_bot(api, desk, name="b")
    api.post(f"/api/v1/bots/{runs}/start/")
    answer = api.post("/api/v1/bots/bulk/", {"ids": [runs, rests], "action": "toggle"})
    assert answer.json()["done"] == [runs, rests]
    assert list(Bot.objects.order_by("pk").values_list("mode", flat=True)) == [
        Mode.STOPPING,
        Mode.RUNNING,
    ]


def test_a_bot_comes_with_its_profits(api: APIClient, desk: Desk) -> None:
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    for number in range(3):
        bot = Bot.objects.get(pk=create_bot(api, desk, name=str(number)))
        for symbol in ("BTC/USDT", "ETH/USDT"):
            bot.books.create(user=bot.user, key=bot.key, symbol=symbol, quote="USDT",
                             gross=10, fees=1, newest_at=at)  # fmt: skip
    create_bot(api, desk, name="new")
    with CaptureQueriesContext(connection) as queries:
        answer = api.get("/api/v1/bots/").json()["results"]
    assert len(queries) <= 4
    assert (answer[0]["profits"], answer[0]["last_fill_at"]) == ([], None)
    assert [item["net"] for item in answer[1]["profits"]] == ["9", "9"]
    item = api.get(f"/api/v1/bots/{answer[1]['id']}/").json()
    assert item == answer[1]
    assert item["last_fill_at"] == "2026-03-01T12:00:00.000000Z"


def test_a_person_opens_a_position(api: APIClient, desk: Desk) -> None:
    pk = create_bot(api, desk, strategy="manual", settings={"amount": "100", "stop_percent": "2"})
    assert api.post(f"/api/v1/bots/{pk}/execute/", {"side": "buy"}).status_code == 409
    api.post(f"/api/v1/bots/{pk}/start/")
    nowhere = api.post(f"/api/v1/bots/{pk}/execute/", {"side": "buy"})
    assert (nowhere.status_code, "No recent price" in nowhere.json()["detail"]) == (409, True)
    desk.say_price("50500")
    assert api.post(f"/api/v1/bots/{pk}/execute/", {"side": "buy"}).status_code == 202
    assert api.post(f"/api/v1/bots/{pk}/execute/", {"side": "buy"}).status_code == 409
    bot = Bot.objects.get()
    desk.settle(bot)
    desk.check()
    desk.settle(bot)
    assert [order.type for order in bot.orders.order_by("pk")] == ["market", "stop_loss"]


def test_bots_of_others_are_not_found(api: APIClient, other_api: APIClient, desk: Desk) -> None:
    pk = create_bot(api, desk)
    assert other_api.get("/api/v1/bots/").json()["results"] == []
    for method, path in (("get", ""), ("delete", ""), ("post", "start/"), ("post", "toggle/")):
        assert getattr(other_api, method)(f"/api/v1/bots/{pk}/{path}").status_code == 404
    bulk = other_api.post("/api/v1/bots/bulk/", {"ids": [pk], "action": "delete"})
    assert bulk.json()["done"] == []
    assert other_api.get("/api/v1/logs/").json()["results"] == []
    assert other_api.post("/api/v1/logs/clear/").json() == {"cleared": 0}
    assert Bot.objects.count() == 1


def test_the_log_shows_actions_and_reasons(api: APIClient, desk: Desk) -> None:
    pk = create_bot(api, desk)
    api.post(f"/api/v1/bots/{pk}/start/")
    desk.settle(Bot.objects.get())
    answer = api.get("/api/v1/logs/", {"q": "turn 1"}).json()["results"]
    assert [line["message"] for line in answer] == ["buy 0.01: buy at 50000, turn 1"]
    assert answer[0]["order"] == desk.newest(Bot.objects.get()).pk
    assert api.get("/api/v1/logs/counts/").json() == {
        "info": 2,
        "success": 1,
        "warning": 0,
        "error": 0,
    }
    assert api.post("/api/v1/logs/clear/?level=info").json() == {"cleared": 2}
    assert LogEntry.objects.count() == 1


def test_strategies_list_their_settings(api: APIClient) -> None:
    answer = api.get("/api/v1/strategies/").json()
    assert [item["name"] for item in answer] == [
        "manual",
        "scalper",
        "grid",
        "dca",
        "dip",
        "momentum",
    ]
    first = next(item for item in answer if item["name"] == "scalper")["settings"][0]
    assert first == {
        "name": "first",
        "label": "First side",
        "kind": "choice",
        "choices": ["buy", "sell"],
        "unit": "",
        "needed": False,
        "least": None,
        "most": None,
    }


@pytest.mark.parametrize("path", ["start/", "stop/", "toggle/", "execute/"])
def test_a_bot_deleted_meanwhile_is_not_found(api: APIClient, desk: Desk, path: str) -> None:
    """Found, and gone before it could be locked."""
    pk = desk.make("manual", settings={"amount": "100"}).pk

    def remove_first(execute: Any, sql: str, *rest: Any) -> Any:
        if "FOR NO KEY UPDATE" in sql and "bots_bot" in sql:
            Bot.objects.filter(pk=pk).delete()
        return execute(sql, *rest)

    body = {"side": "buy"} if path == "execute/" else {}
    with connection.execute_wrapper(remove_first):
        answer = api.post(f"/api/v1/bots/{pk}/{path}", body)
    assert answer.status_code == 404


def test_at_spot_nobody_sells_what_a_bot_has_not_bought(api: APIClient, desk: Desk) -> None:
    bot = desk.start(desk.make("manual", settings={"amount": "100"}))
    desk.say_price("50500")
    answer = api.post(f"/api/v1/bots/{bot.pk}/execute/", {"side": "sell"})
    assert (answer.status_code, "At spot it only buys" in answer.json()["detail"]) == (409, True)
    assert not bot.orders.exists()
