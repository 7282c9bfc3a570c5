"""The whole state of a user with its offset in the event stream, read at one moment."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from django.db import connection, transaction
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from bots.models import Bot, PnlBook
from bots.payloads import bot_data, pnl_data
from bots.signals.record import list_pending, signal_data
from config.snapshot.lists import SnapshotData, describe_lists
from exchanges.models import ExchangeKey
from exchanges.payloads import balance_data, key_data, list_balances, list_positions, position_data
from exchanges.sharing.actions import shared_key_data
from operations.alerts.record import alert_data, open_alerts
from operations.notifications.record import notification_data, unread_notifications
from orders.models import IS_OPEN, Order
from orders.payloads import order_data
from realtime import streams
from users.api_tokens.access import token_access, token_keys
from users.http import current_user
from users.models import KeyGrant
from users.rest import make_shape_serializer
from users.sharing.access import note_use
from users.strict.views import api_view


@contextmanager
def one_moment() -> Iterator[None]:
    """Read in one REPEATABLE READ transaction: READ COMMITTED would miss changes in between."""
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def read_snapshot(user_id: int, key_ids: Collection[int] | None = None) -> SnapshotData:
    with one_moment():
        state = read_state(user_id)
    return state if key_ids is None else narrow_to_keys(state, key_ids)


def narrow_to_keys(state: SnapshotData, key_ids: Collection[int]) -> SnapshotData:
    """Leave in a state what a token for some keys may see, as the socket does with events."""
    return {
        **state,
        "orders": [order for order in state["orders"] if order["key"] in key_ids],
        "keys": [key for key in state["keys"] if key["id"] in key_ids],
        "shared_keys": [key for key in state["shared_keys"] if key["id"] in key_ids],
        "balances": [balance for balance in state["balances"] if balance["key"] in key_ids],
        "positions": [position for position in state["positions"] if position["key"] in key_ids],
        "bots": [bot for bot in state["bots"] if bot["key"] in key_ids],
        "profits": [profit for profit in state["profits"] if profit["key"] in key_ids],
        "signals": [],
        "notifications": [],
        "alerts": [],
    }


def read_state(user_id: int) -> SnapshotData:
    """Read the state; call it inside one_moment()."""
    position = streams.fetch_head(user_id)
    visible = Order.objects.visible_to(user_id).filter(IS_OPEN)
    orders = visible.select_related("key", "bot", "order_group")
    grants = KeyGrant.objects.filter(member=user_id, accepted_at__isnull=False)
    books = PnlBook.objects.filter(user=user_id, bot__isnull=False)
    return {
        "user": user_id,
        "stream": {"epoch": position.epoch, "seq": position.seq},
        "orders": [order_data(order) for order in orders],
        "keys": [key_data(key) for key in ExchangeKey.objects.filter(user=user_id)],
        "shared_keys": [
            shared_key_data(grant, grant.key) for grant in grants.select_related("key__user")
        ],
        "balances": [balance_data(row, row.key) for row in list_balances(user_id)],
        "positions": [position_data(row, row.key) for row in list_positions(user_id)],
        "bots": [bot_data(bot) for bot in Bot.objects.filter(user=user_id).select_related("key")],
        "profits": [pnl_data(book) for book in books.select_related("key").defer("state")],
        "signals": [signal_data(signal) for signal in list_pending(user_id)],
        "notifications": [notification_data(row) for row in unread_notifications(user_id)],
        "alerts": [alert_data(alert) for alert in open_alerts(user_id)],
    }


SnapshotOut = make_shape_serializer(SnapshotData)


@extend_schema(
    tags=["realtime"],
    request=None,
    responses={200: SnapshotOut},
    description=(
        "The state to show first; subscribe to the socket from the offset in `stream`.\n\n"
        f"Each event then changes one of the lists:\n\n{describe_lists()}\n\n"
        "An event's `data` replaces the thing of the same name, or is a new one."
    ),
)
@token_access(GET="read", key_tokens=True)
@api_view(["GET"])
def show_snapshot(request: Request) -> Response:
    note_use(request.user.pk, now=timezone.now())
    return Response(read_snapshot(current_user(request).pk, token_keys(request)))
