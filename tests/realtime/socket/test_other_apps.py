"""What bots and operators do is heard at the endpoints where it belongs."""

from django.utils import timezone
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from bots.running import lifecycle
from exchanges.models import ExchangeKey
from operations.jobs import actions
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


def test_operators_hear_that_a_job_was_paused(
    live: Connect, socket_url: str, staff_user: User
) -> None:
    interval = IntervalSchedule.objects.create(every=1, period=IntervalSchedule.DAYS)
    job = PeriodicTask.objects.create(name="Prune", task="orders.sweep", interval=interval)
    operator = live(staff_user, at=socket_url + "admin/")
    actions.pause_job(job, by="olga", now=timezone.now())
    told = operator.next("job_update")["data"]
    assert (told["job"], told["name"], told["paused"]) == (job.pk, "Prune", True)
    assert (told["state"], told["last_result"], told["next_run_at"]) == ("new", None, None)
    actions.resume_job(job, by="olga", now=timezone.now())
    assert operator.next("job_update")["data"]["next_run_at"]
