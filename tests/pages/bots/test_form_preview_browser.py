"""The form of a new bot in a browser: what it would place is drawn while somebody types."""

import pytest

from bots.models import Bot
from exchanges.models import ExchangeKey
from tests.pages.bots.bot_records import create_key
from tests.pages.conftest import Tab
from tests.pages.orders.test_markets import create_symbol
from users.models import User

pytestmark = pytest.mark.browser

FIELDS = {"buy_price": "50000", "sell_price": "51000", "quantity": "0.01"}
SHOWS = "(words) => document.getElementById('preview').textContent.includes(words)"


@pytest.fixture
def paper(user: User) -> ExchangeKey:
    create_symbol("BTC", step="0.01")
    return create_key(user)


def test_the_drawing_follows_what_is_typed(tab: Tab, user: User, paper: ExchangeKey) -> None:
    page = tab(user, "/bots/new/", viewport={"width": 360, "height": 700})
    page.check("[value=scalper]")
    page.wait_for_selector("[name=set-sell_price]")
    page.fill("[name=symbol]", "BTC/USDT")
    for name, value in FIELDS.items():
        page.fill(f"[name=set-{name}]", value)
    page.wait_for_function(SHOWS, arg="buy 0.01 at 50000")
    page.fill("[name=set-buy_price]", "40000")
    page.wait_for_function(SHOWS, arg="buy 0.01 at 40000")
    assert page.input_value("[name=set-sell_price]") == "51000", "nothing typed is lost"
    page.fill("[name=set-sell_price]", "39000")
    page.wait_for_selector("#preview:has-text('This must be above the price to buy at')")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert not Bot.objects.exists()


def test_nothing_typed_is_lost_by_another_strategy(
    tab: Tab, user: User, paper: ExchangeKey
) -> None:
    page = tab(user, "/bots/new/")
    page.fill("[name=name]", "ladder")
    page.keyboard.press("Tab")
    page.check("[value=scalper]")
    page.wait_for_selector("[name=set-sell_price]")
    page.check("[value=grid]")
    page.wait_for_selector("[name=set-levels]")
    assert page.input_value("[name=name]") == "ladder"
