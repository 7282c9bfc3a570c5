"""Market control in a browser: a price moves while somebody turns the knob."""

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from operations.models import MarketChange
from tests.operations.market_control.conftest import market_operator  # noqa: F401 (a fixture)
from tests.pages.conftest import Tab
from tests.services import wait_until
from tests.simulator import SimulatorProcess
from users.models import User

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

BTC = "binance.spot.paper:BTC/USDT"
PAGE = "/operations/markets/"
PRICE = "#market-BTCUSDT td"


@pytest.fixture
def market(simulator: SimulatorProcess) -> SimulatorProcess:
    simulator.control.post("walk", paused=True)
    simulator.control.post("price", symbol="BTCUSDT", price="50000")
    return simulator


def read_price(market: SimulatorProcess) -> Decimal:
    return Decimal(market.control.get("state")["symbols"]["BTCUSDT"]["price"])


def wait_for_price(page: "Page", market: SimulatorProcess, wanted: str) -> None:
    """Wait for a price at the venue, to the hundredth of a percent that the knob is exact to."""
    wait_until(lambda: abs(read_price(market) / Decimal(wanted) - 1) < Decimal("0.0001"))
    page.wait_for_selector(f"{PRICE}:has-text('{read_price(market):,.2f}')")


def test_a_price_moves_as_the_knob_is_turned(
    tab: Tab,
    market_operator: User,  # noqa: F811 (the fixture)
    market: SimulatorProcess,
) -> None:
    page = tab(market_operator, PAGE)
    page.select_option("#price-form [name=instrument]", BTC)
    knob = page.locator("#knob-range")
    knob.evaluate("""(range) => {
      range.value = 2;
      range.dispatchEvent(new Event("input", { bubbles: true }));
    }""")
    wait_for_price(page, market, "51000")
    assert page.input_value("#knob-value") == "2"
    knob.evaluate("""(range) => {
      range.value = -1;
      range.dispatchEvent(new Event("input", { bubbles: true }));
      range.dispatchEvent(new Event("change", { bubbles: true }));
    }""")
    wait_for_price(page, market, "49500")
    page.wait_for_function("document.getElementById('knob-range').value === '0'")
    knob.press("ArrowRight")
    wait_for_price(page, market, "49549.5")
    assert set(MarketChange.objects.values_list("by", flat=True)) == {"mia"}


def test_a_price_is_set_without_javascript(
    tab: Tab,
    market_operator: User,  # noqa: F811 (the fixture)
    market: SimulatorProcess,
) -> None:
    page = tab(market_operator, PAGE, java_script_enabled=False)
    assert not page.is_visible("#knob")
    page.select_option("#price-form [name=instrument]", BTC)
    page.fill("#price-form [name=price]", "48123.45")
    page.click("text=Move the price")
    page.wait_for_selector(f"{PRICE}:has-text('48,123.45')")
    assert read_price(market) == Decimal("48123.45")


def test_it_fits_a_phone(
    tab: Tab,
    market_operator: User,  # noqa: F811 (the fixture)
    market: SimulatorProcess,
) -> None:
    page = tab(market_operator, PAGE, viewport={"width": 360, "height": 700})
    page.wait_for_selector("#knob-range:visible")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
