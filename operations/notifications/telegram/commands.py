"""Answer what linked people write to the bot. Strangers learn nothing but how to link a chat."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import QuerySet

from bots.models import Bot
from bots.running.stop_all import stop_all
from exchanges.models import ExchangeKey
from operations.models import Alert, NotificationWay
from operations.notifications.telegram import link
from operations.notifications.ways import actions
from orders.checks import last_sweep
from orders.models import IS_OPEN, Order
from realtime.values import format_money, format_time
from users.models import User

MOST_LISTED: Final = 10
COMMAND: Final = re.compile(r"/([a-z_]{1,32})(?:@\w+)?(?:\s+(\S.*))?", re.IGNORECASE | re.DOTALL)
STRANGER: Final = (
    "This chat is not linked. Open Notifications in Fillwatch, press “Link Telegram”, and send the"
    " code here: /start CODE"
)
HELP: Final = "/status: how things are\n/orders: your open orders\n/stop: stop bots, or messages"
STOP: Final = (
    "What should stop?\n/stop_bots stops every bot and cancels every order placed by Fillwatch\n"
    "/stop_messages ends the messages in this chat"
)


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """A message that somebody wrote to the bot in a chat of their own."""

    chat_id: int
    sender: str
    text: str


def answer_message(message: ChatMessage, *, now: datetime) -> str:
    """Do what a message says and return the answer."""
    match = COMMAND.fullmatch(message.text.strip())
    command, argument = (match[1].lower(), match[2] or "") if match else ("", message.text)
    if command in ("start", "link", "") and argument.strip():
        if way := link.use_code(argument, message.chat_id, message.sender, now=now):
            return f"Linked to {way.user.get_username()}.\n{HELP}"
        if command:
            return "This code is not good, or its ten minutes are over."
    way = _find_way(message.chat_id)
    if way is None:
        return STRANGER
    act = COMMANDS.get(command)
    return act(way, now) if act else HELP


def _find_way(chat_id: int) -> NotificationWay | None:
    ways = NotificationWay.objects.filter(chat_id=chat_id, user__is_active=True)
    return ways.select_related("user").first()


def _describe_status(way: NotificationWay, now: datetime) -> str:
    user = way.user
    last = last_sweep.read_last_sweep()
    troubled = ExchangeKey.objects.filter(user=user).exclude(last_error="")
    lines = [
        f"Open orders: {_open_orders(user).count()}",
        f"Running bots: {Bot.objects.filter(user=user, mode='running').count()}",
        f"Bots stopped by an error: {Bot.objects.filter(user=user, mode='error').count()}",
        f"Keys with trouble: {troubled.count()}",
        f"Orders last compared with the venues: {format_time(last) if last else 'unknown'}",
    ]
    alerts = Alert.objects.filter(user=user, ended_at=None).order_by("-id")[:MOST_LISTED]
    return "\n".join([*lines, *(f"Alert: {alert.title}" for alert in alerts)])


def _describe_orders(way: NotificationWay, now: datetime) -> str:
    orders = _open_orders(way.user)
    lines = [_describe_order(order) for order in orders.order_by("-id")[:MOST_LISTED]]
    if (more := orders.count() - len(lines)) > 0:
        lines.append(f"… and {more} more.")
    return "\n".join(lines) or "No open orders."


def _describe_order(order: Order) -> str:
    price = f" at {format_money(order.price)}" if order.price is not None else ""
    paper = " SIMULATED" if order.key.is_paper else ""
    return (
        f"{order.side} {format_money(order.quantity)} {order.symbol}{price},"
        f" {format_money(order.filled)} filled, {order.status}, “{order.key.label}”{paper}"
    )


def _open_orders(user: User) -> QuerySet[Order]:
    return Order.objects.filter(IS_OPEN, user=user).select_related("key")


def _ask_what_to_stop(way: NotificationWay, now: datetime) -> str:
    return STOP


def _stop_bots(way: NotificationWay, now: datetime) -> str:
    stop_all(way.user, now=now)
    return "Your bots are being stopped, and their orders cancelled. The bots page shows how far."


def _stop_messages(way: NotificationWay, now: datetime) -> str:
    actions.change_way(way.user_id, way.pk, now=now, is_active=False)
    return "No more messages here. /start brings them back."


def _start_messages(way: NotificationWay, now: datetime) -> str:
    actions.change_way(way.user_id, way.pk, now=now, is_active=True)
    return f"You are told here what you chose in Fillwatch.\n{HELP}"


COMMANDS: Final[Mapping[str, Callable[[NotificationWay, datetime], str]]] = {
    "start": _start_messages,
    "status": _describe_status,
    "orders": _describe_orders,
    "stop": _ask_what_to_stop,
    "stop_bots": _stop_bots,
    "stop_messages": _stop_messages,
}
