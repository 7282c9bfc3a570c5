"""Operators push by API: staff only, once per key, all or nothing, and on record."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.utils import timezone

from bots.models import Signal
from exchanges.models import Symbol
from operations.models import Alert, Broadcast, Notification, Push
from operations.notifications import record as notifications
from operations.push import actions, api, record
from realtime import operator_messages, prices, redis
from realtime.models import Event
from tests.operations.conftest import Ask
from tests.orders.reports import NOON
from users.models import User

PAPER = "binance.spot.paper:BTC/USDT"
BODIES: dict[str, dict[str, Any]] = {
    "notification": {"user": "ada", "title": "Your report is ready", "link": "/orders/"},
    "alert": {"user": "ada", "name": "margin", "title": "Margin is low", "level": "critical"},
    "signal": {"user": "ada", "source": "desk", "symbol": "BTC/USDT", "side": "long"},
    "market": {"instrument": PAPER, "last": "50000.10"},
    "broadcast": {"title": "Closed on Sunday"},
}


@pytest.fixture
def symbols(db: None) -> None:
    for is_paper in (True, False):
        Symbol.objects.create(
            venue="binance",
            market="spot",
            is_paper=is_paper,
            name="BTC/USDT",
            base="BTC",
            quote="USDT",
            price_step="0.01",
            quantity_step="0.00001",
            min_quantity="0.00001",
            min_cost="5",
            read_at=NOON,
        )


@pytest.fixture
def push(ask: Ask, staff_user: User, user: User, symbols: None) -> Callable[..., Any]:
    """Push as olga: push("alert", level="warning", key="k1")."""

    def send(kind: str, key: str = "", by: User = staff_user, **changes: Any) -> Any:
        body = {name: value for name, value in (BODIES[kind] | changes).items() if value != ...}
        return ask(by, "POST", f"realtime/push/{kind}/", body, idempotency_key=key)

    return send


def nothing_was_made() -> bool:
    made: list[Any] = [Notification, Alert, Broadcast, Signal, Event]
    return not any(model.objects.exists() for model in made) and not prices.read_newest([PAPER])


Push_ = Callable[..., Any]


def test_a_notification_to_one_user(push: Push_, user: User) -> None:
    answer = push("notification")
    assert answer.status_code == 201
    one = Notification.objects.get()
    row = Push.objects.get()
    assert answer.json() == {
        "id": row.pk,
        "kind": "notification",
        "target": "user ada",
        "users": 1,
        "made": [one.pk],
    }
    assert (one.user, one.title, one.link) == (user, "Your report is ready", "/orders/")
    assert Event.objects.get().type == "notification"


def test_a_user_may_be_named_by_number(push: Push_, user: User) -> None:
    assert push("notification", user=user.pk).json()["target"] == "user ada"


def test_to_all_operators(push: Push_, staff_user: User, other_user: User) -> None:
    User.objects.filter(pk=other_user.pk).update(is_staff=True)
    assert push("notification", user=..., staff=True).json()["users"] == 2
    assert {one.user for one in Notification.objects.all()} == {staff_user, other_user}


def test_an_alert_begins_once_and_ends(push: Push_) -> None:
    made = push("alert").json()["made"]
    assert push("alert", message="still").json()["made"] == made
    assert Alert.objects.get().message == "still"
    assert push("alert", ended=True, title=...).json()["made"] == made
    assert Alert.objects.get().ended_at
    again = push("alert", ended=True, title=...)
    assert again.status_code == 400
    assert again.json() == {"name": ["They have no open alert of this name."]}


def test_a_pushed_alert_is_none_of_ours(push: Push_) -> None:
    """Its name cannot meet those that Fillwatch itself begins and ends."""
    push("alert", name="key:1")
    assert Alert.objects.get().name == "operator:key:1"


def test_a_signal_waits(push: Push_) -> None:
    push("signal", price="50000.50")
    signal = Signal.objects.get()
    assert (signal.side, str(signal.price.normalize() if signal.price else "")) == (
        "long",
        "50000.5",
    )
    assert signal.status == "pending"


def test_a_price_of_a_simulated_instrument(
    push: Push_, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        answer = push("market", bid="50000", bid_quantity="2", ask="50000.20")
    assert answer.json()["sent"] == ["price_update", "book_update"]
    kept = {kind: frame for kind, _, frame in prices.read_newest([PAPER])}
    assert '"last":"50000.1"' in kept["price_update"]
    assert '"bid_quantity":"2"' in kept["book_update"]
    assert '"simulated":true' in kept["book_update"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("binance.spot:BTC/USDT", "live market"),
        ("binance.spot.paper:NO/SUCH", "does not trade"),
        ("nonsense", "No such name"),
        ("binance.spot.papers:BTC/USDT", "No such name"),
    ],
)
def test_no_price_of_anything_else(
    push: Push_, django_capture_on_commit_callbacks: Any, name: str, words: str
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        answer = push("market", instrument=name)
    assert answer.status_code == 400
    assert words in answer.json()["instrument"][0]
    assert redis.redis_client().hlen(prices.NEWEST) == 0


def test_words_to_everybody_are_begun_and_handed_on(push: Push_) -> None:
    answer = push("broadcast").json()
    assert (answer["target"], answer["users"]) == ("everybody", 2)
    assert Broadcast.objects.get(pk=answer["broadcast"]).told == 0


@pytest.mark.parametrize("kind", BODIES)
def test_who_is_no_operator_pushes_nothing(push: Push_, ask: Ask, user: User, kind: str) -> None:
    assert push(kind, by=user).status_code == 403
    assert ask(None, "POST", f"realtime/push/{kind}/", BODIES[kind]).status_code == 401
    assert nothing_was_made()


@pytest.mark.parametrize("kind", BODIES)
def test_each_call_is_on_record_and_told_to_the_other_operators(
    push: Push_, kind: str, staff_user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[dict[str, str]] = []

    def hear(*, by: str, action: str, target: str, message: str, now: datetime) -> None:
        told.append({"by": by, "action": action, "target": target})

    monkeypatch.setattr(operator_messages, "notify_staff", hear)
    answer = push(kind)
    row = Push.objects.get()
    assert (row.operator, row.by, row.kind, row.done) == (staff_user, "olga", kind, True)
    assert row.body == BODIES[kind]
    assert row.result == answer.json()
    assert told == [{"by": "olga", "action": f"push {kind}", "target": row.target}]


@pytest.mark.parametrize("kind", BODIES)
def test_the_same_key_gives_the_same_answer_and_does_nothing_twice(push: Push_, kind: str) -> None:
    first = push(kind, key="once")
    events = Event.objects.count()
    again = push(kind, key="once")
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert (Event.objects.count(), Push.objects.count()) == (events, 1)


def test_a_key_is_for_one_push_of_one_operator(push: Push_, other_user: User) -> None:
    User.objects.filter(pk=other_user.pk).update(is_staff=True)
    bob = grant(other_user, RIGHTS["notification"])
    assert push("notification", key="k").status_code == 201
    assert push("notification", key="k", title="Another").status_code == 409
    assert push("broadcast", key="k").status_code == 409
    assert push("notification", key="k", by=bob).status_code == 201
    assert Notification.objects.count() == 2
    assert not Broadcast.objects.exists()


RIGHTS = {
    "notification": "operations.add_notification",
    "alert": "operations.add_alert",
    "signal": "bots.add_signal",
    "market": "operations.add_push",
    "broadcast": "operations.add_broadcast",
}


def grant(person: User, right: str) -> User:
    app, codename = right.split(".")
    person.user_permissions.add(
        Permission.objects.get(content_type__app_label=app, codename=codename)
    )
    return User.objects.get(pk=person.pk)  # as a new request: permissions are cached


@pytest.mark.parametrize("kind", BODIES)
def test_permissions_decide_who_of_the_staff_may_push(
    push: Push_, other_user: User, kind: str
) -> None:
    User.objects.filter(pk=other_user.pk).update(is_staff=True)
    for others in RIGHTS.keys() - {kind}:
        bob = grant(other_user, RIGHTS[others])
    answer = push(kind, by=bob)
    assert (answer.status_code, answer.json()["detail"]) == (
        403,
        f"This needs the permission {RIGHTS[kind]}.",
    )
    assert nothing_was_made()
    assert push(kind, by=grant(bob, RIGHTS[kind])).status_code == 201


@pytest.mark.parametrize("kind", BODIES)
def test_who_is_not_of_the_staff_may_not_push(push: Push_, user: User, kind: str) -> None:
    assert push(kind, by=grant(user, RIGHTS[kind])).status_code == 403
    assert nothing_was_made()


def test_a_refused_push_leaves_its_key_free(push: Push_) -> None:
    assert push("alert", key="k", ended=True).status_code == 400
    assert push("alert", key="k").status_code == 201


def test_many_with_one_key_at_once_do_it_once(transactional_db: None, staff_user: User) -> None:
    person = User.objects.create(username="ada")
    fields = {"people": [person], "target": "user ada", "title": "x", "message": ""}
    wish = record.PushRequest(
        kind=Push.Kind.NOTIFICATION,
        body={"title": "x"},
        fields=fields | {"level": "info", "link": ""},
        idempotency_key="once",
    )

    def send(_: int) -> tuple[int, bool]:
        try:
            row, fresh = record.record_push(staff_user, wish, now=timezone.now())
            return row.result["id"], fresh
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(send, range(6)))
    assert len({number for number, _ in answers}) == 1
    assert sum(fresh for _, fresh in answers) == 1
    assert Notification.objects.count() == 1


def test_half_done_is_not_done(
    push: Push_, staff_user: User, other_user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To two operators, and the second one fails."""
    User.objects.filter(pk=other_user.pk).update(is_staff=True)
    real, calls = notifications.notify, iter([True, False])

    def fails_at_the_second(**words: Any) -> Any:
        if not next(calls):
            raise actions.PushRefused("user", "gone")
        return real(**words)

    monkeypatch.setattr(notifications, "notify", fails_at_the_second)
    assert push("notification", user=..., staff=True).status_code == 400
    assert nothing_was_made()
    assert Push.objects.get().result == {"refused": {"user": ["gone"]}}


