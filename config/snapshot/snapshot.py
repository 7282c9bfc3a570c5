"""The whole state of a user and the place in the stream that it belongs to, read as one."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from bots.models import Bot, PnlBook
from bots.payloads import bot_data, pnl_data
from bots.signals.record import pending_of, signal_data
from exchanges.keys.actions import key_data
from exchanges.models import ExchangeKey
from exchanges.payloads import balance_data, balances_of, position_data, positions_of
from operations.messages.alerts import alert_data, open_of
from operations.messages.notifications import notification_data, unread_of
from orders.models import IS_OPEN, Order
from orders.payloads import order_data
from realtime import streams
from users.http import current_user


@contextmanager
def as_one() -> Iterator[None]:
    """One REPEATABLE READ transaction: under READ COMMITTED, changes in between would be lost."""
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def snapshot(user_id: int) -> dict[str, Any]:
    with as_one():
        return state(user_id)


def state(user_id: int) -> dict[str, Any]:
    """To be read as one: see above."""
    position = streams.position(user_id)
    return {
        "user": user_id,
        "stream": {"epoch": position.epoch, "seq": position.seq},
        "orders": [order_data(order) for order in _open_orders(user_id)],
        "keys": [key_data(key) for key in ExchangeKey.objects.filter(user=user_id)],
        "balances": [balance_data(row, row.key) for row in balances_of(user_id)],
        "positions": [position_data(row, row.key) for row in positions_of(user_id)],
        "bots": [bot_data(bot) for bot in _bots(user_id)],
        "profits": [pnl_data(book) for book in _books(user_id)],
        "signals": [signal_data(signal) for signal in pending_of(user_id)],
        "notifications": [notification_data(one) for one in unread_of(user_id)],
        "alerts": [alert_data(alert) for alert in open_of(user_id)],
    }


def _open_orders(user_id: int) -> QuerySet[Order]:
    return Order.objects.filter(IS_OPEN, user=user_id).select_related("key", "bot")


def _bots(user_id: int) -> QuerySet[Bot]:
    return Bot.objects.filter(user=user_id).select_related("key")


def _books(user_id: int) -> QuerySet[PnlBook]:
    mine = PnlBook.objects.filter(user=user_id, bot__isnull=False)
    return mine.select_related("key").defer("state")


@extend_schema(
    tags=["realtime"],
    request=None,
    responses={
        200: OpenApiResponse(description="Open orders, keys, holdings, messages, the position")
    },
)
@api_view(["GET"])
def view(request: Request) -> Response:
    """What to show first; subscribe to the socket from the position it names."""
    return Response(snapshot(current_user(request).pk))
