"""A bot's log and reasons are in the language of its owner, whoever asks."""

import pytest
from django.utils import timezone, translation

from bots.models import Bot, BotOrder
from bots.running import lifecycle, runner
from realtime.models import Event
from tests.bots.desk import PRICES, Desk


def stop(bot: Bot) -> str:
    lifecycle.stop_bot(bot.pk, now=timezone.now())
    return Bot.objects.get(pk=bot.pk).reason


@pytest.fixture
def german(desk: Desk) -> Desk:
    desk.key.user.language = "de"
    desk.key.user.save(update_fields=["language"])
    return desk


def test_a_german_owner_reads_german(german: Desk) -> None:
    bot = german.start(german.make())
    assert BotOrder.objects.get().reason == "Kauf zu 50000, Runde 1"
    assert "Kauf 0.01: Kauf zu 50000, Runde 1" in german.lines(bot)[-1]
    told = Event.objects.filter(type="log_created").order_by("seq").values_list("data__message")
    assert [text for (text,) in told] == [
        "erstellt",
        "gestartet, Lauf 1",
        "Kauf 0.01: Kauf zu 50000, Runde 1",
    ]
    assert stop(bot) == "von Hand gestoppt"
    german.settle(bot)
    assert "gestoppt: von Hand gestoppt" in german.lines(bot)[-1]


def test_a_limit_is_explained_in_german(german: Desk) -> None:
    bot = german.start(german.make())
    Bot.objects.update(budget="1")
    for _ in range(2):  # bought and sold: it wants to buy again
        german.fill(german.newest(bot))
        german.settle(bot)
    reason = Bot.objects.get(pk=bot.pk).reason
    assert reason.startswith("Sein Budget von 1 USDT ist zu klein: Es werden 5")


def test_another_owner_reads_english_whoever_asks(desk: Desk) -> None:
    """An operator with German pages stops this bot; a worker wrote German just before."""
    with translation.override("de"):
        bot = desk.start(desk.make(settings=PRICES))
        assert stop(bot) == "stopped by hand"
        runner.evaluate_bot(bot.pk, now=timezone.now())
    desk.settle(bot)
    assert BotOrder.objects.get().reason == "buy at 50000, turn 1"
    assert "stopped: stopped by hand" in desk.lines(bot)[-1]
