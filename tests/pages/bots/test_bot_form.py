"""Bots are made and changed on pages: what is wrong is said beside its field, nothing is lost."""

from decimal import Decimal

import pytest
from django.test import Client

from bots.models import Bot, Mode
from bots.strategies.registry import STRATEGIES
from bots.strategies.settings import list_settings
from bots.web.forms import PREFIX
from exchanges.models import ExchangeKey
from tests.pages.bots.bot_records import (
    PRICES,
    create_bot,
    create_key,
    create_open_order,
    create_running_bot,
)
from users.models import User

SETTINGS = {PREFIX + name: value for name, value in PRICES.items()} | {PREFIX + "infinite": "on"}
EVERY = {"name": "ladder", "symbol": "btc/usdt", "most_orders": "100", "check_seconds": "5"}


@pytest.fixture
def ada(client: Client, user: User) -> Client:
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def paper(user: User) -> ExchangeKey:
    return create_key(user)


def form_fields(paper: ExchangeKey, **changes: object) -> dict[str, object]:
    return {"key": paper.pk, "strategy": "scalper"} | EVERY | SETTINGS | changes


def test_made(ada: Client, paper: ExchangeKey) -> None:
    answer = ada.post("/bots/new/", form_fields(paper, budget="1000", is_default="on"), follow=True)
    bot = Bot.objects.get()
    assert answer.redirect_chain[-1][0] == f"/bots/{bot.pk}/"
    assert (bot.name, bot.symbol, bot.mode) == ("ladder", "BTC/USDT", Mode.STOPPED)
    assert (bot.budget, bot.is_default) == (Decimal(1000), True)
    assert bot.settings == PRICES | {"first": "buy", "trailing_percent": None, "infinite": True}
    assert "It does nothing until it is started" in answer.content.decode()


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_each_strategy_asks_for_what_it_declares(
    ada: Client, paper: ExchangeKey, strategy: str
) -> None:
    shown = ada.get(f"/bots/new/?strategy={strategy}").content.decode()
    assert f'value="{strategy}" checked' in shown
    for one in list_settings(STRATEGIES[strategy].Settings):
        assert (f'name="{PREFIX}{one.name}"' in shown) == (one.name != "leave")


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({PREFIX + "sell_price": "49000"}, PREFIX + "sell_price", "This must be above the price"),
        ({PREFIX + "quantity": "much"}, PREFIX + "quantity", "This is not a number."),
        ({PREFIX + "buy_price": ""}, PREFIX + "buy_price", "This is required."),
        ({"symbol": "DOGE/USDT"}, "symbol", "is not traded at Binance"),
        ({"symbol": "BTC"}, "symbol", "Write both sides"),
        ({"name": ""}, "name", "This field is required."),
        ({"budget": "-1"}, "budget", "It must be more than 0."),
        ({"budget": "1e999"}, "budget", ""),
        ({"most_orders": "0"}, "most_orders", ""),
        ({"check_seconds": "999999"}, "check_seconds", ""),
        ({"key": "999"}, "key", ""),
        ({"name": "a\x00b"}, "name", ""),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_lost(
    ada: Client, paper: ExchangeKey, changes: dict[str, str], field: str, words: str
) -> None:
    answer = ada.post("/bots/new/", form_fields(paper, **{"daily_loss": "77"} | changes))
    assert answer.status_code == 422
    (said,) = answer.context["form"].errors[field]
    assert words in said
    assert not Bot.objects.exists()
    shown = answer.content.decode()
    assert 'value="77"' in shown
    assert f'id="id_{field}_error"' in shown


def test_a_name_twice_is_refused_whatever_its_case(ada: Client, paper: ExchangeKey) -> None:
    create_bot(paper, "LADDER")
    other = create_bot(paper, "other")
    for address in ("/bots/new/", f"/bots/{other.pk}/edit/"):
        answer = ada.post(address, form_fields(paper))
        assert answer.context["form"].errors["name"] == ["You have a bot of this name already."]


def test_the_key_of_another_cannot_be_chosen(
    ada: Client, paper: ExchangeKey, other_user: User
) -> None:
    theirs = create_key(other_user, "Theirs")
    assert "Theirs" not in ada.get("/bots/new/").content.decode()
    answer = ada.post("/bots/new/", form_fields(theirs))
    assert "key" in answer.context["form"].errors
    assert not Bot.objects.exists()


