"""Execute, ignore and expire signals; execute new ones automatically, within limits.

The order and the settled signal are saved in one transaction: two clicks, one order.
"""

from contextlib import suppress
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from django.db import transaction

from bots.activity import log
from bots.models import AutoTrade, Bot, Hook, LogEntry, Mode, Signal, Strategy
from bots.running import runner
from bots.running.lifecycle import CommandRefused
from bots.signals import record
from bots.strategies.decisions import Side
from orders.models import Order
from realtime import streams
from realtime.values import format_money
from users.languages.text import Phrase

EXPIRES_AFTER: Final = timedelta(minutes=15)  # an older signal is not traded any more
DAY: Final = timedelta(days=1)


def execute_signal(
    signal_id: int,
    *,
    bot: Bot | None = None,
    amount: Decimal | None = None,
    is_automatic: bool = False,
    now: datetime,
) -> Signal:
    """Execute a signal once: a second call raises AlreadySettled.

    If the bot refuses, the signal fails with the reason.
    """
    with streams.unit():
        signal = record.lock_pending(signal_id)
        if signal.received_at < now - EXPIRES_AFTER:  # also if no expiry ran yet
            return _expire_signal(signal.pk, now=now)
        order = None
        try:
            with transaction.atomic():
                chosen_bot = bot or _default_bot(signal)
                order, message = _trade_signal(signal, chosen_bot, amount=amount, now=now)
            outcome = Signal.Status.EXECUTED
        except CommandRefused as error:
            outcome, message = Signal.Status.FAILED, error.message
        except Bot.DoesNotExist:  # it was being removed, and is gone now
            outcome, message = Signal.Status.FAILED, Phrase("The bot is removed.")
        return record.settle_signal(
            signal.pk,
            outcome=outcome,
            reason=Phrase("Automatic: %(message)s", message=message) if is_automatic else message,
            order_id=order.pk if order else None,
            is_automatic=is_automatic,
            now=now,
        )


def ignore_signal(signal_id: int, *, now: datetime) -> Signal:
    return record.settle_signal(signal_id, outcome=Signal.Status.IGNORED, now=now)


def expire_signals(*, now: datetime) -> int:
    """Expire the signals that nobody executed in time; return how many were due."""
    pending = Signal.objects.filter(status=Signal.Status.PENDING)
    expired = list(pending.filter(received_at__lt=now - EXPIRES_AFTER).values_list("pk", flat=True))
    for pk in expired:
        with suppress(record.AlreadySettled):
            _expire_signal(pk, now=now)
    return len(expired)


def _expire_signal(signal_id: int, *, now: datetime) -> Signal:
    reason = Phrase("Nobody executed it in time.")
    return record.settle_signal(signal_id, outcome=Signal.Status.EXPIRED, reason=reason, now=now)


def auto_execute(signal: Signal, *, now: datetime) -> Signal:
    """Execute or test a new signal, as its owner's auto-trade settings say.

    The owner's hook is locked meanwhile, as it is while a signal is received: of two signals at the
    same moment the second sees the first. The settings are not locked, because removing a bot locks
    the bot first and then its settings: in the other order the two could deadlock.
    """
    with transaction.atomic():
        list(Hook.objects.select_for_update(no_key=True).filter(user=signal.user_id))
        enabled = AutoTrade.objects.select_related("bot__key").filter(is_enabled=True)
        auto_trade = enabled.filter(user=signal.user_id).first()
        if auto_trade is None:
            return signal
        bot = auto_trade.bot or _default_bot(signal)
        if refusal := _auto_refusal(auto_trade, signal, now=now):
            return _note_reason(signal, Phrase("Left to you: %(reason)s", reason=refusal), now=now)
        if auto_trade.is_test:
            effect = _describe_test(auto_trade, signal, bot)
            return _note_reason(signal, Phrase("Test: %(effect)s", effect=effect), now=now)
        amount = auto_trade.amount
        return execute_signal(signal.pk, bot=bot, amount=amount, is_automatic=True, now=now)


def count_auto_opened(user_id: int, *, now: datetime) -> int:
    """Count the positions opened within a day. Closing is not counted: it is never held back."""
    return Signal.objects.filter(
        user=user_id, is_automatic=True, order__isnull=False, settled_at__gt=now - DAY
    ).count()


