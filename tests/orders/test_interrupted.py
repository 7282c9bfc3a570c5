"""A round of questions that is broken off concludes nothing from its first half."""

from exchanges.models import ExchangeKey
from orders import sweep
from orders.models import Order
from tests.orders.test_external import placed
from tests.simulator import SimulatorProcess
from tests.trading import fresh


def test_37_replaced_by_hand_it_has_not_ended_when_the_next_question_is_refused(
    key: ExchangeKey, simulator: SimulatorProcess
) -> None:
    order = placed(key)
    name = order.client_order_id
    simulator.control.post("replace", clientOrderId=name, price="48000", quantity="0.006")
    match = {"path": "/api/v3/order", "method": "GET", "key": key.api_key, "order": name}
    simulator.control.post("faults", kind="ban", seconds=1, match=match, times=1)
    outcome = sweep.sweep(force=True)
    assert outcome.errors == 1
    assert (fresh(order).status, fresh(order).ended_at) == ("new", None)
    assert Order.objects.count() == 1
