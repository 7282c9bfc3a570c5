"""A bot in a real browser on the real parts: made, started, seen at work, stopped for sure."""

from decimal import Decimal

import pytest
from django.utils import timezone

from bots.models import Bot
from bots.running import lifecycle
from exchanges import symbols
from exchanges.models import ExchangeKey
from orders.models import Order
from tests.pages.bots.bot_records import note_entry
from tests.pages.conftest import Tab
from tests.simulator import SimulatorProcess
from tests.trading import place, wait_for_status
from users.models import User

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("worker", "beat")]

LIVE = "#dot[data-state=live]"


@pytest.fixture
def market(key: ExchangeKey, simulator: SimulatorProcess) -> SimulatorProcess:
    simulator.control.post("walk", paused=True)
    simulator.control.post("price", symbol="BTCUSDT", price="50500")
    symbols.read_all()
    return simulator


def list_open_orders(market: SimulatorProcess, key: ExchangeKey) -> list[str]:
    found = market.control.get("orders", account=key.api_key)["orders"]
    return [one["status"] for one in found if one["status"] in ("NEW", "PARTIALLY_FILLED")]


def test_a_life(tab: Tab, user: User, key: ExchangeKey, market: SimulatorProcess) -> None:
    page = tab(user, "/bots/")
    page.click(".empty .button.main")
    page.fill("[name=name]", "ladder")
    page.check("[value=grid]")
    page.wait_for_selector("[name=set-levels]")
    page.check("[value=scalper]")
    page.wait_for_selector("[name=set-sell_price]")
    assert page.input_value("[name=name]") == "ladder"
    page.fill("[name=symbol]", "btc/usdt")
    for name, value in {"buy_price": "50000", "sell_price": "49000", "quantity": "0.01"}.items():
        page.fill(f"[name=set-{name}]", value)
    page.click("button:has-text('Make the bot')")
    assert "This must be above" in page.inner_text("[data-field=set-sell_price] .errors")
    page.fill("[name=set-sell_price]", "51000")
    page.click("button:has-text('Make the bot')")

    page.wait_for_selector(LIVE)
    page.evaluate("window.sameDocument = true")
    page.click("button:has-text('Start')")
    page.wait_for_selector("#open td.why:has-text('buy at 50000, turn 1')")
    wait_for_status(Order.objects.get(), "new")
    market.control.post("price", symbol="BTCUSDT", price="49999")
    page.wait_for_selector("#open td.why:has-text('sell at 51000, turn 1')")
    page.wait_for_selector(
        "#results dd:has-text('0.00999')"
    )  # less the fee, which it paid in bitcoin
    page.click("button:has-text('Stop')")
    page.wait_for_selector("#head [data-mode=stopped]")
    page.wait_for_selector(".toast:has-text('has confirmed that none of its orders is open')")
    assert page.evaluate("window.sameDocument")
    assert list_open_orders(market, key) == []
    page.goto("/logs/")
    assert page.locator("#log li:has-text('sell at 51000')").count() == 1
    page.wait_for_selector(LIVE)
    bot = Bot.objects.get()
    note_entry(bot, "seen at the top")
    page.wait_for_selector("#log li:first-child:has-text('seen at the top')")
    page.set_viewport_size({"width": 390, "height": 300})
    page.evaluate("scrollTo(0, 9999)")
    note_entry(bot, "not moved")
    page.click("#newer:has-text('1 new entry')")
    page.wait_for_selector("#log li:first-child:has-text('not moved')")


def test_everything_is_stopped_when_the_venue_has_shown_it(
    tab: Tab, user: User, key: ExchangeKey, market: SimulatorProcess
) -> None:
    settings = {"buy_price": "50000", "sell_price": "51000", "quantity": "0.01"}
    bot = Bot(user=user, key=key, name="ladder", symbol="BTC/USDT", strategy="scalper",
              settings=settings)  # fmt: skip
    lifecycle.start_bot(lifecycle.create_bot(bot, now=timezone.now()).pk, now=timezone.now())
    by_hand = place(key, price=Decimal(49000))
    page = tab(user, "/bots/")
    page.wait_for_selector(LIVE)
    page.wait_for_selector("#rows td.open:has-text('1')")
    wait_for_status(by_hand, "new")
    page.click("a:has-text('Stop everything')")
    asked = "1 bot will be stopped and 2 open orders cancelled"
    page.wait_for_selector(f"dialog:has-text('{asked}')")
    page.click("dialog .button.main.danger")
    page.wait_for_selector("#emergency:has-text('Every venue has confirmed that nothing is open')")
    page.wait_for_selector("#rows [data-mode=stopped]")
    assert list_open_orders(market, key) == []
