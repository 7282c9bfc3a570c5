"""Choose which events are worth a message, and write it. Pure: an event in, a text out."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from operations.models import MessageLevel, NotificationCategory
from operations.notifications.outbox import MessageText

Data = Mapping[str, Any]
BY_VENUE: Final = frozenset({"venue", "refused", "absence"})
ENDED_BY_VENUE: Final = {
    "canceled": gettext_noop("Order cancelled by its venue: %(order)s"),
    "expired": gettext_noop("Order ended by its venue: %(order)s"),
    "rejected": gettext_noop("Order rejected: %(order)s"),
    "denied": gettext_noop("Order denied: %(order)s"),
}


def write_text(event_type: str, data: Data) -> MessageText | None:
    """Return the message of an event, or None for one that is not worth any."""
    write = WRITERS.get(event_type)
    return write(data) if write else None


def _write_order_end(order: Data) -> MessageText | None:
    if order.get("ended_by") == "change":
        return _write_lost_order(order)
    title = ENDED_BY_VENUE.get(order["status"])
    is_refused = order["status"] in ("rejected", "denied")
    if title is None or not (is_refused or order.get("ended_by") in BY_VENUE):
        return None
    return MessageText(
        category=NotificationCategory.ORDERS,
        cause=f"order:{order['id']}:{order['status']}",
        title=_(title) % {"order": _name_order(order)},
        message=" ".join(
            part for part in (_translate_reason(order), _describe_place(order)) if part
        ),
        link="/orders/",
        level=MessageLevel.WARNING,
    )


def _write_lost_order(order: Data) -> MessageText:
    """Tell that a change has ended the order, which its owner takes to be waiting still."""
    message = _(
        "It was cancelled to be placed with other terms, and that did not succeed (%(reason)s)."
        " Nothing waits at the venue now: place it again if you still want it."
    )
    words = {"reason": order.get("ended_reason") or order["status"]}
    return MessageText(
        category=NotificationCategory.ORDERS,
        cause=f"order:{order['id']}:{order['status']}",
        title=_("Order lost in a change: %(order)s") % {"order": _name_order(order)},
        message=f"{message % words} {_describe_place(order)}",
        link="/orders/",
        level=MessageLevel.ERROR,
    )


def _write_fill(order: Data) -> MessageText:
    amount = f"{order['filled']} {order['symbol']}"
    if order.get("average_price"):
        words = {"quantity": amount, "price": order["average_price"]}
        amount = _("%(quantity)s at %(price)s") % words
    return MessageText(
        category=NotificationCategory.FILLS,
        cause=f"order:{order['id']}:filled",
        title=_("Order filled: %(order)s") % {"order": _name_order(order)},
        message=f"{amount}. {_describe_place(order)}",
        link="/orders/",
        level=MessageLevel.SUCCESS,
    )


def _write_bot_error(bot: Data) -> MessageText | None:
    if bot["mode"] != "error":
        return None
    return MessageText(
        category=NotificationCategory.BOTS,
        cause=f"bot:{bot['id']}:{bot['run']}:error",
        title=_shorten_text(
            _("Bot stopped with an error: %(bot)s") % {"bot": f"{bot['name']}{_label_paper(bot)}"}
        ),
        message=f"{bot['words']} {bot['strategy']} on {bot['symbol']}.".strip(),
        link=f"/bots/{bot['id']}/",
        level=MessageLevel.ERROR,
    )


def _write_signal(signal: Data) -> MessageText | None:
    if signal["status"] not in ("pending", "failed"):
        return None
    has_failed = signal["status"] == "failed"
    title = _("Signal failed: %(signal)s by %(source)s")
    if not has_failed:
        title = _("Signal: %(signal)s by %(source)s")
    words = {"signal": f"{signal['side']} {signal['symbol']}", "source": signal["source"]}
    return MessageText(
        category=NotificationCategory.SIGNALS,
        cause=f"signal:{signal['id']}:{signal['status']}",
        title=_shorten_text(title % words),
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
    return _shorten_text(
        f"{order['side']} {order['quantity']} {order['symbol']}{_label_paper(order)}", 80
    )


def _describe_place(order: Data) -> str:
    words = {"key": order["key_label"], "venue": order["venue"], "bot": order.get("bot_name")}
    if order.get("bot_name"):
        return _("Key “%(key)s” at %(venue)s, bot “%(bot)s”.") % words
    return _("Key “%(key)s” at %(venue)s.") % words


def _translate_reason(order: Data) -> str:
    """Translate a reason that is one of our own constant texts; others stay as they are."""
    reason = order.get("ended_reason")
    return _(reason) if reason else ""


def _label_paper(row: Data) -> str:
    return " (SIMULATED)" if row["simulated"] else ""


def _shorten_text(text: str, most: int = 120) -> str:
    return Truncator(text).chars(most)


WRITERS: Final[Mapping[str, Callable[[Data], MessageText | None]]] = {
    "order_update": _write_order_end,
    "order_filled": _write_fill,
    "bot_update": _write_bot_error,
    "signal": _write_signal,
    "system": _write_broadcast,
}
