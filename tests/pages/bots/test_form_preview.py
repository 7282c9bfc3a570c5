"""The preview on a bot's form draws what it would do, and saves nothing."""

import pytest
from django.test import Client

from bots.models import Bot
from bots.web.forms import PREFIX
from exchanges.models import ExchangeKey
from tests.pages.bots.bot_records import PRICES, create_bot, create_key
from users.models import User

FIELDS = {PREFIX + name: value for name, value in PRICES.items()} | {
    "symbol": "BTC/USDT", "most_orders": "100", "check_seconds": "5", "strategy": "scalper",
    "preview": "1",
}  # fmt: skip


@pytest.fixture
def paper(user: User, client: Client) -> ExchangeKey:
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return create_key(user)


def test_the_orders_are_drawn_before_there_is_a_name(client: Client, paper: ExchangeKey) -> None:
    answer = client.post("/bots/new/", FIELDS | {"key": paper.pk})
    page = " ".join(answer.content.decode().split())
    assert "It places <strong>1</strong> order at once" in page
    assert "<strong>500.00</strong> USDT" in page
    assert 'class="chart ladder"' in page
    assert "buy 0.01 at 50000, worth 500.00 USDT" in page
    assert 'value="50000"' in page  # nothing typed is lost
    assert not Bot.objects.exists()


def test_a_script_gets_that_part_alone_and_hears_what_is_wrong(
    client: Client, paper: ExchangeKey
) -> None:
    wrong = FIELDS | {"key": paper.pk, PREFIX + "sell_price": "49000"}
    answer = client.post("/bots/new/", wrong, headers={"X-Requested-With": "fetch"})
    part = answer.content.decode()
    assert answer.status_code == 200
    assert "<html" not in part
    assert "Sell at: This must be above the price to buy at" in part
    missing = client.post("/bots/new/", wrong | {"symbol": "DOGE/USDT"})
    assert "DOGE/USDT is not traded" in missing.content.decode()


def test_a_bot_that_exists_is_not_changed(client: Client, paper: ExchangeKey) -> None:
    bot = create_bot(paper, "ladder")
    answer = client.post(f"/bots/{bot.pk}/edit/", FIELDS | {PREFIX + "buy_price": "40000"})
    assert "buy 0.01 at 40000" in answer.content.decode()
    bot.refresh_from_db()
    assert bot.settings["buy_price"] == "50000"


def test_a_clone_begins_with_all_values_but_the_name(client: Client, paper: ExchangeKey) -> None:
    bot = create_bot(paper, "ladder", is_default=True)
    page = client.get(f"/bots/new/?bot={bot.pk}").content.decode()
    assert 'value="ladder copy"' in page
    assert 'value="51000"' in page
    assert 'name="is_default" id="id_is_default">' in page.replace(' aria-describedby=""', "")
