"""What bots and operators do is heard at the endpoints where it belongs."""

from django.utils import timezone

from bots.running import lifecycle
from exchanges.models import ExchangeKey
from operations.messages import broadcast
from tests.bots.desk import desk_at
from tests.realtime.conftest import Connect
from tests.simulator import SimulatorProcess
from users.models import User


def test_a_bots_life_is_told_as_it_goes(
    live: Connect, key: ExchangeKey, simulator: SimulatorProcess
) -> None:
    wire = live(key.user, topics=["bots", "logs"])
    desk = desk_at(key, simulator)
    bot = desk.make()
    created = wire.next("bot_created")
    assert (created["data"]["id"], created["data"]["mode"]) == (bot.pk, "stopped")
    assert wire.next("log_created")["data"]["bot"] == bot.pk
    lifecycle.change_bot(bot.pk, changes={"name": "day shift"}, now=timezone.now())
    changed = wire.next("bot_update")
    assert changed["data"]["name"] == "day shift"
    assert changed["data"]["version"] > created["data"]["version"]
    lifecycle.remove_bot(bot.pk, now=timezone.now())
    desk.settle_all()
    assert wire.next("bot_deleted")["data"] == {"id": bot.pk}


def test_operators_hear_how_far_a_broadcast_is_and_everybody_its_words(
    live: Connect, socket_url: str, user: User, staff_user: User
) -> None:
    reader, operator = live(user), live(staff_user, at=socket_url + "admin/")
    message = broadcast.begin_broadcast(title="Closed tonight", by=None, now=timezone.now())
    broadcast.finish_broadcast(message.pk, now=timezone.now())
    assert reader.next("system")["data"]["title"] == "Closed tonight"
    job = operator.next("job_update")["data"]
    while job["state"] != "done":
        job = operator.next("job_update")["data"]
    assert (job["done"], job["of"]) == (2, 2)