@pytest.mark.parametrize(
    ("kind", "changes", "field"),
    [
        ("notification", {"user": "nobody"}, "user"),
        ("notification", {"user": 10**30}, "user"),
        ("notification", {"user": True}, "user"),
        ("notification", {"user": "a\x00b"}, "user"),
        ("notification", {"user": ["ada"]}, "user"),
        ("notification", {"user": ...}, "user"),
        ("notification", {"staff": True}, "user"),
        ("notification", {"title": ""}, "title"),
        ("notification", {"title": "x" * 121}, "title"),
        ("notification", {"message": "x" * 2001}, "message"),
        ("notification", {"level": "loud"}, "level"),
        ("notification", {"link": "javascript:alert(1)"}, "link"),
        ("notification", {"link": "//elsewhere.example"}, "link"),
        ("notification", {"link": "/\\elsewhere.example"}, "link"),
        ("notification", {"link": "/\t/elsewhere.example"}, "link"),
        ("notification", {"link": "java\nscript:alert(1)"}, "link"),
        ("notification", {"link": "http://elsewhere.example"}, "link"),
        ("notification", {"link": "https://[broken"}, "link"),
        ("notification", {"titel": "x"}, "titel"),
        ("alert", {"title": ...}, "title"),
        ("alert", {"level": "info"}, "level"),
        ("signal", {"side": "up"}, "side"),
        ("signal", {"price": 0.1}, "price"),
        ("signal", {"price": "-1"}, "price"),
        ("market", {"last": ...}, "last"),
        ("market", {"bid": "2", "ask": "1"}, "bid"),
        ("market", {"ask_quantity": "1"}, "ask"),
        ("broadcast", {"user": "ada"}, "user"),
    ],
)
def test_bad_input_is_refused_in_words_and_on_record(
    push: Push_, kind: str, changes: dict[str, Any], field: str
) -> None:
    answer = push(kind, **changes)
    assert answer.status_code == 400
    assert answer.json()[field]
    assert nothing_was_made()
    row = Push.objects.get()
    assert (row.done, row.kind, row.by) == (False, kind, "olga")
    assert field in row.result["refused"]


