"""Who cancels a bot's orders stops the bot: the question says so, and the bot says why."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from bots.models import Mode
from orders import placement
from tests.bots.desk import PRICES, Desk

SETTINGS: dict[str, dict[str, Any]] = {
    "scalper": PRICES,
    "grid": {"lower": "40000", "upper": "48000", "levels": 3, "quantity": "0.01"},
}


@pytest.mark.parametrize("strategy", SETTINGS)
def test_cancel_all_names_the_bots_that_it_stops_and_they_say_why(
    desk: Desk, client: Client, strategy: str
) -> None:
    desk.say_price("50000")
    bot = desk.start(desk.make(strategy, settings=SETTINGS[strategy]))
    desk.make(name="At rest")
    client.force_login(bot.user)
    question = " ".join(client.get("/orders/cancel-all/").content.decode().split())
    assert "A bot stops</strong>" in question
    assert f'<a href="/bots/{bot.pk}/">{bot.name}</a>.' in question
    assert "At rest" not in question
    assert "and stop 1 bot</button>" in question
    answer = client.post("/api/v1/orders/cancel-all/", {}, content_type="application/json")
    assert answer.json()["bots"] == [{"id": bot.pk, "name": bot.name}]
    desk.work(bot)
    bot = desk.settle(bot)
    assert bot.mode == Mode.STOPPED
    assert bot.reason.endswith("its owner cancelled all open orders.")
    done = client.post("/orders/cancel-all/", follow=True).content.decode()
    assert "These bots stop" not in done


def test_bots_of_other_symbols_are_not_named(desk: Desk, client: Client) -> None:
    bot = desk.start(desk.make())
    client.force_login(bot.user)
    question = client.get("/orders/cancel-all/?symbol=ETH/USDT").content.decode()
    assert "stops</strong>" not in question


def test_the_page_names_them_too_once_it_is_done(desk: Desk, client: Client) -> None:
    bot = desk.start(desk.make())
    client.force_login(bot.user)
    page = client.post("/orders/cancel-all/", follow=True).content.decode()
    assert f"These bots stop: {bot.name}." in page


def test_cancelled_alone_by_its_owner_it_stops_and_says_so(desk: Desk) -> None:
    bot = desk.start(desk.make())
    placement.cancel_order(desk.newest(bot), by="page", now=timezone.now())
    desk.work(bot)
    bot = desk.settle(bot)
    assert bot.mode == Mode.STOPPED
    assert bot.reason == "The buy order of buy ended: its owner cancelled it."
