"""Close the position of a symbol: a reduce-only market order of what the mirror says is held.

The venue is not asked first. Should more be held by now, the rest stays and is shown; should less
be, the venue cuts the order: reduce-only never opens the other side.
"""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from exchanges.models import ExchangeKey, Position
from orders import placement
from orders.lifecycle import ended_by
from orders.models import IS_OPEN, Order, OrderType, Side, TimeInForce
from realtime.values import EXACT

if TYPE_CHECKING:
    from users.models import User


class NoPosition(Exception):
    """The key holds no position in this symbol, as its venue last reported."""

    def __init__(self, key: ExchangeKey, symbol: str) -> None:
        super().__init__(
            _("The key “%(key)s” holds no position in %(symbol)s.")
            % {"key": key.label, "symbol": symbol}
        )


class CloseUnderWay(Exception):
    """An order that closes this position is on its way; a second one could only be refused."""

    def __init__(self, order: Order) -> None:
        super().__init__(
            _("Order %(order)s is closing this position already.") % {"order": order.pk}
        )
        self.order = order


def find_position(*, key: ExchangeKey, symbol: str, side: str = "") -> Position:
    """Return the one open position of a symbol; in hedge mode there may be two, so name a side."""
    rows = Position.objects.filter(key=key, symbol__iexact=symbol).exclude(quantity=0)
    positions = list(rows.filter(side=side) if side else rows)
    if not positions:
        raise NoPosition(key, symbol)
    if len(positions) > 1:
        sides = ", ".join(sorted(position.side for position in positions))
        raise placement.OrderDenied(
            "side", _("There is more than one; name it: %(sides)s.") % {"sides": sides}
        )
    return positions[0]


def close_position(
    *,
    user: "User",
    key: ExchangeKey,
    symbol: str,
    now: datetime,
    side: str = "",
    cancel_orders: bool = False,
    idempotency_key: str = "",
) -> Order:
    """Place the closing order; a repeated idempotency key returns it again.

    With `cancel_orders` the open orders of the symbol that were placed here with this key are
    cancelled too: else one of them may open the position anew.
    """
    if earlier := _find_earlier(user, key, symbol, side, idempotency_key):
        return earlier
    with transaction.atomic():
        position = find_position(key=key, symbol=symbol, side=side)
        # Two requests at one moment: the second waits here, and then finds the order of the first.
        Position.objects.select_for_update(no_key=True).get(pk=position.pk)
        position.refresh_from_db()
        if not position.quantity:
            raise NoPosition(key, symbol)
        request = _build_request(position, idempotency_key)
        if order := _find_under_way(request):
            raise CloseUnderWay(order)
        if cancel_orders:
            orders = placement.select_open_orders(user, key_id=key.pk, symbol=position.symbol)
            if request.position_side:  # those of the other side have nothing to do with it
                orders = orders.filter(position_side=request.position_side)
            member_id = placement.find_member_id(user, key)
            actor = ended_by.USER if member_id is None else ended_by.MEMBER
            placement.cancel_open_orders(
                orders, by=user.get_username(), actor=actor, member_id=member_id, now=now
            )
        return placement.place_order(user=user, request=request, now=now)


def _build_request(position: Position, idempotency_key: str) -> placement.PlacementRequest:
    return placement.PlacementRequest(
        key=position.key,
        symbol=position.symbol,
        side=Side.SELL if position.quantity > 0 else Side.BUY,
        type=OrderType.MARKET,
        time_in_force=TimeInForce.GTC,
        quantity=position.quantity.copy_abs().normalize(EXACT),
        reduce_only=True,
        position_side=_to_position_side(position.side),
        idempotency_key=idempotency_key,
    )


def _to_position_side(side: str) -> str:
    """Return what an order says of the position's side: nothing where there is only one."""
    return "" if side == Position.Side.NET else side


def _find_under_way(request: placement.PlacementRequest) -> Order | None:
    orders = Order.objects.filter(IS_OPEN, key=request.key, symbol=request.symbol)
    closing = orders.filter(side=request.side, type=OrderType.MARKET, reduce_only=True)
    return closing.filter(position_side=request.position_side, cancel_requested_at=None).first()


def _find_earlier(
    user: "User", key: ExchangeKey, symbol: str, side: str, idempotency_key: str
) -> Order | None:
    if not idempotency_key:
        return None
    order = placement.find_by_idempotency_key(user, key.user_id, idempotency_key)
    if order is None:
        return None
    is_same = order.reduce_only and order.type == OrderType.MARKET and order.key_id == key.pk
    is_of_side = not side or order.position_side == _to_position_side(side)
    if not (is_same and is_of_side) or order.symbol.casefold() != symbol.casefold():
        raise placement.IdempotencyConflict("this Idempotency-Key was used for another order")
    return order
