"""A sound and a browser notification on each fill: once for all tabs, and only where wanted."""

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from exchanges.models import ExchangeKey
from orders.models import Order
from tests.browser import find_chromium, start_browser
from tests.pages.bots.bot_records import create_key
from tests.pages.conftest import Tab
from tests.pages.orders.test_order_pages import fill_order
from tests.pages.test_live_pages import LIVE
from tests.services import wait_until
from tests.trading import record_order
from users.models import User

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

# Notes what the browser is asked to show and to play, and lets it.
NOTE = """
window.shown = [];
window.tones = 0;
window.Notification = class extends Notification {
  constructor(title, options) {
    super(title, options);
    shown.push(`${title}: ${options.body}`);
  }
};
const { start } = AudioScheduledSourceNode.prototype;
AudioScheduledSourceNode.prototype.start = function (...times) {
  tones += 1;
  start.apply(this, times);
};
"""
HIDE = """() => {
  Object.defineProperty(document, "hidden", { value: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """Chromium as people have it: the one without windows refuses notifications."""
    with start_browser(find_chromium()) as started:
        yield started


@pytest.fixture
def key(user: User) -> ExchangeKey:
    return create_key(user)


def open_tabs(tab: Tab, user: User, count: int) -> list["Page"]:
    first = tab(user, "/preferences/", permissions=["notifications"])
    first.context.add_init_script(NOTE)
    pages = [first, *(first.context.new_page() for _ in range(count - 1))]
    for page in pages:
        page.goto("/orders/")
        page.wait_for_selector(LIVE)
    return pages


def read_shown(pages: list["Page"]) -> list[str]:
    return [text for page in pages for text in page.evaluate("shown")]


def count_tones(pages: list["Page"]) -> int:
    return sum(page.evaluate("tones") for page in pages)


def fill_part(order: Order, quantity: str) -> None:
    """Fill 0.01 more, at its own price."""
    fill_order(order, quantity, price="60000.5")


def test_each_fill_is_shown_once_by_tabs_that_nobody_sees(
    tab: Tab, user: User, key: ExchangeKey, other_user: User
) -> None:
    User.objects.filter(pk=user.pk).update(fill_notifications=True)
    orders = [record_order(key, symbol="BTC/USDT", quantity=Decimal(size)) for size in "123"]
    pages = open_tabs(tab, user, 3)
    for page in pages[1:]:
        page.evaluate(HIDE)
    fill_part(orders[0], "1")
    for page in pages:
        page.wait_for_selector(".toast:has-text('Filled')")
    pages[0].evaluate(HIDE)
    fill_part(record_order(create_key(other_user), quantity=Decimal(7)), "7")
    fill_part(orders[1], "2")
    wait_until(lambda: read_shown(pages), what="a notification")
    fill_part(orders[2], "3")
    wait_until(lambda: len(read_shown(pages)) > 1, what="another one")
    told = [f"Bought {size}.0000 BTC: BTC/USDT at 60,000.50" for size in "23"]
    assert sorted(read_shown(pages)) == told
    assert count_tones(pages) == 0


def test_each_fill_sounds_once(tab: Tab, user: User, key: ExchangeKey) -> None:
    User.objects.filter(pk=user.pk).update(fill_sound=True)
    orders = [record_order(key, quantity=Decimal(1)) for _ in range(2)]
    pages = open_tabs(tab, user, 3)
    for page in pages[:2]:
        page.keyboard.press("Shift")  # a page that nobody has used must not sound
    for number, order in enumerate(orders, 1):
        fill_part(order, "1")
        wait_until(lambda: count_tones(pages) >= 2 * number, what="a sound")  # noqa: B023
    assert count_tones(pages) == 4
    assert pages[2].evaluate("tones") == 0
    assert read_shown(pages) == []


def test_the_choice_is_made_and_tried_on_the_page_of_preferences(tab: Tab, user: User) -> None:
    page = tab(user, "/preferences/", permissions=["notifications"])
    page.context.add_init_script(NOTE)
    page.goto("/preferences/")
    page.wait_for_selector("text=This browser may show notifications.")
    assert not page.is_visible("text=Allow notifications here")
    page.click("text=Play the sound")
    wait_until(lambda: page.evaluate("tones") == 2, what="two tones")
    page.check("[name=fill_sound]")
    page.check("[name=fill_notifications]")
    page.click("text=Save")
    page.wait_for_selector("body[data-fill-sound][data-fill-notifications]")
    user.refresh_from_db()
    assert (user.fill_sound, user.fill_notifications) == (True, True)


def test_a_browser_that_was_not_asked_says_so(tab: Tab, user: User) -> None:
    page = tab(user, "/preferences/")
    page.wait_for_selector("#fill-alerts:not([hidden])")
    stated = page.locator("#fill-alerts [data-permission]:visible")
    assert stated.get_attribute("data-permission") in ("default", "denied")
