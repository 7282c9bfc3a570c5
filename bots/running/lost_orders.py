"""An order that never arrived gives its turn back: the same wish is then another order.

Its venue has said again and again that it knows no such order, longer than any request may take.
Should it turn up all the same, it is cancelled, and what it bought or sold counts.
"""

from collections.abc import Iterable
from typing import Final

from django.db.models import Q, QuerySet

from bots.models import Bot, BotOrder, Mode
from orders.lifecycle import states
from orders.models import Order

ASIDE: Final = "lost"  # the lane of such an order is called so from then on
MOST: Final = 5  # for one turn; then somebody has to look at what is wrong there


def give_back(newest: Iterable[BotOrder]) -> list[BotOrder]:
    """Put those aside, so that their lanes stand as they stood before; says which."""
    return [act for act in newest if _never_arrived(act.order) and _put_aside(act)]


def revived(acts: Iterable[BotOrder]) -> list[BotOrder]:
    """Those that turned up after all."""
    return [act for act in acts if act.slot.startswith(f"{ASIDE} ")]


def strays(bot: Bot) -> QuerySet[BotOrder]:
    """Those that turned up when their run was over: nobody has asked for their end yet."""
    mine = Q(order__status__in=sorted(states.OPEN), order__user=bot.user_id, is_unwanted=False)
    found = bot.bot_orders.filter(mine).select_related("order")
    at_rest = bot.mode in (Mode.STOPPED, Mode.ERROR)
    return found if at_rest else found.exclude(run=bot.run)


def tries(bot: Bot, lane: str, turn: int) -> int:
    """How many orders of this turn never arrived."""
    lanes = [_aside(number, lane) for number in range(1, MOST + 1)]
    return bot.bot_orders.filter(run=bot.run, turn=turn, slot__in=lanes).count()


def _never_arrived(order: Order) -> bool:
    """As far as its venue says; or it was too late to be sent, when the venue was back."""
    if order.status == states.DENIED:
        return True
    return order.status == states.REJECTED and order.end_is_assumed and not order.filled


def _put_aside(act: BotOrder) -> bool:
    before = tries(act.bot, act.slot, act.turn)
    if before >= MOST:
        return False
    others = act.bot.bot_orders.filter(run=act.run, slot=act.slot).exclude(pk=act.pk)
    last = others.order_by("-turn").first()
    act.slot, act.is_newest = _aside(before + 1, act.slot), False
    act.save(update_fields=["slot", "is_newest"])
    if last is not None:
        last.is_newest = True
        last.save(update_fields=["is_newest"])
    return True


def _aside(number: int, lane: str) -> str:
    return f"{ASIDE} {number} {lane}"
