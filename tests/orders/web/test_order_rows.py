"""Rows that are written at once are those that their template writes one by one."""

import pytest
from django.template import Context, Template
from django.template.loader import render_to_string

from orders.web.row_text import build_cells
from tests.pages.orders.test_order_row import NOW, example_orders

pytestmark = pytest.mark.quick
ROWS = Template("{% load order_rows %}{% order_rows rows %}")


def test_rows_are_those_of_their_template() -> None:
    rows = [
        build_cells(order, now=NOW) | {"distance": "", "profit": "+1 <USDT>"}
        for order in example_orders()
    ]
    rows += [rows[0] | {"owner": owner, "checked_at": None} for owner in ("bob & co", "eve")]
    expected = [render_to_string("orders/_order_row.html", {"row": row}) for row in rows]
    assert ROWS.render(Context({"rows": rows})) == "".join(expected)


def test_no_value_is_taken_for_a_mark() -> None:
    order = example_orders()[0]
    rows = [build_cells(order, now=NOW) | {"key": "\ue000symbol\ue000"}]
    assert "\ue000symbol\ue000" in ROWS.render(Context({"rows": rows}))
