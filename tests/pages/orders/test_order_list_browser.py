"""The page that people love, in a real browser on the real parts: web, worker, timetable, venue."""

from typing import TYPE_CHECKING

import pytest

from exchanges.models import ExchangeKey
from orders.models import Order
from tests.conftest import PASSWORD
from tests.pages.conftest import Tab
from tests.simulator import SimulatorProcess
from users.models import User

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("worker", "beat")]

LIVE = "#dot[data-state=live]"
FILLED = ".orders .order[data-status=filled]"
OPEN = "#rows .order[data-status=new]"
PHONE = {"width": 390, "height": 844}


def place_order(page: "Page", *, price: str = "59000", quantity: str = "0.01") -> None:
    page.wait_for_selector(LIVE)
    page.click("[data-act=place]")
    page.fill("dialog [name=symbol]", "btc/usdt")
    page.fill("dialog [name=quantity]", quantity)
    page.fill("dialog [name=price]", price)
    page.click("dialog .button.main")
    page.wait_for_selector("dialog", state="hidden")


def test_sign_in_place_and_see_it_filled(
    tab: Tab, user: User, key: ExchangeKey, simulator: SimulatorProcess
) -> None:
    simulator.control.post("price", symbol="BTCUSDT", price="60000")
    page = tab(None)
    page.fill("[name=login]", user.username)
    page.fill("[name=password]", PASSWORD)
    page.click("button:has-text('Sign in')")
    place_order(page)
    page.wait_for_selector(OPEN)
    page.evaluate("window.sameDocument = true")

    simulator.control.post("price", symbol="BTCUSDT", price="58000")

    page.wait_for_selector(FILLED)
    page.wait_for_selector(".toast[data-kind=filled]")
    assert page.evaluate("window.sameDocument")
    assert page.inner_text(f"{FILLED} .percent") == "100 %"
    page.wait_for_selector("#statistics:has-text('590')")


def test_an_open_timeline_goes_on(
    tab: Tab, user: User, key: ExchangeKey, simulator: SimulatorProcess
) -> None:
    simulator.control.post("price", symbol="BTCUSDT", price="60000")
    page = tab(user)
    place_order(page)
    page.click(f"{OPEN} .symbol a")
    page.wait_for_selector("#detail .steps li[data-status=new]")
    simulator.control.post("price", symbol="BTCUSDT", price="58000")
    page.wait_for_selector("#detail .steps li[data-status=filled]")
    page.click("#detail details summary")
    page.wait_for_selector("#detail .fills tbody tr")


def test_every_tab_changes(
    tab: Tab, user: User, key: ExchangeKey, simulator: SimulatorProcess
) -> None:
    simulator.control.post("price", symbol="BTCUSDT", price="60000")
    first, second = tab(user), tab(user)
    second.wait_for_selector(LIVE)
    place_order(first)
    for page in (first, second):
        page.wait_for_selector(OPEN)
    simulator.control.post("price", symbol="BTCUSDT", price="58000")
    for page in (first, second):
        page.wait_for_selector(FILLED)


def test_nobody_sees_the_orders_of_another(
    tab: Tab, user: User, other_user: User, key: ExchangeKey, simulator: SimulatorProcess
) -> None:
    theirs = tab(other_user)
    theirs.wait_for_selector(LIVE)
    mine = tab(user)
    place_order(mine)
    mine.wait_for_selector(OPEN)
    order = Order.objects.get()
    assert theirs.locator(".order").count() == 0
    theirs.goto(f"/orders/?order={order.pk}&status=all")
    assert theirs.locator(".order, .timeline").count() == 0
    assert theirs.request.get(f"/orders/{order.pk}/").status == 404