def test_symbols_are_those_of_the_keys_market(ada: Client, user: User, paper: ExchangeKey) -> None:
    live = create_key(user, "Live", is_paper=False)
    live_only = ada.get(f"/bots/new/?key={live.pk}").context
    assert live_only["chosen"] == live
    assert live_only["symbols"] == ["BTC/USDT", "ETH/USDT"]
    assert ada.get("/bots/new/?key=999").context["chosen"] in (paper, live)


def test_without_a_key_it_says_what_comes_first(ada: Client, user: User) -> None:
    assert "Attach one first" in ada.get("/bots/new/").content.decode()
    create_key(user)
    ExchangeKey.objects.update(is_active=False)
    assert "All your keys are switched off" in ada.get("/bots/new/").content.decode()


def test_changed_at_rest(ada: Client, paper: ExchangeKey) -> None:
    bot = create_bot(paper, "old", most_held=Decimal("0.5"),
                 settings=PRICES | {"buy_price": "50000.000000"})  # fmt: skip
    shown = ada.get(f"/bots/{bot.pk}/edit/").content.decode()
    assert 'value="50000"' in shown
    assert 'value="0.5"' in shown
    wanted = form_fields(paper, **{PREFIX + "sell_price": "52000"})
    answer = ada.post(f"/bots/{bot.pk}/edit/", wanted, follow=True)
    assert "“ladder” is changed." in answer.content.decode()
    bot.refresh_from_db()
    assert (bot.name, bot.settings["sell_price"], bot.most_held) == ("ladder", "52000", None)


def test_a_bot_that_runs_says_what_changing_it_costs(ada: Client, paper: ExchangeKey) -> None:
    bot = create_running_bot(paper, "ladder")
    create_open_order(bot)
    create_open_order(bot, "another")
    shown = " ".join(ada.get(f"/bots/{bot.pk}/edit/").content.decode().split())
    assert "it is stopped, its 2 open orders are cancelled, and it is started again" in shown
    answer = ada.post(f"/bots/{bot.pk}/edit/", form_fields(paper, budget="900"), follow=True)
    assert "is changed, and runs on" in answer.content.decode()
    wanted = form_fields(paper, **{PREFIX + "sell_price": "52000"})
    answer = ada.post(f"/bots/{bot.pk}/edit/", wanted, follow=True)
    assert "stops for its new settings, then starts again" in answer.content.decode()
    assert Bot.objects.get().mode == Mode.STOPPING


def test_another_strategy_on_the_edit_page(ada: Client, paper: ExchangeKey) -> None:
    bot = create_bot(paper, "ladder")
    assert "set-levels" in ada.get(f"/bots/{bot.pk}/edit/?strategy=grid").content.decode()
    grid = {PREFIX + name: value for name, value in
            {"lower": "40000", "upper": "50000", "levels": "5", "quantity": "0.01",
             "spacing": "even"}.items()}  # fmt: skip
    answer = ada.post(f"/bots/{bot.pk}/edit/", EVERY | {"strategy": "grid"} | grid)
    assert answer.status_code == 302
    assert Bot.objects.get().settings["levels"] == 5


def test_errors_of_settings_are_in_the_language_of_the_page(
    ada: Client, paper: ExchangeKey, user: User
) -> None:
    wrong = form_fields(paper, **{PREFIX + "sell_price": "49000", PREFIX + "quantity": "0.0000001"})
    user.language = "de"
    user.save(update_fields=["language"])
    answer = ada.post("/bots/new/", wrong)
    errors = answer.context["form"].errors
    assert errors[PREFIX + "sell_price"] == [
        "Dies muss über dem Kaufpreis liegen, sonst verliert jede Runde."
    ]
    assert errors[PREFIX + "quantity"] == ["BTC/USDT wird in Schritten von 0.00001 gehandelt."]
    assert '<option value="sell">Verkauf</option>' in answer.content.decode()
    user.language = ""
    user.save(update_fields=["language"])
    english = ada.post("/bots/new/", wrong).context["form"].errors
    assert "This must be above the price" in english[PREFIX + "sell_price"][0]
