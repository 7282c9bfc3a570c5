"""Place two exits of which one cancels the other, and cancel a group. Web and admin call this."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from exchanges import venues
from exchanges.models import ExchangeKey, Symbol
from exchanges.venues import MarketKind
from orders import validation
from orders.groups.evaluation import evaluate_group
from orders.lifecycle.exits import Exits, read_exits
from orders.models import OrderGroup, Side
from orders.placement import NO_SUCH_KEY, IdempotencyConflict, OrderDenied, find_member_id
from users.sharing.hold import GrantHasEnded, hold_grant
from users.sharing.rows import list_tradable

if TYPE_CHECKING:
    from users.models import User


class GroupHasEnded(Exception):
    """No order of the group is open, so there is nothing to cancel."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OcoRequest:
    """Two exits for one quantity, of which the first that fills ends the other."""

    key: ExchangeKey
    symbol: str
    side: str
    quantity: Decimal
    exits: Exits
    position_side: str = ""  # whose exits these are, where the account holds both
    idempotency_key: str = ""


def place_oco(*, user: "User", request: OcoRequest, now: datetime) -> OrderGroup:
    """Save the group with both exits, and queue them; a repeated key returns it again."""
    if earlier := _find_earlier(user, request):
        return earlier
    _check_request(user, request)
    try:
        with transaction.atomic():
            hold_grant(find_member_id(user, request.key), request.key.pk)
            group = OrderGroup.objects.create(
                user_id=request.key.user_id,
                placed_by=_name_member(user, request.key),
                key=request.key,
                kind=OrderGroup.Kind.OCO,
                symbol=request.symbol,
                position_side=request.position_side,
                exit_side=request.side,
                quantity=request.quantity,
                idempotency_key=request.idempotency_key,
                created_at=now,
                **request.exits.to_columns(),
            )
            return evaluate_group(group.pk, now=now)
    except GrantHasEnded:
        raise OrderDenied("key", NO_SUCH_KEY) from None
    except IntegrityError:  # two tries at the same moment: the other one won
        if earlier := _find_earlier(user, request):
            return earlier
        raise


def cancel_group(group: OrderGroup, *, now: datetime, member_id: int | None = None) -> OrderGroup:
    """Request the cancel of all open orders of a group; no exit is placed any more."""
    with transaction.atomic():
        hold_grant(member_id, group.key_id)
        group = OrderGroup.objects.select_for_update(no_key=True).get(pk=group.pk)
        if group.ended_at is not None:
            raise GroupHasEnded(_("This group has ended."))
        if group.cancel_requested_at is None:
            group.cancel_requested_at = now
            group.save(update_fields=["cancel_requested_at"])
        return evaluate_group(group.pk, now=now)


def _name_member(user: "User", key: ExchangeKey) -> str:
    return "" if key.user_id == user.pk else user.get_username()


def _find_earlier(user: "User", request: OcoRequest) -> OrderGroup | None:
    if not request.idempotency_key:
        return None
    groups = OrderGroup.objects.select_related("key").filter(user=request.key.user_id)
    placed_by = _name_member(user, request.key)
    group = groups.filter(placed_by=placed_by, idempotency_key=request.idempotency_key).first()
    if group is None:
        return None
    names = ("key", "symbol", "quantity", "position_side")
    is_same = all(getattr(group, name) == getattr(request, name) for name in names)
    before = (is_same, group.exit_side, read_exits(group))
    if before != (True, request.side, request.exits):
        raise IdempotencyConflict("this Idempotency-Key was used for another group of orders")
    return group


def _check_request(user: "User", request: OcoRequest) -> None:
    key = request.key
    if key.user_id != user.pk and key.pk not in list_tradable(user.pk):
        raise OrderDenied("key", NO_SUCH_KEY)
    if not key.is_active:
        raise OrderDenied("key", _("The key “%(key)s” is switched off.") % {"key": key.label})
    if venues.get(key.venue).is_polled:
        raise OrderDenied("key", _("%(venue)s takes no exits here.") % {"venue": key.venue_label})
    for role in ("take_profit", "stop_loss"):
        if request.exits.get_terms(role) is None:
            raise OrderDenied(role, _("Both exits are needed."))
    if request.position_side and key.market != MarketKind.FUTURES:
        raise OrderDenied("position_side", _("Only futures orders have this."))
    for field, message in validation.find_position_errors(
        key, side=request.side, position_side=request.position_side, reduce_only=True
    ):
        field = "side" if field == "reduce_only" else field
        raise OrderDenied(field, message)
    is_long = request.side == Side.SELL
    for field, message in validation.find_side_errors(request.exits, is_long=is_long):
        raise OrderDenied(field, message)
    _check_limits(request)


def _check_limits(request: OcoRequest) -> None:
    symbols = Symbol.objects.filter(**request.key.venue_market._asdict())
    symbol = symbols.filter(name=request.symbol).first()
    if symbol is None:
        if symbols.exists():
            venue = request.key.venue_label
            raise OrderDenied(
                "symbol",
                _("%(symbol)s is not traded at %(venue)s.")
                % {"symbol": request.symbol, "venue": venue},
            )
        return
    for field, message in validation.find_exit_limit_errors(
        symbol, request.exits, quantity=request.quantity
    ):
        raise OrderDenied(field, message)
