"""What becomes of a signal: executed once, ignored, expired; by hand, or by itself within limits.

A bot that is told to trade and a signal that says so are one transaction: two clicks, one order.
"""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from django.db import transaction

from bots.activity import log
from bots.models import AutoTrade, Bot, Hook, LogEntry, Mode, Signal, Strategy
from bots.running import lifecycle, runner
from bots.signals import record
from bots.strategies.types import Side
from orders.models import Order
from realtime import streams
from realtime.values import format_money

EXPIRES: Final = timedelta(minutes=15)  # what was wished then is not wished any more
DAY: Final = timedelta(days=1)


def execute(
    signal_id: int,
    *,
    bot: Bot | None = None,
    amount: Decimal | None = None,
    by_itself: bool = False,
    now: datetime,
) -> Signal:
    """Raises AlreadySettled for the second who tries. A bot that cannot is told as failed."""
    with streams.unit():
        signal = record.pending(signal_id)
        if signal.received_at < now - EXPIRES:  # also while nobody sweeps them up
            return _expired(signal.pk, now=now)
        order = None
        try:
            with transaction.atomic():
                chosen = bot or _usual_bot(signal)
                order, words = _carry_out(signal, chosen, amount=amount, now=now)
            outcome = Signal.Status.EXECUTED
        except lifecycle.NotNow as why:
            outcome, words = Signal.Status.FAILED, str(why)
        except Bot.DoesNotExist:  # it was on its way out, and is gone now
            outcome, words = Signal.Status.FAILED, "The bot is removed."
        return record.settle(
            signal.pk,
            outcome=outcome,
            words=f"By itself: {words[0].lower()}{words[1:]}" if by_itself else words,
            order_id=order.pk if order else None,
            by_itself=by_itself,
            now=now,
        )


def ignore(signal_id: int, *, now: datetime) -> Signal:
    return record.settle(signal_id, outcome=Signal.Status.IGNORED, now=now)


def expire(*, now: datetime) -> int:
    """Nobody wanted them in time."""
    late = Signal.objects.filter(status=Signal.Status.PENDING, received_at__lt=now - EXPIRES)
    for pk in list(late.values_list("pk", flat=True)):
        try:
            _expired(pk, now=now)
        except record.AlreadySettled:
            continue
    return len(late)


def _expired(signal_id: int, *, now: datetime) -> Signal:
    words = "Nobody executed it in time."
    return record.settle(signal_id, outcome=Signal.Status.EXPIRED, words=words, now=now)


def by_itself(signal: Signal, *, now: datetime) -> Signal:
    """As its owner has it set: execute a new signal, or say what would have been done.

    The owner's hook is locked until it is done, as by whoever hears: of two signals at a moment one
    sees the other. (Not the settings: a bot that is removed is locked first, and they with it.)
    """
    with transaction.atomic():
        list(Hook.objects.select_for_update(no_key=True).filter(user=signal.user_id))
        mine = AutoTrade.objects.select_related("bot__key")
        auto = mine.filter(user=signal.user_id, is_enabled=True).first()
        if auto is None:
            return signal
        bot = auto.bot or _usual_bot(signal)
        if words := _not_by_itself(auto, signal, now=now):
            return _remark(signal, f"Left to you: {words}", now=now)
        if auto.is_test:
            return _remark(signal, f"Test: {_would(auto, signal, bot)}", now=now)
        return execute(signal.pk, bot=bot, amount=auto.amount, by_itself=True, now=now)


def opened_by_themselves(user_id: int, *, now: datetime) -> int:
    """Within a day. What closes a position is not counted, and never held back."""
    return Signal.objects.filter(
        user=user_id, is_automatic=True, order__isnull=False, settled_at__gt=now - DAY
    ).count()


def _not_by_itself(auto: AutoTrade, signal: Signal, *, now: datetime) -> str:
    if auto.symbols and signal.symbol not in auto.symbols:
        return f"{signal.symbol} is not one of the symbols that are traded by themselves."
    if auto.bot and auto.bot.symbol != signal.symbol:
        return f"the bot {auto.bot.name} trades {auto.bot.symbol}."
    is_counted = _opens(signal, auto.bot or _usual_bot(signal))
    if is_counted and opened_by_themselves(signal.user_id, now=now) >= auto.per_day:
        return f"the limit of {auto.per_day} a day is reached."
    return ""


def _would(auto: AutoTrade, signal: Signal, bot: Bot | None) -> str:
    if bot is None:
        return f"no manual bot runs with {signal.symbol}, so nothing would be done."
    if bot.strategy != Strategy.MANUAL or bot.mode != Mode.RUNNING:
        return f"the bot {bot.name} is no manual bot that runs, so nothing would be done."
    if not _opens(signal, bot):
        return f"would close what the bot {bot.name} holds of {signal.symbol}."
    spent = auto.amount or Decimal(bot.settings["amount"])
    quote = bot.symbol.partition("/")[2].partition(":")[0]
    side = "sell short" if signal.side == Signal.Side.SHORT else "buy"
    return f"would {side} {signal.symbol} for {format_money(spent)} {quote} by the bot {bot.name}."


def _opens(signal: Signal, bot: Bot | None) -> bool:
    """Buys do, and shorts where there is something to be short of; the others close."""
    if signal.side in (Signal.Side.BUY, Signal.Side.LONG):
        return True
    return signal.side == Signal.Side.SHORT and bot is not None and bot.key.market == "futures"


def _carry_out(
    signal: Signal, bot: Bot | None, *, amount: Decimal | None, now: datetime
) -> tuple[Order | None, str]:
    if bot is None:
        raise lifecycle.NotNow(f"No manual bot runs with {signal.symbol}.")
    if bot.user_id != signal.user_id:
        raise lifecycle.NotNow("There is no such bot.")
    if bot.symbol != signal.symbol:
        raise lifecycle.NotNow(f"The bot {bot.name} trades {bot.symbol}, not {signal.symbol}.")
    if not _opens(signal, bot):
        runner.leave(bot.pk, now=now)
        return None, f"The bot {bot.name} closes what it holds."
    side: Side = "sell" if signal.side == Signal.Side.SHORT else "buy"
    order = runner.enter(bot.pk, side=side, amount=amount, now=now)
    return order, f"The bot {bot.name} {'buys' if side == 'buy' else 'sells short'}."


def _usual_bot(signal: Signal) -> Bot | None:
    """A manual bot that runs with the signal's symbol, the default one before others."""
    found = Bot.objects.select_related("key").filter(
        user=signal.user_id, symbol=signal.symbol, strategy=Strategy.MANUAL, mode=Mode.RUNNING
    )
    return found.order_by("-is_default", "pk").first()


def _remark(signal: Signal, words: str, *, now: datetime) -> Signal:
    with streams.unit() as unit:
        level, user_id = LogEntry.Level.INFO, signal.user_id
        log.note(unit, user_id=user_id, level=level, message=words, now=now)
        return record.remark(signal.pk, words)
