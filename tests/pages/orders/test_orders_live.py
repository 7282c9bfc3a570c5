"""The page of an order and the table of orders in a browser, while orders change and end."""

from decimal import Decimal

import pytest

from exchanges.models import ExchangeKey
from tests.pages.conftest import Tab
from tests.pages.orders.test_order_pages import attach, fill_order
from tests.pages.test_live_pages import is_same, open_live
from tests.trading import record_order
from users.models import User

pytestmark = pytest.mark.browser


@pytest.fixture
def key(user: User) -> ExchangeKey:
    return attach(user)


def test_the_page_of_an_order_follows_it(tab: Tab, user: User, key: ExchangeKey) -> None:
    order = record_order(key, quantity=Decimal(10))
    page = open_live(tab, user, f"/orders/{order.pk}/")
    fill_order(order, "4")
    page.wait_for_selector("#order-head [data-status=partially_filled]")
    page.click("#order-fills summary")
    page.wait_for_selector("#order-fills .fills tbody tr")
    page.click("#order-head [data-act=cancel]")
    page.click("#ask [value=yes]")
    page.wait_for_selector("#order-head:has-text('cancel asked')")
    assert page.is_visible("#order-fills .fills tbody tr"), "what was opened stays open"
    assert is_same(page)


def test_a_long_list_goes_on_by_itself(tab: Tab, user: User, key: ExchangeKey) -> None:
    orders = [record_order(key, price=Decimal(100 + n)) for n in range(270)]
    page = open_live(tab, user, "/orders/?status=all")
    page.focus(f"#order-{orders[-2].pk}")
    for place in (210, 0):  # a page of 50, then one of 200 at once, then the rest
        page.evaluate("scrollTo(0, document.body.scrollHeight)")
        page.wait_for_selector(f"#order-{orders[place].pk}")
    assert page.evaluate("document.activeElement.id") == f"order-{orders[-2].pk}"
    assert page.locator(".orders .order").count() == len(orders), "each of them once"
    assert page.locator("[data-more]").count() == 0
    fill_order(orders[0], "0.004")
    page.wait_for_selector(f"#order-{orders[0].pk}[data-status=partially_filled]")
    assert is_same(page)


def test_rows_far_from_the_window_are_left_out(tab: Tab, user: User, key: ExchangeKey) -> None:
    orders = [record_order(key, price=Decimal(100 + n)) for n in range(200)]
    page = open_live(tab, user, "/orders/?status=all")
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    page.wait_for_selector(f"#order-{orders[0].pk}", state="attached")
    heights = "[...document.querySelectorAll('tbody')].map((body) => body.offsetHeight)"
    full = page.evaluate(f"{heights}[1]")
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_selector(f"#order-{orders[0].pk}", state="hidden")
    assert page.evaluate(f"{heights}[2]") == full, "their room is kept"
    page.evaluate("document.querySelector('tbody:last-child').scrollIntoView()")
    page.wait_for_selector(f"#order-{orders[0].pk}")
    page.focus(f"#order-{orders[0].pk}")
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_selector(f"#order-{orders[60].pk}", state="hidden")
    page.keyboard.press("k")
    page.wait_for_selector(f"#order-{orders[1].pk}:focus")
    page.set_viewport_size({"width": 360, "height": 700})
    page.evaluate("document.querySelector('tbody:last-child').scrollIntoView()")
    page.wait_for_selector(f"#order-{orders[1].pk}")


def test_many_changes_at_once_are_all_shown(tab: Tab, user: User, key: ExchangeKey) -> None:
    orders = [record_order(key, price=Decimal(100 + n)) for n in range(80)]
    page = open_live(tab, user, "/orders/")
    page.focus(f"#order-{orders[40].pk}")
    top = page.evaluate("document.activeElement.getBoundingClientRect().top")
    page.keyboard.press("p")
    for order in orders:
        fill_order(order, "0.004")
    page.wait_for_selector("#notlive:has-text('80 changes wait')")
    page.keyboard.press("p")
    page.locator("#rows [data-status=partially_filled]").nth(79).wait_for()
    assert page.evaluate("document.activeElement.id") == f"order-{orders[40].pk}"
    assert page.evaluate("document.activeElement.getBoundingClientRect().top") == top
    assert page.evaluate("document.getAnimations().length") <= 80, "one fade for a cell, if any"


def test_several_orders_are_chosen_cancelled_and_found_again(
    tab: Tab, user: User, key: ExchangeKey
) -> None:
    orders = [record_order(key, price=Decimal(100 + n)) for n in range(3)]
    page = open_live(tab, user, "/orders/")
    page.click("thead a:text-is('Price')")
    page.wait_for_selector("th[aria-sort=ascending]:has-text('Price')")
    assert page.get_attribute("#rows .order", "data-id") == str(orders[0].pk)
    page.click("#column-choice summary")
    page.check("#column-choice [value=value]")
    page.wait_for_selector("#rows td.value:visible")
    page.keyboard.press("Escape")
    for order in orders[1:]:
        page.check(f"#order-{order.pk} .pick input")
    page.click("[data-act=cancel-chosen]:has-text('(2)')")
    page.wait_for_selector("#dialog:has-text('2 orders will be cancelled')")
    page.click("#dialog .button.danger")
    page.locator("#recent .order[data-status=canceled]").nth(1).wait_for()  # after a moment
    assert page.locator("#rows .order").count() == 1
    assert is_same(page)

    page.keyboard.press("Control+k")
    page.keyboard.type(str(orders[0].pk))
    page.wait_for_selector("#palette [aria-selected=true]:has-text('Order')")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/orders/{orders[0].pk}/")
    assert User.objects.get(pk=user.pk).order_columns
