"""The page of one bot is an instrument: chart, ladder, hours, and the reasons of its orders."""

import json
import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from bots.models import PnlHour
from orders.models import Fill
from tests.pages.bots.bot_records import (
    create_bot,
    create_key,
    create_open_order,
    create_pnl_book,
    create_running_bot,
)
from users.models import User


@pytest.fixture
def ada(client: Client, user: User) -> Client:
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return client


def test_its_orders_and_fills_are_on_the_chart_with_their_reasons(ada: Client, user: User) -> None:
    bot = create_running_bot(create_key(user), "ladder")
    other = create_running_bot(bot.key, "other")
    create_open_order(other, "of the other one")
    order = create_open_order(bot, "10 % below the first purchase")
    Fill.objects.create(order=order, user=user, key=bot.key, symbol=bot.symbol, trade_id="1",
                        side="buy", price=Decimal(50000), quantity=Decimal("0.005"),
                        executed_at=timezone.now() - timedelta(minutes=5))  # fmt: skip
    page = ada.get(f"/bots/{bot.pk}/?interval=1h").content.decode()
    found = re.search(r'<script id="chart-data"[^>]*>(.*?)</script>', page)
    assert found
    chart = json.loads(found[1])
    assert [row["id"] for row in chart["orders"]] == [order.pk]
    assert [fill["order"] for fill in chart["fills"]] == [order.pk]
    assert chart["reasons"] == {str(order.pk): "10 % below the first purchase"}
    assert not chart["can_amend"]  # its prices are the strategy's
    assert "interval=1h" in page
    assert 'class="chart ladder"' in page
    assert "10 % below the first purchase</title>" in page


def test_the_worst_hour_is_said_in_words(ada: Client, user: User) -> None:
    bot = create_bot(create_key(user), "ladder")
    book = create_pnl_book(bot, "7")
    for weekday, hour, net in ((0, 9, "12"), (3, 14, "-5")):
        PnlHour.objects.create(book=book, weekday=weekday, hour=hour, net=Decimal(net), rounds=1)
    page = ada.get(f"/bots/{bot.pk}/").content.decode()
    assert "Worst: Thu 14:00 UTC" in page
    assert 'class="chart week"' in page
