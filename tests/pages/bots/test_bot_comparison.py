"""Bots compared over time: the curves are those of their days, nobody else's, and stay live."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from bots.models import Bot, PnlBook, PnlDay
from bots.payloads import bot_data
from exchanges.models import ExchangeKey
from realtime import streams
from tests.conftest import sign_in
from tests.pages.bots.bot_records import create_bot, create_key
from tests.pages.bots.test_portfolio import close_trades, read_text
from tests.pages.bots.test_portfolio_charts import read_data, read_series
from tests.pages.conftest import Tab
from users.models import User


@pytest.fixture
def key(user: User) -> ExchangeKey:
    return create_key(user)


def create_earning_bot(key: ExchangeKey, name: str, *nets: str, symbol: str = "BTC/USDT") -> Bot:
    bot = create_bot(key, name)
    close_trades(key, *nets, bot=bot, symbol=symbol)
    return bot


def get_page(client: Client, *bots: Bot, **more: str) -> str:
    query: dict[str, Any] = {"bot": [bot.pk for bot in bots], **more}
    answer = client.get("/bots/compare/", query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_without_a_bot_it_teaches(client: Client, user: User) -> None:
    sign_in(client, user)
    assert "Nothing to compare yet" in get_page(client)


def test_all_begin_at_zero_on_the_same_day(client: Client, user: User, key: ExchangeKey) -> None:
    early = create_earning_bot(key, "early", "10", "-4", "6")
    late = create_earning_bot(key, "late", "5")
    sign_in(client, user)
    html = get_page(client, early, late, period="all")
    assert read_series(html, "curves") == {"early": [0, 10, 6, 12], "late": [0, 0, 0, 5]}
    assert len(read_data(html, "curves")["times"]) == 4
    shown = read_text(html)
    assert "early +12.00 0.00 6 \N{MINUS SIGN}4.00 +4.00" in shown
    assert "late +5.00 0.00 2 0.00 +5.00" in shown


def test_a_period_begins_at_zero_too(client: Client, user: User, key: ExchangeKey) -> None:
    bot = create_earning_bot(key, "old", *["1"] * 10)
    sign_in(client, user)
    series = read_series(get_page(client, bot, period="7"), "curves")
    assert series["old"] == [0, 1, 2, 3, 4, 5, 6, 7]


def test_six_of_one_currency_at_most(client: Client, user: User, key: ExchangeKey) -> None:
    bots = [create_earning_bot(key, f"bot {number}", "1") for number in range(7)]
    other = create_earning_bot(key, "in bitcoin", "0.5", symbol="ETH/BTC")
    PnlBook.objects.filter(bot=other).update(newest_at=None)
    sign_in(client, user)
    html = get_page(client, *bots, other)
    assert len(read_series(html, "curves")) == 6
    assert "in bitcoin." in read_text(html).split("other money:")[1][:60]


def test_nobody_elses_bot(client: Client, user: User, other_user: User, key: ExchangeKey) -> None:
    theirs = create_earning_bot(create_key(other_user, "Theirs"), "their bot", "31337")
    create_earning_bot(key, "mine", "1")
    sign_in(client, user)
    assert "their bot" not in get_page(client, theirs)
    assert "31,337" not in get_page(client, theirs)


@pytest.mark.browser
def test_the_curves_grow_without_a_reload(tab: Tab, user: User, key: ExchangeKey) -> None:
    bot = create_earning_bot(key, "grower", "10", "20")
    create_earning_bot(key, "other", "3")
    page = tab(user, "/bots/compare/?period=all", viewport={"width": 360, "height": 800})
    page.wait_for_selector("[data-chart=curves] .u-legend:has-text('+30.00 USDT')")
    page.wait_for_selector("#dot[data-state=live]")
    page.wait_for_selector("#drawn-curves", state="hidden")
    page.evaluate("window.sameDocument = true")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    earn_more(bot, "1000")
    page.wait_for_selector("[data-chart=curves] .u-legend:has-text('+1,030.00 USDT')")
    page.wait_for_selector("#figures:has-text('+1,030.00')")
    assert page.evaluate("window.sameDocument")


def earn_more(bot: Bot, net: str) -> None:
    """Add to the profit of today, and tell the bot's page as the recorder does."""
    day = PnlDay.objects.get(book__bot=bot, on=timezone.now().date())
    day.gross += Decimal(net)
    day.save()
    with streams.unit() as unit:
        unit.event(user_id=bot.user_id, type="bot_update", data=bot_data(bot))
