"""The charts of the portfolio: what is drawn is what is stored, live, and without a script too."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from bots.models import IncomeEntry, PortfolioValue
from exchanges.models import ExchangeKey
from tests.conftest import sign_in
from tests.pages.bots.bot_records import create_key
from tests.pages.bots.test_portfolio import (
    close_trades,
    get_page,
    read_text,
    set_balances,
    set_prices,
)
from tests.pages.conftest import Tab
from users.models import User


def store_values(user: User, *values: str) -> None:
    """Store a value for each round of five minutes up to now, the newest last."""
    now = timezone.now()
    for back, value in enumerate(reversed(values)):
        at = now - timedelta(minutes=5 * back)
        PortfolioValue.objects.create(user=user, is_paper=True, at=at, value=value)


def pay_in(key: ExchangeKey, amount: str, *, minutes_ago: float) -> None:
    at = timezone.now() - timedelta(minutes=minutes_ago)
    IncomeEntry.objects.create(
        user=key.user, key=key, kind="deposit", asset="USDT", venue_id="1", at=at,
        amount=amount, value=amount,
    )  # fmt: skip


def read_data(html: str, name: str) -> dict[str, Any]:
    text = re.search(rf'<script id="data-{name}"[^>]*>(.*?)</script>', html, re.DOTALL)
    assert text
    data: dict[str, Any] = json.loads(text[1])
    return data


def read_series(html: str, name: str) -> dict[str, list[float | None]]:
    return {one["label"]: one["values"] for one in read_data(html, name)["series"]}


@pytest.fixture
def key(user: User) -> ExchangeKey:
    return create_key(user)


def test_a_deposit_is_neither_profit_nor_peak(client: Client, user: User, key: ExchangeKey) -> None:
    set_balances(key, USDT="1480")
    store_values(user, "1000", "1100", "1050", "1550", "1480")
    pay_in(key, "500", minutes_ago=7)
    sign_in(client, user)
    html = get_page(client, span="day")
    series = read_series(html, "value")
    assert series["Value"][:5] == [1000, 1100, 1050, 1550, 1480]
    assert series["Without profit"][:5] == [1000, 1000, 1000, 1500, 1500]
    assert read_series(html, "fall")["Drawdown"][:5] == [0, 0, -50, -50, -120]
    shown = read_text(html)
    assert "1,480.00 1,500.00 \N{MINUS SIGN}120.00" in shown


def test_exposure_is_drawn_once_it_is_known(client: Client, user: User, key: ExchangeKey) -> None:
    set_prices(key, BTC="40000")
    set_balances(key, USDT="1000", BTC="0.5")
    store_values(user, "20000", "21000")
    PortfolioValue.objects.filter(value=21_000).update(exposure=15_000)
    sign_in(client, user)
    html = get_page(client, span="day")
    assert read_series(html, "exposure")["Exposure"][:3] == [None, 15_000, 20_000]
    assert "20,000.00 USDT move with prices" in read_text(html)


def test_a_gap_stays_a_gap(client: Client, user: User, key: ExchangeKey) -> None:
    set_balances(key, USDT="7")
    now = timezone.now()
    for minutes in (65, 60, 10, 5):
        at = now - timedelta(minutes=minutes)
        PortfolioValue.objects.create(user=user, is_paper=True, at=at, value=minutes)
    sign_in(client, user)
    data = read_data(get_page(client, span="day"), "value")
    values = data["series"][0]["values"]
    assert values[:5] == [65, 60, None, 10, 5]
    assert data["times"] == sorted(set(data["times"]))


def test_each_day_is_drawn_at_its_end(client: Client, user: User, key: ExchangeKey) -> None:
    close_trades(key, "10", "-4", "6")
    sign_in(client, user)
    html = get_page(client, period="all")
    assert read_series(html, "daily")["Profit"] == [None, 10, -4, 6]
    assert read_series(html, "earned")["Earned"] == [0, 10, 6, 12]
    midnight = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    end = midnight + timedelta(days=1)
    assert read_data(html, "daily")["times"][-1] == end.timestamp()
    assert "+6.00 +12.00" in read_text(html)


def test_a_month_and_a_quarter_can_be_chosen(client: Client, user: User, key: ExchangeKey) -> None:
    set_balances(key, USDT="7")
    store_values(user, "5")
    at = timezone.now() - timedelta(days=60)
    PortfolioValue.objects.create(user=user, is_paper=True, at=at, value=3)
    sign_in(client, user)
    assert read_series(get_page(client, span="month"), "value")["Value"][0] == 5
    assert read_series(get_page(client, span="quarter"), "value")["Value"][0] == 3


READ_TIME = """(name) => document.querySelector(`[data-chart=${name}] .u-value`).textContent"""


def drag_over(page: Any, name: str) -> None:
    """Choose the second half of a chart with the mouse."""
    box = page.locator(f"[data-chart={name}] .u-over").bounding_box()
    height = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2, height)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 5, height, steps=4)
    page.mouse.up()


def wait_for_legend(page: Any, name: str, text: str) -> None:
    page.wait_for_selector(f"[data-chart={name}] .u-legend:has-text('{text}')")


def read_first_time(page: Any, name: str) -> str:
    """Return the time at the left edge of a chart."""
    page.focus(f"[data-chart={name}]")
    page.keyboard.press("Home")
    text: str = page.text_content(f"[data-chart={name}] .u-legend .u-value")
    return text


@pytest.mark.browser
def test_charts_share_crosshair_and_zoom_and_stay_live(
    tab: Tab, user: User, key: ExchangeKey
) -> None:
    set_balances(key, USDT="1480")
    store_values(user, *(str(1000 + step * 20) for step in range(25)))
    close_trades(key, "10", "-4", "6")
    page = tab(user, "/portfolio/?span=day", viewport={"width": 1400, "height": 1600})
    for name in ("value", "fall", "earned", "daily"):
        page.wait_for_selector(f"[data-chart={name}] .u-over")
        page.wait_for_selector(f"#drawn-{name}", state="hidden")
    whole = read_first_time(page, "value")
    wait_for_legend(page, "value", "1,000.00 USDT")
    wait_for_legend(page, "fall", "0.00 USDT")
    drag_over(page, "value")
    page.wait_for_function(f"({READ_TIME})('fall') > '{whole}'")
    assert read_first_time(page, "fall") > whole
    page.wait_for_selector("#dot[data-state=live]")
    page.evaluate("window.sameDocument = true")
    set_balances(key, USDT="7654321.25")
    page.wait_for_selector(".total:has-text('7,654,321.25')")
    page.focus("[data-chart=value]")
    page.keyboard.press("Escape")
    assert read_first_time(page, "fall") == whole
    page.keyboard.press("End")
    wait_for_legend(page, "value", "7,654,321.25 USDT")
    assert page.evaluate("window.sameDocument")
