"""Evaluate a bot: read the state of its run, ask its strategy, carry out the intents.

1. The bot's row is locked: of any number of workers one evaluates it at a time.
2. Each new order is saved together with its BotOrder (see bot_orders).
3. After the commit workers submit and cancel. Each report about an order wakes the bot again.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Final

import structlog

from bots.models import Bot, BotOrder, Mode, Strategy
from bots.prices import market_view
from bots.running import lifecycle, limits, lost_orders, run_state, validation
from bots.running.bot_orders import amend_order, cancel_order, log_order, place_order
from bots.running.lifecycle import CommandRefused
from bots.running.run_state import RunState
from bots.strategies import manual
from bots.strategies.decisions import SIDES, Amend, Cancel, Halt, Intent, Market, Place, Side
from bots.strategies.entry_and_exit import ENTRY
from bots.strategies.registry import STRATEGIES
from bots.strategies.settings import InvalidSettings, read_settings
from exchanges.base import VenueError
from orders import task_queue
from orders.lifecycle import states
from orders.models import Order
from orders.tasks import RETRY_DELAYS, look_up_order
from realtime import streams
from realtime.values import format_money
from users.languages.text import Phrase

log = structlog.get_logger(__name__)

ARRIVED_LATE: Final = Phrase("its run was over, but it arrived")
WAS_FOUND: Final = Phrase("it was considered lost, but arrived")
TOLD_TO: Final = {"buy": Phrase("told to buy"), "sell": Phrase("told to sell")}
SUBMITTED_AT_ONCE: Final = 3  # the others meanwhile by the workers that take their messages


def evaluate_bot(bot_id: int, *, now: datetime) -> None:
    """Evaluate a bot once; a second evaluation with nothing new changes nothing."""
    with streams.unit() as unit:
        try:
            bot = lifecycle.lock_bot(bot_id)
        except Bot.DoesNotExist:
            return
        Bot.objects.filter(pk=bot.pk).update(evaluated_at=now)
        for bot_order in lost_orders.list_strays(bot):
            cancel_order(unit, bot, bot_order, ARRIVED_LATE, now=now)
        if bot.mode == Mode.RUNNING:
            _evaluate_running(unit, bot, now=now)
        elif bot.mode == Mode.STOPPING:
            _finish_stopping(unit, bot, now=now)


def submit_new_orders(bot_id: int) -> None:
    """Submit a bot's new orders right after its evaluation, without the detour through the queue.

    The queued task does the same if this process dies first. Whoever of the two comes second finds
    the order submitted, so it is sent once.
    """
    from orders import submission  # brings ccxt, which only workers load

    waiting = BotOrder.objects.filter(
        bot=bot_id, is_newest=True, order__status=states.PENDING, order__submitted_at=None
    )
    for order_id in waiting.order_by("pk").values_list("order", flat=True)[:SUBMITTED_AT_ONCE]:
        try:
            submission.submit_order(order_id)
        except submission.StillUnknown:
            look_up_order.apply_async(args=(order_id,), countdown=RETRY_DELAYS[0])
        except VenueError as error:  # not sent: the sweep hands it on again
            log.info("order not submitted at once", order=order_id, error=str(error))


def open_position(
    bot_id: int, *, side: Side, now: datetime, amount: Decimal | None = None
) -> Order:
    """Open a position with a manual bot, for a person or a signal; one at a time.

    An `amount` is spent instead of the bot's own; its budget and limits hold all the same.
    """
    with streams.unit() as unit:
        bot = lifecycle.lock_bot(bot_id)
        if bot.strategy != Strategy.MANUAL or bot.mode != Mode.RUNNING:
            raise CommandRefused(
                Phrase("Only a manual bot that runs can be told to open a position.")
            )
        market, state = market_view.read_market(bot, now=now), run_state.read_state(bot, now=now)
        if market is None or market.price is None:
            raise CommandRefused(_explain_no_price(bot))
        last = state.slots.get(ENTRY)
        spent = Decimal(bot.settings["amount"]) if amount is None else amount
        quantity = market.quantity_for(spent, market.price)
        refusal = _entry_refusal(bot, state, market, side) or _amount_refusal(bot, market, spent)
        if refusal:
            raise CommandRefused(refusal)
        entry = Place(slot=ENTRY, turn=last.turn + 1 if last else 1, side=side, type="market",
                      quantity=quantity, reason=TOLD_TO[side])  # fmt: skip
        headroom = _make_headroom(bot, state, market)
        refusal = limits.loss_refusal(bot, now=now) or headroom.reserve_order(entry)
        if refusal := refusal or place_order(unit, bot, state, entry, now=now):
            raise CommandRefused(refusal)
        limits.record_bound(bot, headroom.exposure)
        lifecycle.set_leave(bot, leave=False)
        return state.open[-1].order


def _explain_no_price(bot: Bot) -> str:
    return Phrase("No recent price of %(symbol)s is known; try again soon.", symbol=bot.symbol)


def _entry_refusal(bot: Bot, state: RunState, market: Market, side: Side) -> str:
    if side == "sell" and not market.is_futures:
        return Phrase("At spot it only buys; what it has bought is sold when it is told to close.")
    if limits.is_loss_unknown(bot):
        return Phrase("Its loss of today is being counted again; try again soon.")
    if _has_position(state, market) or _has_open_orders(state):
        return Phrase("It has a position or an open order already.")
    return ""


def close_position(bot_id: int, *, now: datetime) -> None:
    """Close what a manual bot holds, at any price; its guards are cancelled first."""
    with streams.unit():
        bot = lifecycle.lock_bot(bot_id)
        if bot.strategy != Strategy.MANUAL or bot.mode != Mode.RUNNING:
            raise CommandRefused(Phrase("Only a manual bot that runs can be told to close."))
        market, state = market_view.read_market(bot, now=now), run_state.read_state(bot, now=now)
        # With an open entry too: it may be filled at any moment.
        if not (_has_position(state, market) or _has_open_orders(state)):
            raise CommandRefused(Phrase("It holds nothing that could be closed."))
        lifecycle.set_leave(bot, leave=True)
        task_queue.request_evaluation(bot.pk)


def _amount_refusal(bot: Bot, market: Market, spent: Decimal) -> str:
    """Check an amount as the setting is checked: the venue would refuse it as well."""
    settings = replace(read_settings(manual.Settings, bot.settings), amount=spent)
    return dict(manual.check_settings(settings, market)).get("amount", "")


def _has_open_orders(state: RunState) -> bool:
    """Count an ended order too, until all its fills are known."""
    return bool(state.open) or any(order.is_open for order in state.slots.values())


def _has_position(state: RunState, market: Market | None) -> bool:
    """Ignore the remainders that fees leave: they are too small for an order."""
    held = abs(state.position.quantity)
    return held > 0 and (market is None or 0 < market.round_quantity(held) >= market.min_quantity)


def _evaluate_running(unit: streams.Unit, bot: Bot, *, now: datetime) -> None:
    market = market_view.read_market(bot, now=now)
    if market is None:
        values = {"symbol": bot.symbol, "venue": bot.key.venue_label}
        reason: str = Phrase("%(symbol)s is not traded at %(venue)s any more.", **values)
        return lifecycle.halt_bot(unit, bot, reason, is_error=True, now=now)
    reason = "" if bot.user.is_active else Phrase("The account of its owner is switched off.")
    if reason := reason or validation.key_refusal(bot.key) or limits.loss_refusal(bot, now=now):
        return lifecycle.halt_bot(unit, bot, reason, is_error=True, now=now)
    strategy, state = STRATEGIES[bot.strategy], _read_state(unit, bot, now=now)
    try:
        settings = read_settings(strategy.Settings, bot.settings)
    except InvalidSettings as error:  # an older version took them
        return lifecycle.halt_bot(unit, bot, str(error), is_error=True, now=now)
    intents = strategy.decide(settings, state.position, state.slots, market, now)
    run_state.carry_over(bot, state, now=now)
    _execute_intents(unit, bot, state, intents, market, now=now)
    return None


def _execute_intents(
    unit: streams.Unit,
    bot: Bot,
    state: RunState,
    intents: Iterable[Intent],
    market: Market,
    *,
    now: datetime,
) -> None:
    headroom, is_loss_pending = _make_headroom(bot, state, market), limits.is_loss_unknown(bot)
    for intent in intents:
        match intent:
            case Place() if is_loss_pending and _adds_exposure(intent, market):
                continue  # the strategy wants it again once today's loss is known
            case Place():
                refusal = headroom.reserve_order(intent)
                refusal = refusal or place_order(unit, bot, state, intent, now=now)
                if refusal:  # orders that were placed before it stay open
                    limits.record_bound(bot, headroom.exposure)
                    return lifecycle.halt_bot(unit, bot, refusal, is_error=True, now=now)
            case Cancel(slot=slot, reason=reason):
                cancel_order(unit, bot, state.bot_orders[slot], reason, now=now)
            case Amend(slot=slot):
                amend_order(unit, bot, state.bot_orders[slot], intent, now=now)
            case Halt(reason=reason, is_error=is_error):
                return lifecycle.halt_bot(unit, bot, reason, is_error=is_error, now=now)
    limits.record_bound(bot, headroom.exposure)
    return None


def _adds_exposure(intent: Place, market: Market) -> bool:
    """Tell an order that binds more money from one that sells what is held."""
    return not intent.reduce_only and (market.is_futures or intent.side == "buy")


def _make_headroom(bot: Bot, state: RunState, market: Market) -> limits.Headroom:
    orders = [bot_order.order for bot_order in state.uncounted]
    exposure = limits.Exposure.of_orders(state.position, orders, market)
    return limits.Headroom(bot, exposure, orders=len(state.open), market=market)


def _read_state(unit: streams.Unit, bot: Bot, *, now: datetime) -> RunState:
    """Read the state, after putting lost orders aside; cancel those that were found after all."""
    state = run_state.read_state(bot, now=now)
    if lost := lost_orders.put_aside(state.bot_orders.values()):
        for bot_order in lost:
            by_hand = bot.strategy == Strategy.MANUAL and bot_order.slot.endswith(f" {ENTRY}")
            order = bot_order.order
            values = {"side": SIDES[order.side], "quantity": format_money(order.quantity)}
            message = Phrase("%(side)s %(quantity)s never arrived: placed again", **values)
            if by_hand:
                message = Phrase(
                    "%(side)s %(quantity)s never arrived: give the command again if you still"
                    " want it",
                    **values,
                )
            log_order(unit, bot, bot_order, message, now=now)
        state = run_state.read_state(bot, now=now)
    for bot_order in lost_orders.list_revived(state.open):
        cancel_order(unit, bot, bot_order, WAS_FOUND, now=now)
    return state


def _finish_stopping(unit: streams.Unit, bot: Bot, *, now: datetime) -> None:
    """Cancel the open orders of a stopping bot; once none is open it has stopped."""
    waiting = run_state.read_state(bot, now=now).open
    for bot_order in waiting:
        cancel_order(unit, bot, bot_order, bot.reason or Phrase("the bot stops"), now=now)
    if not waiting:
        lifecycle.finish_stop(unit, bot, now=now)
