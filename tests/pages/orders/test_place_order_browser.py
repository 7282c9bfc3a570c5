"""Conditional and external orders in a real browser: placed, labelled, followed."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from exchanges import pool
from exchanges.base import OrderRequest
from exchanges.models import ExchangeKey
from orders.checks import full_listing, sweep
from orders.models import Order
from tests.pages.conftest import Tab
from tests.pages.orders.test_order_list_browser import FILLED, LIVE, OPEN
from tests.services import wait_until
from tests.simulator import SimulatorProcess
from users.models import User

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("worker", "beat")]


def test_a_stop_loss_is_placed_in_words_and_filled_when_its_price_comes(
    tab: Tab, user: User, key: ExchangeKey, simulator: SimulatorProcess
) -> None:
    simulator.control.post("price", symbol="BTCUSDT", price="65000")
    page = tab(user)
    page.wait_for_selector(LIVE)
    page.click("[data-act=place]")
    page.click("dialog label:has-text('Sell')")
    page.click("dialog label:has-text('Stop loss')")
    assert not page.is_visible("dialog [name=trailing_percent]")
    assert not page.is_visible("dialog [data-futures]")
    page.fill("dialog [name=symbol]", "btc/usdt")
    page.fill("dialog [name=quantity]", "0.01")
    page.fill("dialog [name=trigger_price]", "60000")
    words = page.inner_text("dialog .button.main")
    assert words == "Sell 0.01 BTC at market from 60,000.00 on"
    page.click("dialog .button.main")
    page.wait_for_selector(OPEN)
    assert page.inner_text(f"{OPEN} .type") == "stop loss"
    assert page.inner_text(f"{OPEN} .price") == "60,000.00"

    simulator.control.post("price", symbol="BTCUSDT", price="59000")

    page.wait_for_selector(FILLED)


def test_futures_fields_show_for_futures_keys_alone(
    tab: Tab, user: User, key: ExchangeKey, key_at: Callable[[str, str], ExchangeKey]
) -> None:
    futures = key_at("bybit", "futures")
    page = tab(user)
    page.wait_for_selector(LIVE)
    page.click("[data-act=place]")
    for chosen in (key, futures):
        page.select_option("dialog [name=key]", str(chosen.pk))
        assert page.is_visible("dialog [name=leverage]") is (chosen == futures)


def test_an_order_placed_at_the_exchange_arrives_labelled_and_cannot_be_cancelled_here(
    tab: Tab, user: User, key: ExchangeKey, simulator: SimulatorProcess
) -> None:
    page = tab(user)
    page.wait_for_selector(LIVE)
    request = OrderRequest(
        symbol="BTC/USDT",
        side="buy",
        type="limit",
        time_in_force="GTC",
        quantity=Decimal("0.02"),
        price=Decimal(51000),
        client_order_id="web_1",
    )
    pool.call(key, lambda venue: venue.place_order(request))
    sweep.read_full_lists(full_listing.load_key(key.pk))
    pool.close()
    page.wait_for_selector(f"{OPEN} .external:has-text('external')")
    assert not page.is_visible(f"{OPEN} [data-act=cancel]")
    page.click(f"{OPEN} .symbol a")
    page.wait_for_selector("#detail:has-text('watches it and does not change it')")
    simulator.control.post("cancel", clientOrderId="web_1")
    page.wait_for_selector(".orders .order[data-status=canceled]")
    page.wait_for_selector("#detail:has-text('By hand at the exchange')")
    assert Order.objects.get().origin == "external"


def test_a_bracket_and_two_exits_are_placed_and_shown_as_groups(
    tab: Tab, user: User, key: ExchangeKey, simulator: SimulatorProcess
) -> None:
    """The bracket's entry fills, both its exits come; the OCO is filled on one side."""
    simulator.control.post("price", symbol="BTCUSDT", price="65000")
    page = tab(user)
    page.wait_for_selector(LIVE)
    page.click("[data-act=place]")
    page.fill("dialog [name=symbol]", "btc/usdt")
    page.fill("dialog [name=quantity]", "0.01")
    page.fill("dialog [name=price]", "64000")
    page.click("dialog summary:has-text('Take profit and stop loss')")
    page.fill("dialog [name=take_profit]", "70000")
    page.fill("dialog [name=stop_loss]", "60000")
    page.click("dialog .button.main")
    page.wait_for_selector(f"{OPEN} .group:has-text('Bracket')")
    simulator.control.post("price", symbol="BTCUSDT", price="63900")
    page.click(f"{OPEN} .group[aria-expanded=false]")  # the two exits are one row until then
    page.wait_for_selector(
        f"{OPEN}:has(.type:has-text('take profit')):has(.price:has-text('70,000.00'))"
    )
    page.wait_for_selector(
        f"{OPEN}:has(.type:has-text('stop loss')):has(.price:has-text('60,000.00'))"
    )
    groups = page.locator(".orders .group:visible")
    wait_until(lambda: groups.count() == 3, what="the entry and its two exits")

    page.click("[data-act=place]")
    page.click("dialog [data-act=place-oco]")
    page.wait_for_selector("dialog [data-form=oco]")
    page.fill("dialog [name=symbol]", "btc/usdt")
    page.fill("dialog [name=quantity]", "0.02")
    page.fill("dialog [name=take_profit]", "71000")
    page.fill("dialog [name=stop_loss]", "59000")
    words = page.inner_text("dialog .button.main")
    assert words == "Sell 0.02 BTC from 71,000.00 or 59,000.00 on"
    page.click("dialog .button.main")
    page.wait_for_selector("dialog", state="hidden")
    page.wait_for_selector(f"{OPEN} >> nth=3", state="attached")
    page.click(f"{OPEN} .symbol a >> nth=0")
    page.wait_for_selector("#detail .legs li >> nth=1")
    simulator.control.post("price", symbol="BTCUSDT", price="72000")
    page.wait_for_selector(OPEN, state="detached")
    filled = page.locator(".orders .order[data-status=filled] .group").all_inner_texts()
    assert sorted(text.split()[0] for text in filled) == ["Bracket", "Bracket", "OCO"]
