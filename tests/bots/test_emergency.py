"""Stop everything: over when the venues have shown that nothing is open, and not before."""

from collections.abc import Callable
from decimal import Decimal

from django.utils import timezone
from rest_framework.test import APIClient

from bots import emergency, steering
from bots.models import Bot, Emergency, Line, Mode
from exchanges import symbols
from exchanges.models import ExchangeKey
from orders import submission
from orders.models import IS_OPEN, Order
from tests.bots.desk import PRICES, Desk
from tests.simulator import SimulatorProcess
from tests.trading import place
from users.models import User


def see(asked: Emergency, desk: Desk) -> bool:
    """As workers do: cancel what is to be cancelled, then look."""
    for order in Order.objects.filter(IS_OPEN):
        submission.cancel(order.pk)
    for bot in Bot.objects.all():
        desk.settle(bot)
    return emergency.see(asked.pk, now=timezone.now())


def test_nothing_is_left(desk: Desk) -> None:
    bot = desk.start(desk.make())
    order = place(desk.key, price=Decimal(49000))
    submission.submit(order.pk)
    asked = emergency.stop_all(desk.key.user, now=timezone.now())
    assert (asked.bots, asked.orders, asked.ended_at) == (1, 2, None)
    assert len(desk.there()) == 2
    assert see(asked, desk)
    assert desk.there() == []
    assert desk.now(bot).mode == Mode.STOPPED
    ended = Emergency.objects.get()
    assert ended.left == 0
    assert ended.ended_at
    assert Line.objects.filter(message__startswith="Everything is stopped: 1 bots, 2").exists()


def test_a_venue_that_does_not_answer_has_shown_nothing(desk: Desk) -> None:
    desk.start(desk.make())
    asked = emergency.stop_all(desk.key.user, now=timezone.now())
    desk.simulator.control.post("faults", kind="close", match={"key": desk.key.api_key})
    assert not see(asked, desk)
    assert Emergency.objects.get().words == "Not shown yet by: Paper."
    desk.simulator.control.delete("faults")
    assert see(asked, desk)
    assert desk.there() == []


def test_asked_twice_it_is_one(desk: Desk) -> None:
    user = desk.key.user
    first = emergency.stop_all(user, now=timezone.now())
    assert emergency.stop_all(user, now=timezone.now()).pk == first.pk


def test_a_bot_that_is_started_meanwhile_is_stopped_too(desk: Desk) -> None:
    bot = desk.make()
    asked = emergency.stop_all(desk.key.user, now=timezone.now())
    desk.start(bot)
    assert len(desk.there()) == 1
    see(asked, desk)
    assert see(asked, desk)
    assert desk.there() == []


def test_two_hundred_orders_at_four_markets(
    desk: Desk, key_at: Callable[[str, str], ExchangeKey], simulator: SimulatorProcess
) -> None:
    keys = [desk.key, *(key_at(*at) for at in (("binance", "futures"), ("okx", "spot"),
                                               ("bybit", "spot")))]  # fmt: skip
    symbols.read_all()
    for key in keys:
        name = "BTC/USDT:USDT" if key.market == "futures" else "BTC/USDT"
        for _ in range(50):
            submission.submit(place(key, symbol=name, quantity=Decimal("0.002")).pk)
    assert open_there(simulator, keys) == 200
    asked = emergency.stop_all(desk.key.user, now=timezone.now())
    assert asked.orders == 200
    assert see(asked, desk)
    assert open_there(simulator, keys) == 0


def open_there(simulator: SimulatorProcess, keys: list[ExchangeKey]) -> int:
    found = [one for key in keys
             for one in simulator.control.get("orders", account=key.api_key)["orders"]]  # fmt: skip
    return sum(one["status"] in ("NEW", "PARTIALLY_FILLED") for one in found)


def test_by_api_and_only_for_oneself(desk: Desk, other_user: User) -> None:
    client, stranger = APIClient(), APIClient()
    client.force_authenticate(desk.key.user)
    stranger.force_authenticate(other_user)
    desk.start(desk.make())
    assert stranger.post("/api/v1/bots/stop-all/").json()["bots"] == 0
    assert Bot.objects.get().mode == Mode.RUNNING
    asked = client.post("/api/v1/bots/stop-all/")
    assert (asked.status_code, asked.json()["bots"]) == (202, 1)
    number = asked.json()["id"]
    assert client.get(f"/api/v1/bots/stop-all/{number}/").json()["left"] == 1
    assert stranger.get(f"/api/v1/bots/stop-all/{number}/").status_code == 404


def test_settings_stay(desk: Desk) -> None:
    bot = desk.start(desk.make())
    emergency.stop_all(desk.key.user, now=timezone.now())
    desk.settle(bot)
    steering.start(bot.pk, now=timezone.now())
    assert desk.settle(bot).settings == PRICES | {
        "first": "buy",
        "trailing_percent": None,
        "infinite": True,
    }
