"""A row painted by the server and one filled by an event are the same row."""

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import TYPE_CHECKING, Any, cast

import pytest
from django.template.loader import render_to_string

from orders.lifecycle.states import OPEN
from orders.models import Status
from orders.web.row_text import build_cells, count_decimals
from realtime.shapes.events import OrderData
from tests.pages.conftest import Tab
from users.models import User
from users.number_format.separators import number_format

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

ROW = "orders/_order_row.html"
NOW = datetime(2026, 3, 1, 12, 30, 5, 250_000, tzinfo=UTC)
GROUP = {"id": 12, "venue_id": None, "role": "entry", "state": "waiting", "note": ""}
DIFFERENT = """
async ({orders, rows, now}) => {
  const { createRow } = await import("/static/orders/order_row.js");
  const template = document.getElementById("row");
  return orders.filter((order, index) => {
    const painted = document.createElement("table");
    painted.innerHTML = rows[index];
    const filled = createRow(template, order, now);
    filled.querySelector("[name=csrfmiddlewaretoken]").remove();
    return !filled.isEqualNode(painted.querySelector("tr"));
  }).map((order) => createRow(template, order, now).outerHTML);
}
"""


def write_time(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def an_order(**changes: Any) -> OrderData:
    order: dict[str, Any] = {
        "id": 7,
        "version": 3,
        "key": 1,
        "key_label": "Paper <b>&amp;</b>",
        "venue": "binance",
        "market": "spot",
        "simulated": True,
        "bot": None,
        "bot_name": None,
        "symbol": "BTC/USDT",
        "side": "buy",
        "type": "limit",
        "time_in_force": "GTC",
        "price": "42150",
        "trigger_price": None,
        "take_profit_price": None,
        "trailing_percent": None,
        "good_till": None,
        "reduce_only": False,
        "position_side": None,
        "closes_position": False,
        "group": None,
        "leverage": None,
        "quantity": "0.01",
        "quote_amount": None,
        "filled": "0",
        "remaining": "0.01",
        "average_price": None,
        "cost": "0",
        "fees": {},
        "lacks_fees": False,
        "status": "new",
        "origin": "fillwatch",
        "client_order_id": "fw1",
        "exchange_order_id": "77",
        "cancel_requested": False,
        "amend_price": None,
        "amend_quantity": None,
        "amend_trigger_price": None,
        "created_at": write_time(NOW - timedelta(minutes=5)),
        "submitted_at": None,
        "checked_at": write_time(NOW - timedelta(seconds=3)),
        "ended_at": None,
        "ended_by": "",
        "ended_reason": "",
    }
    return cast(OrderData, order | changes)


def example_orders() -> list[OrderData]:
    """Every status at every age, and every shape of number, name and kind."""
    ages = [0, 0.04, 9.95, 10, 59.9, 60, 3599, 3600, 86400, 40 * 86400]
    found = [
        an_order(
            status=status,
            created_at=write_time(NOW - timedelta(seconds=age + 1)),
            checked_at=write_time(NOW - timedelta(seconds=age)),
            ended_at=None if status in OPEN else write_time(NOW - timedelta(seconds=age)),
        )
        for status, age in product(Status.values, ages)
    ]
    numbers = [
        "0.000000000000000001",
        "1",
        "999.5",
        "1000",
        "1234567.10203",
        "98765432109876543210",
    ]
    found += [
        an_order(price=price, quantity=quantity, filled=filled)
        for price, quantity, filled in product([None, *numbers], numbers, ["0", *numbers])
    ]
    kinds = product(
        ["limit", "market"], ["GTC", "IOC", "FOK", "PO"], ["buy", "sell"], [True, False]
    )
    found += [
        an_order(type=kind, time_in_force=tif, side=side, simulated=paper, cancel_requested=paper)
        for kind, tif, side, paper in kinds
    ]
    found += [
        an_order(type="stop_loss", trigger_price="41000.5", price=None),
        an_order(type="take_profit", trigger_price="43000", time_in_force="IOC"),
        an_order(type="trailing_stop", trailing_percent="1.5", price=None),
        an_order(type="market", price=None, reduce_only=True, leverage=20),
        an_order(origin="external", type="limit_maker"),
        an_order(type="oco", trigger_price="41000", take_profit_price="45000.5", price=None),
        an_order(position_side="short", reduce_only=True, time_in_force="GTD"),
        an_order(position_side="net", closes_position=True, quantity="0", remaining="0"),
        an_order(origin="external", status="canceled", ended_at=write_time(NOW), ended_by="hand"),
        an_order(type="market", price=None, quantity="0", remaining="0", quote_amount="640.5"),
        an_order(checked_at=None),
        *(an_order(group=GROUP | {"kind": kind}) for kind in ("bracket", "oco", None)),
        an_order(bot=3, bot_name="grid & co"),
        an_order(status="rejected", ended_at=write_time(NOW), ended_reason='no "balance" <left>'),
        an_order(created_at=write_time(NOW.replace(microsecond=999_999))),
        an_order(symbol="BTC/USDT:USDT"),
        an_order(symbol="ODD"),
    ]
    return found


def find_different(page: "Page", orders: list[OrderData]) -> list[str]:
    rows = [
        f"<tbody>{render_to_string(ROW, {'row': build_cells(order, now=NOW)})}</tbody>"
        for order in orders
    ]
    asked = {"orders": orders, "rows": rows, "now": NOW.timestamp() * 1000}
    found: list[str] = page.evaluate(DIFFERENT, asked)
    return found


def test_server_and_browser_say_the_same(tab: Tab, user: User) -> None:
    assert find_different(tab(user), example_orders()) == []


@pytest.mark.parametrize("style", ["comma", "space"])
def test_so_they_do_in_each_number_format(tab: Tab, user: User, style: str) -> None:
    page = tab(user)
    page.evaluate("(style) => (document.documentElement.dataset.numbers = style)", style)
    with number_format(lambda: style):
        assert find_different(page, example_orders()) == []


def test_the_comparison_sees_a_difference(tab: Tab, user: User) -> None:
    page, order = tab(user), an_order()
    page.evaluate("document.getElementById('row').content.querySelector('tr').title = 'other'")
    assert len(find_different(page, [order])) == 1


def test_columns_keep_the_same_room(tab: Tab, user: User) -> None:
    script = """
        async (values) => (await import("/static/orders/row_text.js")).countDecimals(values, 2)
    """
    page = tab(user)
    for values in ([], ["1"], [None, "0.123400"], ["0.1", "5.00000001"]):
        assert page.evaluate(script, values) == count_decimals(values, 2)
