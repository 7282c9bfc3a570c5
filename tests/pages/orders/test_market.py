"""The page of one market: its price, and what the user has there; the chart draws the same."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.utils import timezone

from exchanges.models import ExchangeKey
from exchanges.prices import chart_candles, depth
from orders.groups import evaluation
from orders.models import Order, OrderGroup
from realtime import publish
from tests.pages.conftest import Tab
from tests.pages.orders.test_markets import BTC, Attach, publish_prices
from tests.pages.orders.test_markets import _known_symbols as known_symbols  # noqa: F401 (a fixture)
from tests.pages.orders.test_markets import ada as ada
from tests.pages.orders.test_markets import attach as attach
from tests.pages.orders.test_order_group import EXITS
from tests.pages.orders.test_order_pages import NEW, fill_order
from tests.simulator import SimulatorProcess
from tests.trading import record_order
from users.models import User

if TYPE_CHECKING:
    from playwright.sync_api import Page

PAGE = f"/markets/{BTC}/"


def test_shows_ones_own_orders_there_and_nothing_of_others(
    ada: Client, attach: Attach, other_user: User
) -> None:
    mine, theirs = attach(), attach(other_user)
    order = record_order(mine, symbol="BTC/USDT")
    record_order(mine, symbol="ETH/USDT")
    record_order(theirs, symbol="BTC/USDT")
    publish_prices(BTC, "60000.5", bid="60000.25", ask="60001")

    page = ada.get(PAGE)

    assert [row["id"] for row in page.context["orders"]] == [order.pk]
    assert page.context["chart"]["keys"] == [mine.pk]
    text = page.content.decode()
    assert "SIMULATED" in text
    assert "60,000" in text
    assert "50,000.00" in text.split('id="open-orders"')[1]


def test_the_chart_of_an_order_shows_its_group_and_nothing_else(
    ada: Client, attach: Attach
) -> None:
    key = attach()
    record_order(key, symbol="BTC/USDT")
    ada.post("/orders/new/", {**NEW, **EXITS, "key": key.pk})
    entry = Order.objects.get(role="entry")
    chart = ada.get(f"/orders/{entry.pk}/").context["chart"]
    assert [order["id"] for order in chart["orders"]] == [entry.pk]
    assert [(level["title"], level["price"]) for level in chart["levels"]] == [
        ("Target", "60000"),
        ("Stop", "45000"),
    ]
    fill_order(entry, "0.01", "50000")
    group = OrderGroup.objects.get()
    evaluation.evaluate_group(group.pk, now=timezone.now())
    chart = ada.get(f"/orders/{entry.pk}/").context["chart"]
    assert {order["group"]["role"] for order in chart["orders"]} == {"take_profit", "stop_loss"}
    assert (chart["levels"], len(chart["fills"])) == ([], 1)
    assert "Exits against the entry" not in ada.get(f"/orders/{entry.pk}/").content.decode()
    fill_order(Order.objects.get(role="stop_loss"), "0.004", "44900.5")
    page = " ".join(ada.get(f"/orders/{entry.pk}/").content.decode().split())
    assert '<strong class="loss">\N{MINUS SIGN}20.398</strong> USDT' in page
    assert chart["reasons"] == {entry.pk: f"entry of Bracket {group.pk}"}


@pytest.mark.parametrize("name", ["binance.spot:NO/SUCH", "nonsense", "binance.spot.paper:NO/SUCH"])
def test_markets_that_nobody_trades_are_not_there(ada: Client, name: str) -> None:
    assert ada.get(f"/markets/{name}/").status_code == 404


def test_an_unknown_interval_shows_the_usual_one(ada: Client, attach: Attach) -> None:
    attach()
    assert ada.get(PAGE, {"interval": "7m"}).context["interval"] == "15m"
    assert ada.get(PAGE, {"interval": "1h"}).context["interval"] == "1h"


def test_the_form_beside_the_chart_begins_with_the_level_that_was_chosen(
    ada: Client, attach: Attach, other_user: User
) -> None:
    mine, theirs = attach(), attach(other_user)
    publish_prices(BTC, "60000.5", bid="60000.25", ask="60001")
    page = ada.get(PAGE, {"price": "60000.25", "side": "sell"}).content.decode()
    assert 'data-price="60000.25"' in page
    assert f'<option value="{mine.pk}"' in page
    assert f'<option value="{theirs.pk}"' not in page
    assert 'value="60000.25"' in page
    assert re.search(r'name="side" value="sell"[^>]* checked', page)


def test_the_ladder_shows_the_best_levels_or_why_there_are_no_more(
    ada: Client, attach: Attach
) -> None:
    key = attach()
    publish_prices(BTC, "60000.5", bid="60000.25", ask="60001")
    rows = [{"price": "60001", "quantity": "2"}, {"price": "60002", "quantity": "4"}]
    levels = {"asks": rows, "bids": [], "at": timezone.now().isoformat()}
    depth.keep_depth(BTC, levels)  # type: ignore[arg-type]
    shown = ada.get(f"{PAGE}ladder/").context["ladder"]
    assert [(row.price, row.share, row.side) for row in shown.asks] == [
        ("60002", 100, "buy"),
        ("60001", 50, "buy"),
    ]
    assert [row.own for row in shown.asks] == ["", ""]
    for amount in ("0.5", "1234"):
        wanted = {"side": "sell", "price": Decimal(60002), "quantity": Decimal(amount)}
        order = record_order(key, **wanted)
        Order.objects.filter(pk=order.pk).update(status="new")
    record_order(key, side="buy", price=Decimal(60001))  # it would have met this level
    shown = ada.get(f"{PAGE}ladder/").context["ladder"]
    assert [row.own for row in shown.asks] == ["1,234.5", ""]
    assert ada.get("/markets/binance.spot.paper:NO/SUCH/ladder/").status_code == 404


def keep_day(first: str) -> None:
    """The candles of the last 25 hours are at hand; 24 hours ago the price was this."""
    begins = [timezone.now() - timedelta(minutes=15 * number) for number in range(100, -1, -1)]
    rest = {"high": first, "low": first, "close": first, "volume": "1"}
    candles: Any = [{"at": at.isoformat(), "open": first, **rest} for at in begins]
    chart_candles.keep_candles(BTC, "15m", candles)


@pytest.mark.browser
def test_the_figures_of_24_hours_do_not_grow_old(tab: Tab, user: User, attach: Attach) -> None:
    attach()
    publish_prices(BTC, "60000", bid="59999", ask="60001")
    keep_day("50000")
    page: Page = tab(user, PAGE, clock=True)
    page.wait_for_selector("#dot[data-state=live]")
    page.wait_for_selector("[data-cell=day]:has-text('+20.00')")
    keep_day("40000")
    page.clock.run_for(130_000)
    page.wait_for_selector("[data-cell=day]:has-text('+50.00')")
    page.wait_for_selector("[data-cell=range]:has-text('40,000.00')")


@pytest.mark.browser
def test_what_is_typed_outlives_a_new_state(tab: Tab, user: User, attach: Attach) -> None:
    """As while only the socket is away: then the state is read each minute."""
    order = record_order(attach(), symbol="BTC/USDT")
    publish_prices(BTC, "60000", bid="59999", ask="60001")
    page: Page = tab(user, PAGE)
    page.wait_for_selector("#dot[data-state=live]")
    page.fill("#place [name=quantity]", "0.123")
    Order.objects.filter(pk=order.pk).update(quantity=Decimal("7.25"))
    publish.send_command(user.pk, "resync", message="")
    page.wait_for_selector("#open-orders:has-text('7.25')")
    assert page.input_value("#place [name=quantity]") == "0.123"


@pytest.mark.browser
def test_a_form_that_could_not_be_renewed_places_another_order(
    tab: Tab, user: User, attach: Attach
) -> None:
    attach()
    publish_prices(BTC, "60000", bid="59999", ask="60001")
    page: Page = tab(user, PAGE)
    page.wait_for_selector("#dot[data-state=live]")
    page.fill("#place [name=price]", "50000")
    page.fill("#place [name=quantity]", "0.01")
    page.route("**/orders/new/?**", lambda route: route.abort(), times=1)
    for number in (1, 2):
        page.click("#place .button.main")
        page.wait_for_selector(f".toast:has-text('Handed on') >> nth={number - 1}")
    assert Order.objects.count() == 2


@pytest.mark.browser
def test_a_ladder_that_is_not_read_any_more_grows_old(tab: Tab, user: User, attach: Attach) -> None:
    attach()
    publish_prices(BTC, "60000", bid="59999", ask="60001")
    page: Page = tab(user, PAGE, clock=True)
    page.wait_for_selector("#ladder .bids tr")
    page.route("**/ladder/", lambda route: route.abort())
    page.clock.run_for(125_000)
    page.wait_for_selector("#ladder .stale:has-text('2 min ago')")


@pytest.mark.browser
@pytest.mark.usefixtures("worker")
def test_the_chart_moves_with_the_price(
    tab: Tab, user: User, attach: Attach, simulator: SimulatorProcess
) -> None:
    key: ExchangeKey = attach()
    record_order(key, symbol="BTC/USDT")
    page: Page = tab(user, PAGE)
    page.wait_for_selector("#dot[data-state=live]")
    page.wait_for_selector("#chart canvas, #chart-note:has-text('not installed')")
    page.wait_for_selector("#open-orders tbody tr")
    page.click("#ladder .bids tr:nth-child(3) a")  # more levels than the best: the venue was asked
    price = page.input_value("#place [name=price]")
    page.fill("#place [name=quantity]", "0.01")
    page.wait_for_selector("#place dt:has-text('Value')")
    page.dblclick("#place .button.main")
    page.wait_for_selector(".toast:has-text('Handed on')")
    placed = Order.objects.order_by("-pk")[0]
    assert (Order.objects.count(), placed.price) == (2, Decimal(price))
    level = page.get_attribute("#ladder .asks tr:nth-child(2) a", "data-price") or ""
    waiting = record_order(key, side="sell", price=Decimal(level), quantity=Decimal("0.07"))
    Order.objects.filter(pk=waiting.pk).update(status="new")
    page.wait_for_selector("#ladder .asks .own strong:has-text('0.07')")
    publish_prices(BTC, "61234.5", bid="61234", ask="61235")
    page.wait_for_selector(".figures [data-cell=last]:has-text('61,234')")