def test_an_open_order_gets_another_price(tab: Tab, user: User, key: ExchangeKey) -> None:
    page = tab(user)
    place_order(page)
    page.click(f"{OPEN} .symbol a")
    page.click("#detail [data-act=amend]")
    page.fill("dialog [name=price]", "0")
    page.click("dialog .button.main")
    page.wait_for_selector("dialog .errors")
    page.fill("dialog [name=price]", "51000")
    page.click("dialog .button.main")
    page.wait_for_selector("dialog", state="hidden")
    page.wait_for_selector(f"{OPEN}:has-text('51,000')")
    page.wait_for_selector("#detail .steps:has-text('change to 0.01 at 51000')")
    assert Order.objects.get().price == 51000


def test_cancel_asks_once_and_says_what_the_venue_confirmed(
    tab: Tab, user: User, key: ExchangeKey
) -> None:
    page = tab(user)
    place_order(page)
    page.click(f"{OPEN} [data-act=cancel]")
    assert "Buy 0.0100 BTC at 59,000.00 USDT" in page.inner_text("#ask .words")
    page.click("#ask .button.danger")
    page.wait_for_selector(".orders .order[data-status=canceled]")
    page.wait_for_selector(".toast:has-text('Cancelled')")


def test_cancel_all_says_the_amounts_first(tab: Tab, user: User, key: ExchangeKey) -> None:
    page = tab(user)
    place_order(page)
    place_order(page, quantity="0.02")
    page.locator(OPEN).nth(1).wait_for()
    page.click("[data-act=cancel-all]")
    assert "0.03 BTC" in page.inner_text("dialog .amounts")
    page.click("dialog .button.danger")
    page.locator(".orders .order[data-status=canceled]").nth(1).wait_for()
    page.wait_for_selector(".toast:has-text('2 of 2 cancelled')")


def test_without_a_mouse(tab: Tab, user: User, key: ExchangeKey) -> None:
    page = tab(user)
    page.wait_for_selector(LIVE)
    page.keyboard.press("n")
    page.wait_for_selector("dialog[open] [name=symbol]:focus")
    page.keyboard.type("BTC/USDT")
    page.focus("dialog [name=quantity]")
    page.keyboard.type("0.01")
    page.focus("dialog [name=price]")
    page.keyboard.type("59000")
    page.keyboard.press("Enter")
    page.wait_for_selector(OPEN)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_selector("#detail .steps li")
    assert "order=" in page.url
    page.keyboard.press("Escape")
    page.wait_for_selector("#detail", state="hidden")
    page.keyboard.press("c")
    page.wait_for_selector("#ask[open]")
    page.keyboard.press("Enter")
    page.wait_for_selector(".orders .order[data-status=canceled]")
    page.keyboard.press("?")
    page.wait_for_selector("#help[open]")
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.name") == "q"


def test_a_new_order_begins_with_the_market_of_the_row(
    tab: Tab, user: User, key: ExchangeKey
) -> None:
    page = tab(user)
    place_order(page)
    page.wait_for_selector(OPEN)
    page.keyboard.press("j")
    page.keyboard.press("n")
    page.wait_for_selector("dialog[open] [name=quantity]:focus")
    assert page.input_value("dialog [name=symbol]") == "BTC/USDT"
    assert page.input_value("dialog [name=key]") == str(key.pk)


def test_on_a_phone(tab: Tab, user: User, key: ExchangeKey, simulator: SimulatorProcess) -> None:
    page = tab(user, viewport=PHONE, has_touch=True, is_mobile=True)
    place_order(page)
    page.wait_for_selector(OPEN)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.tap(f"{OPEN} .symbol a")
    page.wait_for_selector("#detail .steps")
    page.tap("#detail .close")
    page.wait_for_selector("#detail", state="hidden")


def test_paused_it_waits_and_says_so(tab: Tab, user: User, key: ExchangeKey) -> None:
    page, other = tab(user), tab(user)
    page.wait_for_selector(LIVE)
    page.keyboard.press("p")
    page.wait_for_selector("#dot[data-state=paused]")
    place_order(other)
    other.wait_for_selector(OPEN)
    page.wait_for_selector("#notlive:has-text('1 change waits')")
    assert page.locator(".order").count() == 0
    page.keyboard.press("p")
    page.wait_for_selector(OPEN)
