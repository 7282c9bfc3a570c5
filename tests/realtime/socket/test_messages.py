"""What operators push arrives at the endpoints of those it is for, and at nobody else's."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from exchanges.models import Symbol
from operations.messages import broadcast
from tests.orders.reports import NOON
from tests.realtime.conftest import Connect
from users.models import User

PAPER = "binance.spot.paper:BTC/USDT"
WISHES: list[tuple[str, dict[str, Any], str]] = [
    ("notification", {"title": "Your report is ready"}, "notifications/"),
    ("alert", {"name": "margin", "title": "Margin is low"}, "alerts/"),
    ("signal", {"source": "desk", "symbol": "BTC/USDT", "side": "long"}, "trading/"),
]


@pytest.fixture
def push(staff_user: User) -> Any:
    """Push as olga; no worker takes a broadcast up."""
    client = APIClient()
    client.force_authenticate(staff_user)

    def send(kind: str, **body: Any) -> Any:
        answer = client.post(f"/api/v1/realtime/push/{kind}/", body)
        assert answer.status_code == 201, answer.json()
        return answer.json()

    return send


@pytest.mark.parametrize(("kind", "body", "path"), WISHES)
def test_to_one_user_at_their_endpoints(
    live: Connect,
    socket_url: str,
    push: Any,
    user: User,
    other_user: User,
    kind: str,
    body: dict[str, Any],
    path: str,
) -> None:
    own = [live(user), live(user, at=socket_url + path)]
    others = live(other_user)
    push(kind, user=user.username, **body)
    push("notification", user=other_user.username, title="After it")
    for wire in own:
        frame = wire.next("notification", "alert", "signal")
        assert (frame["type"], frame["seq"]) == (kind, 1)
        assert body.items() <= frame["data"].items() | {("name", "margin")}
    assert others.next("notification", "alert", "signal")["data"]["title"] == "After it"


def test_words_to_everybody(live: Connect, push: Any, user: User, other_user: User) -> None:
    wires = [live(user), live(other_user)]
    number = push("broadcast", title="Closed on Sunday")["broadcast"]
    broadcast.finish_broadcast(number, now=NOON)
    for wire in wires:
        assert wire.next("system")["data"]["title"] == "Closed on Sunday"


def test_the_other_operators_hear_of_it(
    live: Connect, socket_url: str, push: Any, user: User, staff_user: User
) -> None:
    olga = live(staff_user, at=socket_url + "admin/")
    push("notification", user=user.username, title="Your report is ready")
    data = olga.next("admin_message")["data"]
    assert data | {"at": ""} == {
        "by": "olga",
        "action": "push notification",
        "target": "user ada",
        "words": "Your report is ready",
        "at": "",
    }
    number = push("broadcast", title="Closed on Sunday")["broadcast"]
    broadcast.finish_broadcast(number, now=NOON)
    job = olga.next("job_update")["data"]
    assert (job["state"], job["done"], job["of"]) == ("done", 2, 2)


def test_a_pushed_price_reaches_who_watches(
    open_socket: Connect, socket_url: str, push: Any
) -> None:
    Symbol.objects.create(
        venue="binance",
        market="spot",
        is_paper=True,
        name="BTC/USDT",
        base="BTC",
        quote="USDT",
        price_step="0.01",
        quantity_step="0.00001",
        min_quantity="0.00001",
        min_cost="5",
        read_at=NOON,
    )
    wire = open_socket(at=socket_url + "market/")
    wire.say("watch", instruments=[PAPER])
    wire.next("watching")
    push("market", instrument=PAPER, last="50000.10")
    data = wire.next("price_update")["data"]
    assert (data["last"], data["simulated"]) == ("50000.1", True)
