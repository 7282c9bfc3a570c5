"""The demo data is made once, and all of it is told of."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import timezone

from bots.models import Bot, Mode, Signal
from config.snapshot import audit
from exchanges import paper
from operations.demo import accounts, bots
from orders.models import Order
from users.models import User

pytestmark = pytest.mark.usefixtures("simulator", "transactional_db")


@pytest.fixture(autouse=True)
def sign_ins() -> Iterator[Path]:
    yield accounts.sign_in_file()
    accounts.sign_in_file().unlink(missing_ok=True)


def test_events_give_the_whole_demo(sign_ins: Path) -> None:
    assert accounts.create_demo(now=timezone.now())
    bots.create_bots(now=timezone.now())
    found = {user.username: audit.examine_user(user.pk) for user in audit.select_users()}
    assert found.keys() == {"operator", "alice", "bob"}
    assert [one.wrong for one in found.values()] == [[], [], []]
    assert found["alice"].things > 5
    assert "alice" in sign_ins.read_text()


def test_both_traders_have_bots_at_work_and_one_a_signal() -> None:
    accounts.create_demo(now=timezone.now())
    bots.create_bots(now=timezone.now())
    at_work = Bot.objects.filter(mode=Mode.RUNNING, key__is_paper=True)
    assert set(at_work.values_list("user__username", "strategy")) == {
        ("alice", "grid"),
        ("alice", "manual"),
        ("bob", "scalper"),
    }
    signal = Signal.objects.get()
    assert (signal.symbol, signal.side, signal.status) == ("BTC/USDT", "buy", "pending")


def test_a_second_time_doubles_nothing() -> None:
    for _ in range(2):
        accounts.create_demo(now=timezone.now())
        bots.create_bots(now=timezone.now())
    assert User.objects.count() == 3
    assert Bot.objects.count() == len(bots.BOTS)
    assert Signal.objects.count() == 1


def test_what_broke_off_in_the_middle_is_made_whole() -> None:
    accounts.create_demo(now=timezone.now())
    orders = Order.objects.count()
    Order.objects.filter(user__username="bob").delete()
    User.objects.get(username="bob").notifications.all().delete()
    accounts.sign_in_file().unlink()  # is written last

    assert accounts.create_demo(now=timezone.now())
    assert Order.objects.count() == orders


def test_bots_wait_for_a_venue_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    accounts.create_demo(now=timezone.now())
    with monkeypatch.context() as away:
        away.setattr("django.conf.settings.SIMULATOR_ENDPOINT", "/nowhere")
        with pytest.raises(paper.SimulatorUnavailable):
            bots.create_bots(now=timezone.now())
    bots.create_bots(now=timezone.now())
    assert Bot.objects.count() == len(bots.BOTS)
