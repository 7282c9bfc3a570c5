"""FAILURES 65: a group that begins with a sale: its exits buy back what was sold."""

from decimal import Decimal

import pytest

from orders.lifecycle.exits import Exits, ExitTerms
from orders.models import Order
from tests.failures.harness import groups
from tests.failures.harness.groups import (
    check_at_rest,
    enter,
    get_exit,
    list_open_there,
    move_price,
    read_group,
    settle,
)
from tests.failures.harness.scene import MARKETS, Scene

everywhere = pytest.mark.parametrize("market", sorted(MARKETS), indirect=True)
BELOW, ABOVE = Decimal(55000), Decimal(70000)
BUYING_BACK = Exits(
    take_profit=ExitTerms(trigger_price=BELOW), stop_loss=ExitTerms(trigger_price=ABOVE)
)


@everywhere
@pytest.mark.parametrize(("price", "role"), [(BELOW, "take_profit"), (ABOVE, "stop_loss")])
def test_65_a_sale_is_bought_back_by_one_of_its_exits(
    scene: Scene, price: Decimal, role: str
) -> None:
    """On spot too: for what the sale brought, and at a stop for some money more."""
    scene.know_symbols()
    move_price(scene, groups.PRICE)
    entry = enter(scene, side="sell", price=Decimal(62000), exits=BUYING_BACK)
    entry.refresh_from_db()
    assert (entry.status, read_group().exit_side) == ("filled", "buy")
    check_at_rest(scene, "active", take_profit=entry.filled, stop_loss=entry.filled)
    move_price(scene, price)
    settle(scene)
    check_at_rest(scene, "done")
    assert get_exit(role).filled == entry.filled
    ended = Order.objects.exclude(role__in=("entry", role)).get()
    assert (ended.filled, list_open_there(scene)) == (0, set())
