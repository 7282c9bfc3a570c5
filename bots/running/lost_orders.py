"""Orders that never arrived give their turn back: the same intent then gets a new order.

The venue has said again and again that it knows no such order, longer than any request may take.
If it turns up all the same it is cancelled, and its fills count.
"""

from collections.abc import Iterable
from typing import Final

from django.db.models import Q, QuerySet

from bots.models import Bot, BotOrder, Mode
from orders.lifecycle import states
from orders.models import Order

PREFIX: Final = "lost"  # the slot of such an order is renamed to “lost 1 buy”
MOST_TRIES: Final = 5  # for one turn; after that the bot stops, and a person has to look


def put_aside(newest: Iterable[BotOrder]) -> list[BotOrder]:
    """Free the slots of lost orders, so that the order before is the newest; return the lost."""
    return [each for each in newest if _never_arrived(each.order) and _rename_slot(each)]


def list_revived(bot_orders: Iterable[BotOrder]) -> list[BotOrder]:
    """Return the lost orders that turned up at the venue after all."""
    return [bot_order for bot_order in bot_orders if bot_order.slot.startswith(f"{PREFIX} ")]


def list_strays(bot: Bot) -> QuerySet[BotOrder]:
    """Return orders that turned up after their run: nobody has cancelled them yet."""
    is_open = Q(order__status__in=sorted(states.OPEN), order__user=bot.user_id)
    bot_orders = bot.bot_orders.filter(is_open, is_unwanted=False).select_related("order")
    is_at_rest = bot.mode in (Mode.STOPPED, Mode.ERROR)
    return bot_orders if is_at_rest else bot_orders.exclude(run=bot.run)


def count_tries(bot: Bot, slot: str, turn: int) -> int:
    """Count the orders of this turn that never arrived."""
    slots = [_lost_slot(number, slot) for number in range(1, MOST_TRIES + 1)]
    return bot.bot_orders.filter(run=bot.run, turn=turn, slot__in=slots).count()


def _never_arrived(order: Order) -> bool:
    """Detect an order that the venue does not know, or that was too old to send after an outage."""
    if order.status == states.DENIED:
        return True
    return order.status == states.REJECTED and order.end_is_assumed and not order.filled


def _rename_slot(bot_order: BotOrder) -> bool:
    before = count_tries(bot_order.bot, bot_order.slot, bot_order.turn)
    if before >= MOST_TRIES:
        return False
    others = bot_order.bot.bot_orders.filter(run=bot_order.run, slot=bot_order.slot)
    last = others.exclude(pk=bot_order.pk).order_by("-turn").first()
    bot_order.slot, bot_order.is_newest = _lost_slot(before + 1, bot_order.slot), False
    bot_order.save(update_fields=["slot", "is_newest"])
    if last is not None:
        last.is_newest = True
        last.save(update_fields=["is_newest"])
    return True


def _lost_slot(number: int, slot: str) -> str:
    return f"{PREFIX} {number} {slot}"
