"""Place and cancel a bot's orders. The slot and the turn make the same intent the same order.

An order and its BotOrder are saved in one transaction, before the venue hears of it: an intent that
comes again after a crash or a repeated event finds its turn taken, or its idempotency key used.
"""

from datetime import datetime

import structlog

from bots.activity import log as activity_log
from bots.models import Bot, BotOrder, LogEntry
from bots.running import lost_orders
from bots.running.run_state import RunState
from bots.strategies.decisions import SIDES, Amend, Place
from bots.strategies.entry_and_exit import ENTRY
from orders import placement
from orders.changes import amend
from orders.lifecycle import ended_by
from orders.models import TimeInForce
from realtime import streams
from realtime.values import format_money
from users.languages.recipient import speak_to, write_for
from users.languages.text import Phrase

log = structlog.get_logger(__name__)


def place_order(
    unit: streams.Unit, bot: Bot, state: RunState, intent: Place, *, now: datetime
) -> str:
    """Save the order and its BotOrder; return the reason if we deny it ourselves."""
    before = state.bot_orders.get(intent.slot)
    if before is not None and before.turn >= intent.turn:
        log.error("strategy repeats a turn", bot=bot.pk, slot=intent.slot, turn=intent.turn)
        return ""
    names = {"side": SIDES[intent.side], "slot": intent.slot}
    if 0 in (intent.quantity, intent.price, intent.trigger_price):
        return Phrase("The %(side)s order of %(slot)s would have no quantity or no price.", **names)
    try:
        with speak_to(bot.user):  # a denial becomes part of texts that are stored
            request = _make_request(bot, intent)
            order = placement.place_order(user=bot.user, request=request, now=now)
    except placement.OrderDenied as denied:
        names |= {"reason": denied.message}
        return Phrase("The %(side)s order of %(slot)s was denied: %(reason)s", **names)
    if before is not None:
        BotOrder.objects.filter(pk=before.pk).update(is_newest=False)
    bot_order = BotOrder(
        bot=bot,
        run=bot.run,
        slot=intent.slot,
        turn=intent.turn,
        reason=write_for(bot.user, intent.reason),
        order=order,
    )
    bot_order.save(force_insert=True)
    state.open.append(bot_order)
    message = Phrase(
        "%(side)s %(quantity)s: %(reason)s",
        side=SIDES[intent.side],
        quantity=format_money(intent.quantity),
        reason=intent.reason,
    )
    log_order(unit, bot, bot_order, message, now=now)
    return ""


def cancel_order(
    unit: streams.Unit, bot: Bot, bot_order: BotOrder, reason: str, *, now: datetime
) -> None:
    if bot_order.is_unwanted:
        return  # requested already; until its venue has answered, the sweep asks again
    BotOrder.objects.filter(pk=bot_order.pk).update(is_unwanted=True)
    placement.cancel_order(bot_order.order, by=f"bot {bot.name}", actor=ended_by.BOT, now=now)
    message = Phrase("cancel of %(slot)s: %(reason)s", slot=bot_order.slot, reason=reason)
    log_order(unit, bot, bot_order, message, now=now)


def amend_order(
    unit: streams.Unit, bot: Bot, bot_order: BotOrder, intent: Amend, *, now: datetime
) -> None:
    """Ask for another quantity and price, and cancel the order where that is refused."""
    if bot_order.is_unwanted:
        return
    try:
        with speak_to(bot.user):
            amend.amend_order(
                bot_order.order,
                price=intent.price,
                quantity=intent.quantity,
                by=f"bot {bot.name}",
                actor=ended_by.BOT,
                now=now,
            )
    except (amend.CannotAmend, placement.OrderDenied) as refused:
        reason = Phrase("%(reason)s (%(refusal)s)", reason=intent.reason, refusal=str(refused))
        cancel_order(unit, bot, bot_order, reason, now=now)
        return
    BotOrder.objects.filter(pk=bot_order.pk).update(asked_quantity=intent.quantity)
    message = Phrase(
        "change of %(slot)s to %(quantity)s at %(price)s: %(reason)s",
        slot=intent.slot,
        quantity=format_money(intent.quantity),
        price=format_money(intent.price),
        reason=intent.reason,
    )
    log_order(unit, bot, bot_order, message, now=now)


def log_order(
    unit: streams.Unit, bot: Bot, bot_order: BotOrder, message: str, *, now: datetime
) -> None:
    activity_log.note(
        unit,
        user=bot.user,
        level=LogEntry.Level.INFO,
        bot=bot,
        order_id=bot_order.order_id,
        message=message,
        now=now,
    )


def _make_request(bot: Bot, intent: Place) -> placement.PlacementRequest:
    settings = bot.settings if intent.slot == ENTRY else {}
    return placement.PlacementRequest(
        key=bot.key,
        symbol=bot.symbol,
        side=intent.side,
        type=intent.type,
        time_in_force=TimeInForce.GTC,
        quantity=intent.quantity,
        price=intent.price,
        trigger_price=intent.trigger_price,
        trailing_percent=intent.trailing_percent,
        reduce_only=intent.reduce_only,
        leverage=settings.get("leverage"),
        margin_mode=settings.get("margin_mode") or "",
        bot=bot,
        idempotency_key=_idempotency_key(bot, intent),
    )


def _idempotency_key(bot: Bot, intent: Place) -> str:
    """Return the same key for the same intent, unless its earlier order never arrived."""
    tries = lost_orders.count_tries(bot, intent.slot, intent.turn)
    again = f" again {tries}" if tries else ""
    return f"bot {bot.pk} run {bot.run} {intent.slot} {intent.turn}{again}"
