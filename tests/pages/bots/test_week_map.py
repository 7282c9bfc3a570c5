"""The map of the week on the pages of a bot and of the portfolio, by the person's clock."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.test import Client

from bots.models import Bot, ClosedTrade, PnlBook, PnlHour
from tests.conftest import sign_in
from tests.pages.bots.bot_records import create_bot, create_key
from tests.pages.bots.test_portfolio import read_text
from users.models import User

WINTER = datetime(2026, 1, 5, 22, 30, tzinfo=UTC)  # a Monday; in Berlin it is 23:30
SUMMER = datetime(2026, 7, 6, 22, 30, tzinfo=UTC)  # a Monday; in Berlin it is Tuesday, 00:30


@pytest.fixture
def bot(user: User) -> Bot:
    return create_bot(create_key(user))


def close_trade(bot: Bot, at: datetime, net: str) -> None:
    """Record a trade of a bot and of its key, as the recorder would."""
    for owner in (bot, None):
        book, _ = PnlBook.objects.get_or_create(
            user=bot.user,
            key=bot.key,
            bot=owner,
            symbol="BTC/USDT",
            quote="USDT",
            defaults={"newest_at": at},
        )
        ClosedTrade.objects.create(
            book=book, began_at=at, ended_at=at, turnover=1, gross=net, fees=0, parts=2
        )
        hour, _ = PnlHour.objects.get_or_create(book=book, weekday=at.weekday(), hour=at.hour)
        hour.net, hour.rounds = hour.net + Decimal(net), hour.rounds + 1
        hour.save()


def read_page(client: Client, path: str) -> str:
    return read_text(client.get(path, {"period": "all"}).content.decode())


def test_hours_are_those_of_the_persons_clock_when_the_trade_closed(
    client: Client, user: User, bot: Bot
) -> None:
    close_trade(bot, WINTER, "-7.25")
    close_trade(bot, SUMMER, "3")
    sign_in(client, user)
    for path in ("/portfolio/", f"/bots/{bot.pk}/"):
        page = read_page(client, path)
        assert "Worst: Mon 22:00 UTC" in page
        assert "Choose your time zone" in page
    User.objects.filter(pk=user.pk).update(time_zone="Europe/Berlin")
    for path in ("/portfolio/", f"/bots/{bot.pk}/"):
        page = read_page(client, path)
        assert "on the clock of Europe/Berlin" in page
        assert "Worst: Mon 23:00 Europe/Berlin" in page
        assert "Best: Tue 00:00 Europe/Berlin" in page
        assert "Mon 23:00 \N{MINUS SIGN}7.25 1 Tue 00:00 +3.00 1" in page
        assert "Choose your time zone" not in page


def test_the_worst_hour_has_a_frame(client: Client, user: User, bot: Bot) -> None:
    close_trade(bot, WINTER, "-7")
    close_trade(bot, WINTER.replace(hour=3), "-1")
    sign_in(client, user)
    html = client.get(f"/bots/{bot.pk}/").content.decode()
    assert html.count(' most"') == 1
    assert html.index('class="loss s4 most"') > html.index('class="loss s1"')
