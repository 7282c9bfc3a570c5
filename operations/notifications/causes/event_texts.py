"""Choose which events are worth a message, and write it. Pure: an event in, a text out."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from operations.models import MessageLevel, NotificationCategory
from operations.notifications.outbox import MessageText

Data = Mapping[str, Any]
BY_VENUE: Final = frozenset({"venue", "refused", "absence"})
ENDED_BY_VENUE: Final = {
    "canceled": "cancelled by its venue",
    "expired": "ended by its venue",
    "rejected": "rejected",
    "denied": "denied",
}


def write_text(event_type: str, data: Data) -> MessageText | None:
    """Return the message of an event, or None for one that is not worth any."""
    write = WRITERS.get(event_type)
    return write(data) if write else None


def _write_order_end(order: Data) -> MessageText | None:
    how = ENDED_BY_VENUE.get(order["status"])
    is_refused = order["status"] in ("rejected", "denied")
    if how is None or not (is_refused or order.get("ended_by") in BY_VENUE):
        return None
    return MessageText(
        category=NotificationCategory.ORDERS,
        cause=f"order:{order['id']}:{order['status']}",
        title=f"Order {how}: {_name_order(order)}",
        message=" ".join(
            part for part in (order.get("ended_reason"), _describe_place(order)) if part
        ),
        link="/orders/",
        level=MessageLevel.WARNING,
    )


def _write_fill(order: Data) -> MessageText:
    price = f" at {order['average_price']}" if order.get("average_price") else ""
    return MessageText(
        category=NotificationCategory.FILLS,
        cause=f"order:{order['id']}:filled",
        title=f"Order filled: {_name_order(order)}",
        message=f"{order['filled']} {order['symbol']}{price}. {_describe_place(order)}",
        link="/orders/",
        level=MessageLevel.SUCCESS,
    )


def _write_bot_error(bot: Data) -> MessageText | None:
    if bot["mode"] != "error":
        return None
    return MessageText(
        category=NotificationCategory.BOTS,
        cause=f"bot:{bot['id']}:{bot['run']}:error",
        title=_cut(f"Bot stopped with an error: {bot['name']}{_label_paper(bot)}"),
        message=f"{bot['words']} {bot['strategy']} on {bot['symbol']}.".strip(),
        link=f"/bots/{bot['id']}/",
        level=MessageLevel.ERROR,
    )


def _write_signal(signal: Data) -> MessageText | None:
    if signal["status"] not in ("pending", "failed"):
        return None
    has_failed = signal["status"] == "failed"
    verb = "Signal failed" if has_failed else "Signal"
    return MessageText(
        category=NotificationCategory.SIGNALS,
        cause=f"signal:{signal['id']}:{signal['status']}",
        title=_cut(f"{verb}: {signal['side']} {signal['symbol']} by {signal['source']}"),
        message=signal["words"] or signal["message"],
        link="/signals/",
        level=MessageLevel.WARNING if has_failed else MessageLevel.INFO,
    )


def _write_broadcast(system: Data) -> MessageText:
    return MessageText(
        category=NotificationCategory.OPERATIONS,
        cause=f"broadcast:{system['id']}",
        title=system["title"],
        message=system["message"],
        level=MessageLevel(system["level"]),
    )


def _name_order(order: Data) -> str:
    return _cut(f"{order['side']} {order['quantity']} {order['symbol']}{_label_paper(order)}", 80)


def _describe_place(order: Data) -> str:
    bot = f", bot “{order['bot_name']}”" if order.get("bot_name") else ""
    return f"Key “{order['key_label']}” at {order['venue']}{bot}."


def _label_paper(row: Data) -> str:
    return " (SIMULATED)" if row["simulated"] else ""


def _cut(text: str, most: int = 120) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


WRITERS: Final[Mapping[str, Callable[[Data], MessageText | None]]] = {
    "order_update": _write_order_end,
    "order_filled": _write_fill,
    "bot_update": _write_bot_error,
    "signal": _write_signal,
    "system": _write_broadcast,
}
