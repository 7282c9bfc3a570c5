"""No page scrolls sideways, on a phone or on a desk, however long the names are."""

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from bots.models import Bot, LogEntry, PortfolioValue
from exchanges.keys import actions
from exchanges.models import ExchangeKey
from tests.pages.bots.bot_records import create_key
from tests.pages.bots.test_portfolio import close_trades, set_balances
from tests.pages.conftest import Tab
from tests.pages.orders.test_markets import create_symbol
from tests.trading import record_order
from users.api_tokens.actions import NewToken, create_token

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

LONG = "A name as long as somebody in love with words would choose it"[:60]
PAGES = [
    *("/orders/new/", "/orders/cancel-all/", "/bots/new/", "/logs/", "/notifications/"),
    *(
        "/preferences/",
        "/password/",
        "/second-factor/",
        "/sessions/",
        "/api-tokens/",
        "/api/events/",
        "/portfolio/?span=all&period=all",
        "/bots/compare/?period=all",
    ),
]
WIDE = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
BEYOND = """() => [...document.querySelectorAll("body *")]
    .filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
    .map((one) => `${one.tagName}.${one.className}`).slice(0, 8)"""


@pytest.fixture
def full(key: ExchangeKey) -> list[str]:
    """Something of everything; addresses of pages that tell of it."""
    bot = Bot.objects.create(user=key.user, key=key, name=LONG, symbol="BTC/USDT", strategy="grid")
    now = timezone.now()
    for number in range(40):
        at = now - timedelta(minutes=5 * number)
        PortfolioValue.objects.create(
            user=key.user, is_paper=True, at=at, value=100_000 + 777 * number
        )
    for venue in ("okx", "bybit"):
        for market in ("spot", "futures"):
            record_order(create_key(key.user, f"{venue} {market}", venue=venue, market=market))
    actions.rename(key.pk, LONG)
    set_balances(key, USDT="126758.66", BTC="1.23456789")
    order = record_order(key, bot=bot, price=Decimal("59000.123456"), quantity=Decimal("0.0123456"))
    nets = ["1234567.89", "-98765.4321"] * 30
    close_trades(key, *nets)
    close_trades(key, *nets, bot=bot)
    scopes, ids = ["trade"], [key.pk]
    wanted = NewToken(name=LONG, scopes=scopes, days=9, key_ids=ids, networks=["2001:db8::/48"] * 9)
    create_token(key.user, wanted, now=now)
    words = f"{LONG}: {'x' * 80}"
    LogEntry.objects.create(user=key.user, bot=bot, order=order, level="error", message=words,
                        created_at=now)  # fmt: skip
    create_symbol("BTC", step="0.01")
    market = "/markets/binance.spot.paper:BTC/USDT/"
    return [market, f"/orders/?order={order.pk}", f"/bots/{bot.pk}/", f"/bots/{bot.pk}/edit/"]


def list_links(page: "Page") -> list[str]:
    links = page.eval_on_selector_all(".top nav a", "all => all.map((one) => one.pathname)")
    assert {"/orders/", "/portfolio/", "/keys/"} <= set(links)
    return list(dict.fromkeys(links))


@pytest.mark.parametrize("width", [390, 1280])
def test_no_page_scrolls_sideways(tab: Tab, key: ExchangeKey, full: list[str], width: int) -> None:
    page = tab(key.user, viewport={"width": width, "height": 844})
    beyond = {}
    for path in [*list_links(page), *PAGES, *full]:
        answer = page.goto(path)
        assert answer, path
        assert answer.status == 200, path
        if page.evaluate(WIDE) > 0:
            beyond[path] = page.evaluate(BEYOND)
    assert not beyond


def test_what_is_rarely_needed_waits_behind_more(tab: Tab, key: ExchangeKey) -> None:
    page = tab(key.user, viewport={"width": 390, "height": 844}, java_script_enabled=False)
    assert not page.is_visible("nav >> text=Holdings")
    page.click("nav .pages-more summary")
    page.click(".pages-more >> text=Holdings")
    page.wait_for_url("**/holdings/")
