"""What becomes of a signal: executed once, ignored, expired; by hand, or by itself within limits.

A bot that is told to trade and a signal that says so are one transaction: two clicks, one order.
"""

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from bots import diary, runner, signalling, steering
from bots.models import AutoTrade, Bot, Line, Mode, Signal, Strategy
from orders.models import Order
from realtime import streams

EXPIRES: Final = timedelta(minutes=15)  # what was wished then is not wished any more
DAY: Final = timedelta(days=1)


def execute(signal_id: int, *, bot: Bot | None = None, now: datetime) -> Signal:
    """Raises AlreadySettled for the second who tries. A bot that cannot is told as failed."""
    with streams.unit():
        signal = signalling.pending(signal_id)
        chosen = bot or _usual_bot(signal)
        if chosen is None:
            return _failed(signal, f"No manual bot runs with {signal.symbol}.", now=now)
        try:
            with transaction.atomic():
                order, words = _carry_out(signal, chosen, now=now)
        except steering.NotNow as why:
            return _failed(signal, str(why), now=now)
        return signalling.settle(
            signal.pk,
            outcome=Signal.Status.EXECUTED,
            words=words,
            order_id=order.pk if order else None,
            now=now,
        )


def ignore(signal_id: int, *, now: datetime) -> Signal:
    return signalling.settle(signal_id, outcome=Signal.Status.IGNORED, now=now)


def expire(*, now: datetime) -> int:
    """Nobody wanted them in time."""
    late = Signal.objects.filter(status=Signal.Status.PENDING, received_at__lt=now - EXPIRES)
    for pk in list(late.values_list("pk", flat=True)):
        try:
            words = "Nobody executed it in time."
            signalling.settle(pk, outcome=Signal.Status.EXPIRED, words=words, now=now)
        except signalling.AlreadySettled:
            continue
    return len(late)


def by_itself(signal: Signal, *, now: datetime) -> None:
    """As its owner has it set: execute a new signal, or say what would have been done."""
    auto = AutoTrade.objects.select_related("bot").filter(user=signal.user_id).first()
    if auto is None or not auto.is_enabled:
        return
    if words := _not_by_itself(auto, signal, now=now):
        _say(signal, f"Left to you: {words}", now=now)
        return
    if auto.is_test:
        bot = auto.bot or _usual_bot(signal)
        its = f"the bot {bot.name}" if bot else "no bot, for there is none"
        _say(signal, f"Test: would {signal.side} {signal.symbol} with {its}.", now=now)
        return
    execute(signal.pk, bot=auto.bot, now=now)


def _not_by_itself(auto: AutoTrade, signal: Signal, *, now: datetime) -> str:
    if auto.symbols and signal.symbol not in auto.symbols:
        return f"{signal.symbol} is not one of the symbols that are traded by themselves."
    done = Signal.objects.filter(
        user=signal.user_id, status=Signal.Status.EXECUTED, settled_at__gt=now - DAY
    )
    if done.count() >= auto.per_day:
        return f"{auto.per_day} signals were executed within a day already."
    return ""


def _carry_out(signal: Signal, bot: Bot, *, now: datetime) -> tuple[Order | None, str]:
    if bot.user_id != signal.user_id:
        raise steering.NotNow("There is no such bot.")
    if bot.symbol != signal.symbol:
        raise steering.NotNow(f"The bot {bot.name} trades {bot.symbol}, not {signal.symbol}.")
    match signal.side:
        case Signal.Side.CLOSE:
            runner.leave(bot.pk, now=now)
            return None, f"The bot {bot.name} closes what it holds."
        case Signal.Side.BUY | Signal.Side.LONG:
            return runner.enter(bot.pk, side="buy", now=now), f"The bot {bot.name} buys."
        case _ if bot.key.market == "futures" and signal.side == Signal.Side.SHORT:
            return runner.enter(bot.pk, side="sell", now=now), f"The bot {bot.name} sells short."
        case _:
            runner.leave(bot.pk, now=now)
            return None, f"The bot {bot.name} sells what it holds."


def _failed(signal: Signal, words: str, *, now: datetime) -> Signal:
    return signalling.settle(signal.pk, outcome=Signal.Status.FAILED, words=words, now=now)


def _usual_bot(signal: Signal) -> Bot | None:
    """A manual bot that runs with the signal's symbol, the default one before others."""
    found = Bot.objects.select_related("key").filter(
        user=signal.user_id, symbol=signal.symbol, strategy=Strategy.MANUAL, mode=Mode.RUNNING
    )
    return found.order_by("-is_default", "pk").first()


def _say(signal: Signal, words: str, *, now: datetime) -> None:
    with streams.unit() as unit:
        level, user_id = Line.Level.INFO, signal.user_id
        diary.note(unit, user_id=user_id, level=level, message=words, now=now)
