"""One look at one bot: what it sees, what its strategy wants, and doing that once.

1. The bot's row is locked, so that of any number of workers one looks at a time.
2. Every order that is wanted is written down together with its act; the lane and the turn make
   sure that the same wish, come again after a crash or a repeated event, is the same order.
3. After the commit workers place and cancel. What they find out comes back as another look.
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
from bots.running.bot_orders import cancel_order, log_order, place_order
from bots.strategies import STRATEGIES, manual
from bots.strategies.entry_and_exit import ENTRY
from bots.strategies.settings import Wrong, read
from bots.strategies.types import Cancel, Halt, Intent, Market, Place, Side
from exchanges.base import VenueError
from orders import queue
from orders.lifecycle import states
from orders.models import Order
from orders.tasks import RETRY_DELAYS, look_up_order
from realtime import streams
from realtime.values import format_money

log = structlog.get_logger(__name__)

SUBMITTED_AT_ONCE: Final = 3  # the others meanwhile by the workers that take their messages


def look(bot_id: int, *, now: datetime) -> None:
    """Once is enough, twice does no harm."""
    with streams.unit() as unit:
        try:
            bot = lifecycle.locked(bot_id)
        except Bot.DoesNotExist:
            return
        Bot.objects.filter(pk=bot.pk).update(evaluated_at=now)
        _end_strays(unit, bot, now=now)
        if bot.mode == Mode.RUNNING:
            _run(unit, bot, now=now)
        elif bot.mode == Mode.STOPPING:
            _wind_up(unit, bot, now=now)


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


def enter(bot_id: int, *, side: Side, now: datetime, amount: Decimal | None = None) -> Order:
    """A person or a signal opens a position with a manual bot; one at a time.

    An `amount` is spent instead of the bot's own; its budget and limits hold all the same.
    """
    with streams.unit() as unit:
        bot = lifecycle.locked(bot_id)
        if bot.strategy != Strategy.MANUAL or bot.mode != Mode.RUNNING:
            raise lifecycle.NotNow("Only a manual bot that runs can be told to open a position.")
        market, seen = market_view.read_market(bot, now=now), run_state.see(bot, now=now)
        if market is None or market.price is None:
            raise lifecycle.NotNow(f"No recent price of {bot.symbol} is known; try again soon.")
        last = seen.lanes.get(ENTRY)
        spent = Decimal(bot.settings["amount"]) if amount is None else amount
        quantity = market.worth(spent, market.price)
        if words := _why_no_entry(bot, seen, market, side) or _too_little(bot, market, spent):
            raise lifecycle.NotNow(words)
        wanted = Place(slot=ENTRY, turn=last.turn + 1 if last else 1, side=side, type="market",
                       quantity=quantity, reason=f"told to {side}")  # fmt: skip
        room = _room(bot, seen, market)
        words = limits.lost_too_much(bot, now=now) or room.over(wanted)
        if words := words or place_order(unit, bot, seen, wanted, now=now):
            raise lifecycle.NotNow(words)
        limits.note(bot, room.stake)
        lifecycle.set_leave(bot, leave=False)
        return seen.open[-1].order


def _why_no_entry(bot: Bot, seen: run_state.Seen, market: Market, side: Side) -> str:
    if side == "sell" and not market.is_futures:
        return "At spot it only buys; what it has bought is sold when it is told to close."
    if limits.is_unknown(bot):
        return "What it lost today is being counted again; try again soon."
    if _holds(seen, market) or _is_at_work(seen):
        return "It has a position or an open order already."
    return ""


def leave(bot_id: int, *, now: datetime) -> None:
    """Close what a manual bot holds, at whatever price; its guards give way first."""
    with streams.unit():
        bot = lifecycle.locked(bot_id)
        if bot.strategy != Strategy.MANUAL or bot.mode != Mode.RUNNING:
            raise lifecycle.NotNow("Only a manual bot that runs can be told to close.")
        market, seen = market_view.read_market(bot, now=now), run_state.see(bot, now=now)
        if not (_holds(seen, market) or _is_at_work(seen)):  # an entry may be filled any moment
            raise lifecycle.NotNow("It holds nothing that could be closed.")
        lifecycle.set_leave(bot, leave=True)
        queue.request_evaluation(bot.pk)


def _too_little(bot: Bot, market: Market, spent: Decimal) -> str:
    """What is refused as a setting is refused as an amount: its venue would refuse it as well."""
    settings = replace(read(manual.Settings, bot.settings), amount=spent)
    return dict(manual.check(settings, market)).get("amount", "")


def _is_at_work(seen: run_state.Seen) -> bool:
    """Also an order that has ended, as long as not all that it bought or sold is known."""
    return bool(seen.open) or any(order.is_open for order in seen.lanes.values())


def _holds(seen: run_state.Seen, market: Market | None) -> bool:
    """More than the crumbs that fees leave, which no venue takes in an order."""
    held = abs(seen.position.quantity)
    return held > 0 and (market is None or 0 < market.amount(held) >= market.min_quantity)


def _run(unit: streams.Unit, bot: Bot, *, now: datetime) -> None:
    market = market_view.read_market(bot, now=now)
    if market is None:
        words = f"{bot.symbol} is not traded at {bot.key.venue_label} any more."
        return lifecycle.halt(unit, bot, words, is_error=True, now=now)
    if words := _may_not_go_on(bot) or limits.lost_too_much(bot, now=now):
        return lifecycle.halt(unit, bot, words, is_error=True, now=now)
    strategy, seen = STRATEGIES[bot.strategy], _see(unit, bot, now=now)
    try:
        settings = read(strategy.Settings, bot.settings)
    except Wrong as wrong:  # an older version took them
        return lifecycle.halt(unit, bot, str(wrong), is_error=True, now=now)
    intents = strategy.decide(settings, seen.position, seen.lanes, market, now)
    run_state.fold(bot, seen, now=now)
    _carry_out(unit, bot, seen, intents, market, now=now)
    return None


def _may_not_go_on(bot: Bot) -> str:
    if not bot.user.is_active:
        return "The account of its owner is switched off."
    return validation.why_not_with(bot.key)


def _carry_out(
    unit: streams.Unit,
    bot: Bot,
    seen: run_state.Seen,
    intents: Iterable[Intent],
    market: Market,
    *,
    now: datetime,
) -> None:
    room, waits = _room(bot, seen, market), limits.is_unknown(bot)
    for intent in intents:
        match intent:
            case Place() if waits and _adds(intent, market):
                continue  # wanted again when it is known whether it may
            case Place():
                if words := room.over(intent) or place_order(unit, bot, seen, intent, now=now):
                    limits.note(bot, room.stake)  # what was placed before it waits at its venue
                    return lifecycle.halt(unit, bot, words, is_error=True, now=now)
            case Cancel(slot=lane, reason=why):
                cancel_order(unit, bot, seen.acts[lane], why, now=now)
            case Halt(words=words, is_error=is_error):
                return lifecycle.halt(unit, bot, words, is_error=is_error, now=now)
    limits.note(bot, room.stake)
    return None


def _adds(intent: Place, market: Market) -> bool:
    """Whether it binds more, and does not give back what is held."""
    return not intent.reduce_only and (market.is_futures or intent.side == "buy")


def _room(bot: Bot, seen: run_state.Seen, market: Market) -> limits.Room:
    stake = limits.Stake.of(seen.position, [act.order for act in seen.loose], market)
    return limits.Room(bot, stake, orders=len(seen.open), market=market)


def _see(unit: streams.Unit, bot: Bot, *, now: datetime) -> run_state.Seen:
    """What never arrived is wanted anew; should it turn up, there is no place for it any more."""
    seen = run_state.see(bot, now=now)
    if gone := lost_orders.give_back(seen.acts.values()):
        for act in gone:
            is_told = bot.strategy == Strategy.MANUAL and act.slot.endswith(f" {ENTRY}")
            words = "tell it again if you still want it" if is_told else "once more"
            what = f"{act.order.side} {format_money(act.order.quantity)} never arrived"
            log_order(unit, bot, act, f"{what}: {words}", now=now)
        seen = run_state.see(bot, now=now)
    for act in lost_orders.revived(seen.open):
        cancel_order(unit, bot, act, "it was taken to be lost, and turned up", now=now)
    return seen


def _end_strays(unit: streams.Unit, bot: Bot, *, now: datetime) -> None:
    """A run that is over wants nothing any more."""
    for act in lost_orders.strays(bot):
        cancel_order(unit, bot, act, "it was taken to be over, and turned up", now=now)


def _wind_up(unit: streams.Unit, bot: Bot, *, now: datetime) -> None:
    """Ask for the end of what is open; when nothing is, the bot has stopped."""
    waiting = run_state.see(bot, now=now).open
    for act in waiting:
        cancel_order(unit, bot, act, bot.reason or "the bot stops", now=now)
    if not waiting:
        lifecycle.stopped(unit, bot, now=now)