@pytest.mark.parametrize(
    "body", ["{", "[]", '"x"', "null", "7", '{"title": NaN}', r'{"title": "\ud800"}']
)
def test_what_is_no_object_is_refused(push: Push_, ask: Ask, staff_user: User, body: str) -> None:
    assert ask(staff_user, "POST", "realtime/push/broadcast/", body).status_code == 400
    assert nothing_was_made()
    assert Push.objects.get().done is False


def test_a_key_must_be_short_and_printable(push: Push_) -> None:
    assert push("broadcast", key="x" * 101).status_code == 400
    assert nothing_was_made()


def test_pushes_are_counted(push: Push_, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api.PushRate, "rate", "2/min")
    assert [push("notification").status_code for _ in range(3)] == [201, 201, 429]


def test_the_record_cannot_be_changed_in_the_admin(
    push: Push_, client: Any, staff_user: User
) -> None:
    push("notification")
    client.force_login(staff_user, "django.contrib.auth.backends.ModelBackend")
    row = Push.objects.get()
    for name in ("push", "notification", "alert", "broadcast"):
        assert client.get(f"/admin/operations/{name}/").status_code == 200
        assert client.get(f"/admin/operations/{name}/add/").status_code == 403
    page = client.get(f"/admin/operations/push/{row.pk}/change/")
    assert page.status_code == 200
    assert b'name="_save"' not in page.content
    assert client.post(f"/admin/operations/push/{row.pk}/delete/").status_code == 403


def test_the_doors_are_described(client: Any, db: None) -> None:
    document = client.get("/api/schema/?format=json").content.decode()
    for kind in BODIES:
        assert f"/api/v1/realtime/push/{kind}/" in document
    assert "binance.spot.paper:BTC/USDT" in document
