"""Place and cancel orders: saved first, then queued for a worker. Web, bots and admin call this."""

import secrets
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from exchanges.models import ExchangeKey, Symbol
from orders import order_state, reconciler, task_queue, validation
from orders.lifecycle import conclusions, ended_by
from orders.lifecycle.exits import NO_EXITS, Exits, read_exits
from orders.models import IS_OPEN, Order, OrderGroup, Origin, Role, Side
from users.sharing.hold import GrantHasEnded, hold_grant
from users.sharing.rows import list_tradable

if TYPE_CHECKING:
    from bots.models import Bot
    from users.models import User

MAX_CANCELS: Final = 1000
NO_SUCH_KEY: Final = "There is no such key."
WITH_ALL: Final = ", with all open orders"  # in the history of an order that was not chosen alone


class OrderDenied(Exception):
    """We refuse this request because of one field. Nothing was saved."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


class OrderIsExternal(Exception):
    """The order was placed at the exchange itself, so we only watch it."""


class OrderNotClosable(Exception):
    """The order's venue can still be asked how it ends, so nobody ends it here."""


class IdempotencyConflict(Exception):
    """The same idempotency key came with another request."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PlacementRequest:
    """An order that a user or a bot wants placed."""

    key: ExchangeKey
    symbol: str
    side: str
    type: str
    time_in_force: str
    quantity: Decimal = Decimal(0)
    quote_amount: Decimal | None = None  # instead of the quantity: what to spend, or to bring
    price: Decimal | None = None
    trigger_price: Decimal | None = None
    trailing_percent: Decimal | None = None
    good_till: datetime | None = None
    reduce_only: bool = False
    position_side: str = ""  # long or short, where the account holds both
    leverage: int | None = None  # set first, together with the margin mode
    margin_mode: str = ""
    bot: "Bot | None" = None
    idempotency_key: str = ""
    exits: Exits = NO_EXITS  # to be placed for what is filled


REQUEST_FIELDS: Final = tuple(f.name for f in fields(PlacementRequest) if f.name != "exits")


def place_order(*, user: "User", request: PlacementRequest, now: datetime) -> Order:
    """Save the order and queue its submission; a repeated idempotency key returns it again.

    The order belongs to the owner of its key, also if a member places it with whom it is shared.
    """
    if earlier := _find_earlier(user, request):
        return earlier
    _check_request(user, request)
    order = Order(
        user_id=request.key.user_id,
        placed_by="" if request.key.user_id == user.pk else user.get_username(),
        **{name: getattr(request, name) for name in REQUEST_FIELDS},
        lacks_quantity=request.quote_amount is not None,
        client_order_id=f"fw{secrets.token_hex(14)}",
        created_at=now,
    )
    try:
        with transaction.atomic():
            hold_grant(find_member_id(user, request.key), request.key.pk)
            _open_group(order, request.exits)
            reconciler.record_intent(order)
            task_queue.send_on_commit("orders.submit", order.pk)
    except GrantHasEnded:
        raise OrderDenied("key", NO_SUCH_KEY) from None
    except IntegrityError:  # two tries at the same moment: the other one won
        if earlier := _find_earlier(user, request):
            return earlier
        raise
    return order


def find_member_id(user: "User", key: ExchangeKey) -> int | None:
    """Return the id of a user who places orders with a key of another; of its owner None."""
    return None if key.user_id == user.pk else user.pk


def _open_group(order: Order, exits: Exits) -> None:
    """Save the group of an order that has exits; they are placed once it is filled."""
    if not exits:
        return
    order.role = Role.ENTRY
    order.order_group = OrderGroup.objects.create(
        user_id=order.user_id,
        placed_by=order.placed_by,
        key=order.key,
        kind=OrderGroup.Kind.BRACKET,
        symbol=order.symbol,
        position_side=order.position_side,
        exit_side=Side.SELL if order.side == Side.BUY else Side.BUY,
        created_at=order.created_at,
        **exits.to_columns(),
    )


def cancel_order(
    order: Order,
    *,
    by: str,
    now: datetime,
    actor: str = ended_by.USER,
    member_id: int | None = None,
) -> Order:
    """Record a cancel request and queue it; the order ends when its venue says so."""
    if order.origin == Origin.EXTERNAL:
        raise OrderIsExternal(_("It was placed at the exchange, not here: cancel it there."))
    with transaction.atomic():
        hold_grant(member_id, order.key_id)
        order = reconciler.request_cancel(order.pk, by=by, actor=actor, now=now)
        if order.ended_at is None:
            task_queue.send_on_commit("orders.cancel", order.pk)
    return order


def close_order(
    order: Order,
    *,
    by: str,
    now: datetime,
    actor: str = ended_by.USER,
    member_id: int | None = None,
) -> Order:
    """End an order here of which its venue cannot say any more how it ended."""
    if not conclusions.is_closable(status=order.status, ended_reason=order.ended_reason):
        raise OrderNotClosable(_("Its venue can still say how it ends: cancel it instead."))
    with transaction.atomic():
        hold_grant(member_id, order.key_id)
        return reconciler.close_by_hand(order.pk, by=by, actor=actor, now=now)


def select_open_orders(
    user: "User", *, key_id: int | None = None, symbol: str | None = None
) -> QuerySet[Order]:
    """Select the open orders placed here, or only those of a key or symbol.

    Those of others' keys only if the key is named, and never those of their bots.
    """
    orders: QuerySet[Order] = Order.objects.filter(IS_OPEN, user=user, origin=Origin.FILLWATCH)
    if key_id is not None:
        tradable = Order.objects.tradable_by(user.pk).filter(Q(user=user) | Q(bot=None))
        orders = tradable.filter(IS_OPEN, key_id=key_id, origin=Origin.FILLWATCH)
    if symbol is not None:
        orders = orders.filter(symbol=symbol)
    return orders.order_by("key_id", "pk")


def cancel_open_orders(
    orders: QuerySet[Order],
    *,
    by: str,
    now: datetime,
    actor: str = ended_by.USER,
    member_id: int | None = None,
) -> list[Order]:
    """Request the cancel of these orders, which a person did not choose one by one.

    Of so many at most, as a request must end; `count_uncancelled` says how many are left.
    """
    by = f"{by}{WITH_ALL}"
    orders = orders.order_by(F("cancel_requested_at").asc(nulls_first=True), "key_id", "pk")
    return [
        cancel_order(order, by=by, actor=actor, member_id=member_id, now=now)
        for order in orders[:MAX_CANCELS]
    ]


def count_uncancelled(orders: QuerySet[Order]) -> int:
    """Count those whose cancel nobody has requested."""
    return orders.filter(cancel_requested_at=None).count()


def list_bots_at_work(orders: QuerySet[Order]) -> list[tuple[int, str]]:
    """List the running bots whose open orders these are: a cancel of one stops its bot."""
    at_work = orders.filter(bot__mode="running").order_by("bot__name")
    return list(at_work.values_list("bot", "bot__name").distinct())


def _find_earlier(user: "User", request: PlacementRequest) -> Order | None:
    if not request.idempotency_key:
        return None
    order = find_by_idempotency_key(user, request.key.user_id, request.idempotency_key)
    if order and not _is_request_of(order, request):
        raise IdempotencyConflict("this Idempotency-Key was used for another order")
    return order


def find_by_idempotency_key(user: "User", owner_id: int, name: str) -> Order | None:
    """Find the order that this person placed under this name, among the orders of that owner."""
    placed_by = "" if owner_id == user.pk else user.get_username()
    orders = Order.objects.select_related("key", "bot", "order_group")
    return orders.filter(user=owner_id, placed_by=placed_by, idempotency_key=name).first()


def _is_request_of(order: Order, request: PlacementRequest) -> bool:
    """Compare as it was ordered; of a changed order nobody knows its first price and quantity."""
    names = set(REQUEST_FIELDS) - {"quantity"}
    exits = read_exits(order.order_group) if order.order_group else NO_EXITS
    if exits != request.exits:
        return False
    if order.terms_at or order.former:
        names.remove("price")
    elif order.quote_amount is None and request.quantity != order_state.read_ordered(order):
        return False
    return all(getattr(order, name) == getattr(request, name) for name in names)


def _check_request(user: "User", request: PlacementRequest) -> None:
    if request.key.user_id != user.pk and request.key.pk not in list_tradable(user.pk):
        raise OrderDenied("key", NO_SUCH_KEY)
    if not request.key.is_active:
        raise OrderDenied(
            "key", _("The key “%(key)s” is switched off.") % {"key": request.key.label}
        )
    if request.bot and (request.bot.user_id, request.bot.key_id) != (user.pk, request.key.pk):
        raise OrderDenied("bot", _("There is no such bot on this key."))
    for field, message in validation.find_field_errors(request):
        raise OrderDenied(field, message)
    for field, message in validation.find_exit_errors(request):
        raise OrderDenied(field, message)
    symbols = Symbol.objects.filter(**request.key.venue_market._asdict())
    for symbol in symbols.filter(name=request.symbol):
        for field, message in validation.find_limit_errors(
            symbol,
            quantity=request.quantity,
            quote_amount=request.quote_amount,
            price=request.price,
            trigger_price=request.trigger_price,
            reduce_only=request.reduce_only,
        ):
            raise OrderDenied(field, message)
        for field, message in validation.find_exit_limit_errors(
            symbol, request.exits, quantity=request.quantity
        ):
            raise OrderDenied(field, message)
        return
    if symbols.exists():
        raise OrderDenied(
            "symbol",
            _("%(symbol)s is not traded at %(venue)s.")
            % {"symbol": request.symbol, "venue": request.key.venue_label},
        )
