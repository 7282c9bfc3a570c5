"""The page never pretends: what it shows when something is away, late, or somebody else's turn."""

import re
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from django.db.models import F
from django.utils import timezone

from config.launcher import processes
from exchanges.models import ExchangeKey
from orders import placement, reconciler
from orders.models import Order
from realtime.models import Stream
from tests.pages.conftest import Tab
from tests.pages.orders.test_order_list_browser import FILLED, LIVE, OPEN, place_order
from tests.services import free_port, process_environment, run_part, wait_until
from tests.simulator import SimulatorProcess
from tests.trading import record_order
from users.models import User

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

pytestmark = pytest.mark.browser
PENDING = "#rows .order[data-status=pending]"


@pytest.mark.usefixtures("worker", "beat")
def test_a_restarted_server_is_caught_up_with(
    tab: Tab, user: User, key: ExchangeKey, simulator: SimulatorProcess
) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    server = processes.web_part(
        port=port, environment=process_environment() | {"FILLWATCH_URL": url}
    )
    simulator.control.post("price", symbol="BTCUSDT", price="60000")
    with run_part(server):
        page = tab(user, base_url=url)
        place_order(page)
        page.wait_for_selector(OPEN)
    page.wait_for_selector("#dot:is([data-state=waiting], [data-state=connecting])")
    page.wait_for_selector("#notlive:has-text('This page shows what was true at')")
    simulator.control.post("price", symbol="BTCUSDT", price="58000")
    wait_until(lambda: Order.objects.get().status == "filled", what="the order filled")
    assert page.locator(OPEN).count() == 1
    with run_part(server):
        page.wait_for_selector(FILLED, timeout=40_000)
        page.wait_for_selector(LIVE)
        page.wait_for_selector("#notlive", state="hidden")


def test_a_check_that_is_late_says_so_until_the_order_ends(
    tab: Tab, user: User, key: ExchangeKey
) -> None:
    order = record_order(key)
    page = tab(user, clock=True)
    page.wait_for_selector(LIVE)
    assert page.locator(".checked .stale").count() == 0
    page.clock.run_for(11_000)
    page.wait_for_selector(".checked .stale")
    reconciler.refuse_order(
        order.pk, status="rejected", reason="refused", source="submit", now=timezone.now()
    )
    page.wait_for_selector(".orders .order[data-status=rejected]")
    assert page.locator(".checked .stale").count() == 0


def test_silence_is_told_by_the_second(tab: Tab, user: User) -> None:
    page = tab(user, clock=True)
    page.wait_for_selector(LIVE)
    page.clock.fast_forward(28_500)
    page.wait_for_selector("#dot[data-state=delayed]")
    page.clock.run_for(1000)
    assert re.fullmatch(r"Delayed (2[89]|3\d) s", page.inner_text("#dot"))
    assert "Nothing was received since" in page.inner_text("#notlive")


def test_a_changed_password_ends_the_stream_with_a_way_back(tab: Tab, user: User) -> None:
    page = tab(user)
    page.wait_for_selector(LIVE)
    user.set_password("another battery horse")
    user.save()
    page.wait_for_selector("#dot[data-state=stopped]")
    assert page.inner_text("#dot") == "Signed out"
    page.click("#notlive a")
    page.wait_for_selector("[name=password]")


def test_after_a_restored_backup_the_page_shows_the_state_anew(
    tab: Tab, user: User, key: ExchangeKey
) -> None:
    record_order(key)
    page = tab(user)
    page.wait_for_selector(LIVE)
    page.wait_for_selector(PENDING)
    with page.expect_response("**/api/v1/snapshot/"):
        Stream.objects.filter(user=user).update(epoch=F("epoch") + 1)
        record_order(key)
    page.locator(PENDING).nth(1).wait_for()
    page.wait_for_selector(LIVE)


def test_new_orders_wait_for_a_reader_further_down(tab: Tab, user: User, key: ExchangeKey) -> None:
    for _ in range(60):
        record_order(key)
    page = tab(user)
    page.wait_for_selector(LIVE)
    page.evaluate("scrollTo(0, 900)")
    newest = record_order(key)
    page.wait_for_selector("[data-act=show-new]:has-text('1 new order')")
    assert page.locator(f"#order-{newest.pk}").count() == 0
    page.click("[data-act=show-new]")
    page.wait_for_selector(f"#order-{newest.pk}")
    assert page.get_attribute("#rows .order", "data-id") == str(newest.pk)


def test_filters_live_in_the_address(tab: Tab, user: User, key: ExchangeKey) -> None:
    first, _ = record_order(key), record_order(key, symbol="ETH/USDT")
    page = tab(user)
    page.wait_for_selector(LIVE)
    page.select_option("[name=symbol]", "BTC/USDT")
    page.wait_for_url("**/orders/?symbol=BTC%2FUSDT")
    wait_for_rows(page, [first.pk])
    record_order(key, symbol="ETH/USDT", price=Decimal(2000))
    third = record_order(key)
    wait_for_rows(page, [third.pk, first.pk])
    page.go_back()
    page.locator(".order").nth(3).wait_for()
    assert page.input_value("[name=symbol]") == ""
    page.fill("[name=q]", first.client_order_id)
    wait_for_rows(page, [first.pk])
    page.reload()
    wait_for_rows(page, [first.pk])


def wait_for_rows(page: "Page", wanted: list[int]) -> None:
    def shown() -> list[int]:
        script = "rows => rows.map((row) => Number(row.dataset.id))"
        return list(page.eval_on_selector_all(".order", script))

    wait_until(lambda: shown() == wanted, what=f"the rows {wanted}")


@pytest.mark.usefixtures("worker")
def test_without_scripts(tab: Tab, user: User, key: ExchangeKey) -> None:
    page = tab(user, java_script_enabled=False)
    page.click("a:has-text('Place order')")
    page.check("[name=type][value=limit]", force=True)
    page.fill("[name=symbol]", "BTC/USDT")
    page.fill("[name=quantity]", "0.01")
    page.fill("[name=price]", "0")
    page.click("button:has-text('Place order'):not(.unseen)")
    assert page.inner_text(".field.wrong .errors") == "It must be more than 0."
    page.fill("[name=price]", "50000")
    page.click("button:has-text('Place order'):not(.unseen)")
    page.wait_for_selector("#detail .steps")
    wait_until(lambda: Order.objects.get().status == "new", what="the order open")
    page.goto("/orders/")
    assert "UTC" in page.inner_text(".top")
    page.click(f"{OPEN} [data-act=cancel]")
    page.wait_for_selector(".toast:has-text('Asked to cancel')")
    wait_until(lambda: Order.objects.get().status == "canceled", what="the order cancelled")


def test_a_page_that_was_slow_takes_nothing_back(tab: Tab, user: User, key: ExchangeKey) -> None:
    """The listing of a filter was read before an event, and arrives after it."""
    order = record_order(key)
    page = tab(user)
    page.wait_for_selector(LIVE)
    stale = page.request.get("/orders/?side=buy").text()

    asked: list[Route] = []
    page.route("**/orders/?side=buy", lambda route: asked.append(route))
    page.select_option("[name=side]", "buy")
    page.wait_for_selector("#listing[aria-busy]")
    placement.cancel_order(order, by="test", now=order.created_at)
    page.wait_for_selector(".order:not([data-status=pending])")
    asked[0].fulfill(body=stale, content_type="text/html")
    page.wait_for_selector("#listing:not([aria-busy])")
    page.wait_for_selector(".order:not([data-status=pending])")