def _auto_refusal(auto_trade: AutoTrade, signal: Signal, *, now: datetime) -> str:
    if auto_trade.symbols and signal.symbol not in auto_trade.symbols:
        return Phrase(
            "%(symbol)s is not one of the symbols that are traded automatically.",
            symbol=signal.symbol,
        )
    if auto_trade.bot and auto_trade.bot.symbol != signal.symbol:
        values = {"bot": auto_trade.bot.name, "symbol": auto_trade.bot.symbol}
        return Phrase("the bot %(bot)s trades %(symbol)s.", **values)
    is_counted = _opens_position(signal, auto_trade.bot or _default_bot(signal))
    if is_counted and count_auto_opened(signal.user_id, now=now) >= auto_trade.per_day:
        return Phrase("the limit of %(most)s a day is reached.", most=auto_trade.per_day)
    return ""


def _describe_test(auto_trade: AutoTrade, signal: Signal, bot: Bot | None) -> str:
    if bot is None:
        return Phrase(
            "no manual bot runs with %(symbol)s, so nothing would be done.", symbol=signal.symbol
        )
    if bot.strategy != Strategy.MANUAL or bot.mode != Mode.RUNNING:
        return Phrase(
            "the bot %(bot)s is no manual bot that runs, so nothing would be done.", bot=bot.name
        )
    if not _opens_position(signal, bot):
        values = {"bot": bot.name, "symbol": signal.symbol}
        return Phrase("would close what the bot %(bot)s holds of %(symbol)s.", **values)
    spent = auto_trade.amount or Decimal(bot.settings["amount"])
    quote = bot.symbol.partition("/")[2].partition(":")[0]
    values = {
        "symbol": signal.symbol,
        "amount": format_money(spent),
        "quote": quote,
        "bot": bot.name,
    }
    if signal.side == Signal.Side.SHORT:
        return Phrase(
            "would sell short %(symbol)s for %(amount)s %(quote)s by the bot %(bot)s.", **values
        )
    return Phrase("would buy %(symbol)s for %(amount)s %(quote)s by the bot %(bot)s.", **values)


def _opens_position(signal: Signal, bot: Bot | None) -> bool:
    """Tell signals that open a position from those that close one; a short needs futures."""
    if signal.side in (Signal.Side.BUY, Signal.Side.LONG):
        return True
    return signal.side == Signal.Side.SHORT and bot is not None and bot.key.market == "futures"


def _trade_signal(
    signal: Signal, bot: Bot | None, *, amount: Decimal | None, now: datetime
) -> tuple[Order | None, str]:
    if bot is None:
        raise CommandRefused(Phrase("No manual bot runs with %(symbol)s.", symbol=signal.symbol))
    if bot.user_id != signal.user_id:
        raise CommandRefused(Phrase("There is no such bot."))
    if bot.symbol != signal.symbol:
        raise CommandRefused(
            Phrase(
                "The bot %(bot)s trades %(symbol)s, not %(other)s.",
                bot=bot.name,
                symbol=bot.symbol,
                other=signal.symbol,
            )
        )
    if not _opens_position(signal, bot):
        runner.close_position(bot.pk, now=now)
        return None, Phrase("The bot %(bot)s closes what it holds.", bot=bot.name)
    side: Side = "sell" if signal.side == Signal.Side.SHORT else "buy"
    order = runner.open_position(bot.pk, side=side, amount=amount, now=now)
    if side == "buy":
        return order, Phrase("The bot %(bot)s buys.", bot=bot.name)
    return order, Phrase("The bot %(bot)s sells short.", bot=bot.name)


def _default_bot(signal: Signal) -> Bot | None:
    """Return a running manual bot with the signal's symbol, the default bot first."""
    bots = Bot.objects.select_related("key").filter(
        user=signal.user_id, symbol=signal.symbol, strategy=Strategy.MANUAL, mode=Mode.RUNNING
    )
    return bots.order_by("-is_default", "pk").first()


def _note_reason(signal: Signal, message: str, *, now: datetime) -> Signal:
    with streams.unit() as unit:
        log.note(unit, user=signal.user, level=LogEntry.Level.INFO, message=message, now=now)
        return record.set_reason(signal.pk, message)
