"""The bots page: what each does and earned, at a glance; whoever asks for something is answered."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bots.models import Bot, Mode, StopAll
from bots.running import lifecycle
from exchanges.models import ExchangeKey
from orders.models import Order
from tests.pages.bots.bot_records import (
    create_bot,
    create_key,
    create_open_order,
    create_pnl_book,
    create_running_bot,
    note_entry,
)
from users.models import User

SCRIPT = {"X-Requested-With": "fetch"}


@pytest.fixture
def ada(client: Client, user: User) -> Client:
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def paper(user: User) -> ExchangeKey:
    return create_key(user)


def get_page(client: Client, address: str = "/bots/") -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split()).replace(" >", ">")


def post_form(client: Client, address: str, **fields: object) -> str:
    answer = client.post(address, fields, follow=True)
    return " ".join(str(one) for one in answer.context["messages"])


def test_nothing_yet_teaches_what_comes_first(ada: Client, user: User) -> None:
    assert "Connect an exchange first" in get_page(ada)
    create_key(user)
    shown = get_page(ada)
    assert "No bots yet" in shown
    assert 'href="/bots/new/"' in shown


def test_what_each_does_and_earned(ada: Client, paper: ExchangeKey) -> None:
    bot = create_running_bot(paper, "ladder")
    create_pnl_book(bot, "-12.345")
    create_open_order(bot)
    shown = get_page(ada)
    assert ">ladder</a>" in shown
    assert 'data-mode="running"' in shown
    assert 'class="word">Running' in shown
    assert 'class="loss" title="-12.345 USDT, realised, after fees">\N{MINUS SIGN}12.34<' in shown
    assert 'aria-label="1 open order of ladder">1<' in shown
    assert "1 <small>of 1</small>" in shown


def test_paper_and_live_and_two_currencies_are_told_apart(
    ada: Client, user: User, paper: ExchangeKey
) -> None:
    live = create_key(user, "Live", is_paper=False)
    create_pnl_book(create_bot(paper, "one"), "5")
    create_pnl_book(create_bot(live, "two"), "7")
    create_pnl_book(create_bot(live, "three"), "0.0001", quote="BTC")
    today = get_page(ada).partition("Earned today")[2].partition("</section>")[0]
    for words in ("+5.00 <small>USDT simulated", "+7.00 <small>USDT<", "+0.00010000 <small>BTC<"):
        assert words in today
    assert "12.00" not in today


def test_what_is_held_has_no_worth_without_a_price(ada: Client, paper: ExchangeKey) -> None:
    create_pnl_book(create_bot(paper), "0", held="0.5")
    assert "no price" in get_page(ada)


def test_a_bot_that_stops_says_what_it_waits_for(ada: Client, paper: ExchangeKey) -> None:
    bot = create_running_bot(paper)
    create_open_order(bot)
    create_open_order(bot, "another")
    assert "“one” stops" in post_form(ada, f"/bots/{bot.pk}/stop/")
    assert "waits for 2 orders at Binance" in get_page(ada)
    lifecycle.start_bot(bot.pk, now=timezone.now())
    assert "waits for 2 orders at Binance, then it starts again" in get_page(ada)
    lifecycle.remove_bot(bot.pk, now=timezone.now())
    assert "then it is removed" in get_page(ada)


def test_started_stopped_and_the_other_way_round(ada: Client, paper: ExchangeKey) -> None:
    bot = create_bot(paper)
    assert post_form(ada, f"/bots/{bot.pk}/start/") == "“one” runs."
    assert "stops; its open orders are being cancelled" in post_form(ada, f"/bots/{bot.pk}/toggle/")
    assert Bot.objects.get().mode == Mode.STOPPING


def test_a_refusal_is_told_in_words(ada: Client, paper: ExchangeKey) -> None:
    bot = create_bot(paper)
    ExchangeKey.objects.update(is_active=False)
    assert "“Paper” is switched off" in post_form(ada, f"/bots/{bot.pk}/start/")
    answer = ada.post(f"/bots/{bot.pk}/start/", headers=SCRIPT)
    assert (answer.status_code, answer.json()["kind"]) == (409, "error")
    assert Bot.objects.get().mode == Mode.STOPPED


def test_filters(ada: Client, paper: ExchangeKey) -> None:
    create_running_bot(paper, "first")
    create_bot(paper, "second", symbol="ETH/USDT", settings={"buy_price": "1", "sell_price": "2",
                                                         "quantity": "10"})  # fmt: skip

    def names(query: str) -> list[str]:
        return sorted(row.bot.name for row in ada.get(f"/bots/?{query}").context["rows"])

    assert names("mode=running") == ["first"]
    assert names("symbol=eth/usdt") == ["second"]
    assert names("strategy=grid") == []
    assert names(f"key={paper.pk}") == ["first", "second"]
    assert names("mode=%00&key=x&strategy=-1&page=x") == ["first", "second"]


def test_what_needs_attention_comes_first(ada: Client, paper: ExchangeKey) -> None:
    create_bot(paper, "a rests")
    create_running_bot(paper, "b runs")
    failed = create_bot(paper, "c failed")
    Bot.objects.filter(pk=failed.pk).update(mode=Mode.ERROR, reason="Its budget would not do.")
    rows = ada.get("/bots/").context["rows"]
    assert [row.bot.name for row in rows] == ["c failed", "b runs", "a rests"]
    assert "Its budget would not do." in get_page(ada)


def test_fifty_bots_cost_as_many_questions_as_one(ada: Client, paper: ExchangeKey) -> None:
    def questions() -> int:
        with CaptureQueriesContext(connection) as asked:
            get_page(ada)
        return len(asked)

    create_pnl_book(create_bot(paper, "first"), "1", held="0.1")
    get_page(ada)
    few = questions()
    for number in range(49):
        bot = create_bot(paper, f"bot {number}")
        create_pnl_book(bot, "1", held="0.1")
        create_open_order(bot)
    assert questions() <= few


# Many at once


def test_many_at_once(ada: Client, paper: ExchangeKey, other_user: User) -> None:
    bots = [create_bot(paper, f"bot {number}") for number in range(3)]
    theirs = create_bot(create_key(other_user), "secret name")
    answer = post_form(ada, "/bots/bulk/", what="start", id=[bots[0].pk, bots[1].pk, theirs.pk])
    assert "2 bots started." in answer
    assert "There is no such bot." in answer
    assert "secret name" not in answer
    assert set(Bot.objects.filter(mode=Mode.RUNNING)) == set(bots[:2])


def test_many_go_only_after_it_was_asked(ada: Client, paper: ExchangeKey) -> None:
    bots = [create_running_bot(paper, "first"), create_bot(paper, "second")]
    create_open_order(bots[0])
    ids = [bot.pk for bot in bots]
    question = ada.post("/bots/bulk/", {"what": "delete", "id": ids}).content.decode()
    assert "Delete 2 bots?" in question
    assert "1 open order will be cancelled first" in question
    assert not Bot.objects.exclude(after_stop="").exists()
    answer = post_form(ada, "/bots/bulk/", what="delete", id=ids, sure="yes")
    assert "2 bots being deleted" in answer
    assert Bot.objects.filter(after_stop="delete").count() == 2


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"what": "start"}, "Tick the bots"),
        ({"what": "explode", "id": "1"}, "choose what to do"),
        ({"what": "stop", "id": "9" * 40}, "Tick the bots"),
    ],
)
def test_a_wish_without_sense_does_nothing(ada: Client, fields: dict[str, str], words: str) -> None:
    assert words in post_form(ada, "/bots/bulk/", **fields)


# Everything


def test_stop_everything_asks_once_with_the_numbers(ada: Client, paper: ExchangeKey) -> None:
    create_open_order(create_running_bot(paper))
    question = get_page(ada, "/bots/stop-all/")
    assert "1 bot will be stopped and 1 open order cancelled" in question
    assert "0.01</strong> BTC" in question
    assert not StopAll.objects.exists()
    assert "Everything is being stopped" in post_form(ada, "/bots/stop-all/")
    assert Bot.objects.get().mode == Mode.STOPPING
    shown = get_page(ada)
    assert "</strong> of 1 order still open" in shown
    assert "<strong>1</strong> bot not stopped yet" in shown


def test_the_end_of_a_stop_all_is_shown_for_a_while(ada: Client, user: User) -> None:
    now = timezone.now()
    numbers = {"bots": 2, "orders": 7, "left": 0}
    StopAll.objects.create(user=user, asked_at=now, ended_at=now, **numbers)
    assert "2 bots and 7 orders. Every venue has confirmed that nothing is open" in get_page(ada)
    StopAll.objects.update(ended_at=now - timedelta(hours=1))
    assert "Every venue has confirmed" not in get_page(ada)


# One


def test_one_bot_with_its_reasons(ada: Client, paper: ExchangeKey) -> None:
    bot = create_running_bot(paper, "ladder", budget=Decimal(1000))
    create_open_order(bot, "the price is above 50000")
    book = create_pnl_book(bot, "2.5", held="0.01")
    book.closed_trades.create(began_at=timezone.now(), ended_at=timezone.now(), parts=2,
                       turnover=Decimal(1000), gross=Decimal(3), fees=Decimal("0.5"))  # fmt: skip
    shown = get_page(ada, f"/bots/{bot.pk}/")
    for words in ("the price is above 50000", "Sell at", "51,000", "1,000.00 USDT", "+2.50",
                  "started, run 1", "no price known", "Loses when"):  # fmt: skip
        assert words in shown, words


def test_what_is_held_when_it_stopped_is_not_sold_by_another_run(
    ada: Client, paper: ExchangeKey
) -> None:
    bot = create_bot(paper)
    create_pnl_book(bot, "0", held="0.01")
    assert "A new run begins with nothing" in get_page(ada, f"/bots/{bot.pk}/")


def test_by_hand(ada: Client, paper: ExchangeKey) -> None:
    bot = create_bot(paper, strategy="manual", settings={"amount": "500"})
    assert "Start it first" in get_page(ada, f"/bots/{bot.pk}/")
    lifecycle.start_bot(bot.pk, now=timezone.now())
    shown = get_page(ada, f"/bots/{bot.pk}/")
    assert "It spends 500 USDT at market" in shown
    assert "Sell short" not in shown
    create_pnl_book(bot, "0", held="0.01")
    assert "Close the position" in get_page(ada, f"/bots/{bot.pk}/")
    assert "No recent price" in post_form(ada, f"/bots/{bot.pk}/execute/", side="buy")
    assert "holds nothing" in post_form(ada, f"/bots/{bot.pk}/execute/", side="close")
    assert "buy, sell or close?" in post_form(ada, f"/bots/{bot.pk}/execute/", side="all")


ADDRESSES = ["", "edit/", "delete/", "start/", "stop/", "toggle/", "execute/"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_the_bot_of_another_does_not_exist(ada: Client, other_user: User, address: str) -> None:
    theirs = create_running_bot(create_key(other_user), "theirs")
    here = f"/bots/{theirs.pk}/{address}"
    if address in ("", "edit/", "delete/"):
        assert ada.get(here).status_code == 404
    if address:
        assert ada.post(here, {"side": "buy", "sure": "yes"}).status_code == 404
    assert "theirs" not in get_page(ada)
    assert Bot.objects.get().mode == Mode.RUNNING


def test_an_order_says_why_its_bot_wanted_it(
    ada: Client, paper: ExchangeKey, other_user: User
) -> None:
    bot = create_running_bot(paper, "ladder")
    order = create_open_order(bot, "the price is above 50000")
    note_entry(bot, "cancel of buy: all is sold", order=order)
    shown = get_page(ada, f"/orders/?order={order.pk}")
    assert "buy 0.01: the price is above 50000" in shown
    assert "cancel of buy: all is sold" in shown
    assert f'<a class="bot" data-cell="bot" href="/bots/{bot.pk}/">ladder</a>' in shown
    assert Order.objects.count() == 1


def test_without_signing_in_there_is_nothing(client: Client, db: None) -> None:
    for address in ("/bots/", "/bots/new/", "/bots/1/", "/logs/", "/bots/stop-all/"):
        assert client.get(address)["Location"].startswith("/sign-in/")
