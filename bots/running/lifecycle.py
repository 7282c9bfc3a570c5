"""Create, start, stop, change and remove bots: the only writer of a bot's mode.

A stop takes time. A bot is `stopping` until its venue has confirmed the end of every order of its
run; only then is it stopped, started again, or removed, as `after_stop` says.
"""

from collections.abc import Mapping
from copy import copy
from datetime import datetime
from typing import Any, Final, Literal

from bots.activity import log
from bots.models import AutoTrade, Bot, LogEntry, Mode
from bots.payloads import bot_data
from bots.running import limits, validation
from bots.strategies.decisions import ZERO
from orders import task_queue
from realtime import streams
from realtime.shapes.events import BotGoneData
from users.languages.recipient import write_for
from users.languages.text import Phrase

START, DELETE = "start", "delete"
LEAVE: Final = "leave"
BEING_REMOVED: Final = Phrase("It is being removed.")
BY_HAND: Final = Phrase("stopped by hand")
RESTART_FIELDS: Final = ("symbol", "strategy", "settings")  # a change of these needs other orders
LEVELS: Final = {Mode.ERROR: LogEntry.Level.ERROR, Mode.RUNNING: LogEntry.Level.SUCCESS}


class CommandRefused(Exception):
    """A command that cannot be carried out now; the message says why."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def create_bot(bot: Bot, *, now: datetime) -> Bot:
    validation.check_bot(bot, now=now)
    with streams.unit() as unit:
        if bot.is_default:
            _clear_default(unit, bot.user_id, now=now)
        bot.save(force_insert=True)
        unit.event(user_id=bot.user_id, type="bot_created", data=bot_data(bot))
        _log_change(unit, bot, Phrase("created"), now=now)
    return bot


def start_bot(bot_id: int, *, now: datetime) -> Bot:
    with streams.unit() as unit:
        bot = lock_bot(bot_id)
        if bot.mode == Mode.RUNNING or bot.after_stop == START:
            return bot
        _refuse_if(bot.after_stop == DELETE and BEING_REMOVED)
        _refuse_if(validation.key_refusal(bot.key))
        validation.check_bot(bot, now=now)
        _refuse_if(limits.running_refusal(bot))
        if bot.mode == Mode.STOPPING:
            bot.after_stop = START
            return _save_bot(unit, bot, Phrase("starts again once it has stopped"), now=now)
        _start_run(unit, bot, now=now)
    return bot


def stop_bot(bot_id: int, *, now: datetime, reason: str = BY_HAND, then: str = "") -> Bot:
    """Stop placing orders and cancel the open ones; the bot has stopped once all have ended."""
    with streams.unit() as unit:
        bot = lock_bot(bot_id)
        is_removed = then == DELETE and bot.after_stop != DELETE
        if bot.mode != Mode.RUNNING and bot.after_stop != START and not is_removed:
            return bot  # it has stopped, or does so already: with an error, or to be removed
        bot.mode, bot.reason, bot.after_stop = Mode.STOPPING, write_for(bot.user, reason), then
        _save_bot(unit, bot, reason, now=now)
        task_queue.request_evaluation(bot.pk)
    return bot


def change_bot(bot_id: int, *, changes: Mapping[str, Any], now: datetime) -> Bot:
    """Change a bot; a new symbol, strategy or settings restart it if it runs.

    Limits and the name change at once. A bot that is stopping gets the rest once it has stopped.
    """
    with streams.unit() as unit:
        if changes.get("is_default"):
            owner = Bot.objects.values_list("user_id", flat=True).get(pk=bot_id)
            _clear_default(unit, owner, to=bot_id, now=now)
        bot = lock_bot(bot_id)
        _refuse_if(bot.after_stop == DELETE and BEING_REMOVED)
        planned = _apply_changes(copy(bot), dict(bot.planned_changes) | dict(changes))
        if planned.strategy == bot.strategy and LEAVE in bot.settings:  # written by the bot itself
            planned.settings = {LEAVE: bot.settings[LEAVE]} | planned.settings
        validation.check_bot(planned, now=now, with_balance=planned.budget != bot.budget)
        if bot.mode not in (Mode.RUNNING, Mode.STOPPING):
            return _save_bot(unit, planned, Phrase("changed"), now=now)
        _apply_changes(bot, {name: changes[name] for name in changes if name not in RESTART_FIELDS})
        values = {name: (getattr(bot, name), getattr(planned, name)) for name in RESTART_FIELDS}
        bot.planned_changes = {name: new for name, (old, new) in values.items() if old != new}
        if bot.mode == Mode.STOPPING or not bot.planned_changes:
            return _save_bot(unit, bot, Phrase("changed"), now=now)
        bot.mode, bot.after_stop = Mode.STOPPING, START
        _save_bot(unit, bot, Phrase("stops for its new settings"), now=now)
        task_queue.request_evaluation(bot.pk)
        return bot


def remove_bot(bot_id: int, *, now: datetime) -> Bot:
    """Stop the bot, and delete it once none of its orders is open."""
    return stop_bot(bot_id, now=now, reason=Phrase("is being removed"), then=DELETE)


def halt_bot(unit: streams.Unit, bot: Bot, reason: str, *, is_error: bool, now: datetime) -> None:
    """Stop a bot because its strategy, a limit or the venue ended it."""
    bot.mode, bot.reason = Mode.STOPPING, write_for(bot.user, reason)
    bot.after_stop = Mode.ERROR if is_error else ""
    level = LogEntry.Level.ERROR if is_error else LogEntry.Level.WARNING
    _save_bot(unit, bot, reason, now=now, level=level)
    task_queue.request_evaluation(bot.pk)


def set_leave(bot: Bot, *, leave: bool) -> None:
    """Save whether a manual bot closes what it holds. No event: its orders' events show it."""
    if bot.settings.get(LEAVE, False) != leave:
        bot.settings[LEAVE] = leave
        bot.save(update_fields=["settings"])


def finish_stop(unit: streams.Unit, bot: Bot, *, now: datetime) -> None:
    """Finish a stop after the end of the last order: delete, restart or rest, as was asked."""
    then, bot.after_stop = bot.after_stop, ""
    if then == DELETE:
        _log_change(unit, bot, Phrase("removed"), now=now)
        unit.event(user_id=bot.user_id, type="bot_deleted", data=BotGoneData(id=bot.pk))
        _disable_auto_trade(unit, bot, now=now)
        bot.delete()
        return
    _apply_changes(bot, bot.planned_changes)
    bot.planned_changes = {}
    bot.mode = Mode.ERROR if then == Mode.ERROR else Mode.STOPPED
    if then == START:
        _start_run(unit, bot, now=now)
        return
    message = Phrase("stopped: %(reason)s", reason=bot.reason)
    _save_bot(unit, bot, message, now=now, details={log.STOP_REASON: bot.reason})


def lock_bot(bot_id: int) -> Bot:
    """Lock a bot until the transaction ends.

    The lock leaves foreign keys alone: a transaction that saves an order, a PnL book or a log entry
    of this bot does not wait for it, or the two could deadlock.
    """
    bots = Bot.objects.select_for_update(of=("self",), no_key=True).select_related("key", "user")
    return bots.get(pk=bot_id)


def _refuse_if(reason: str | Literal[False]) -> None:
    if reason:
        raise CommandRefused(reason)


def _start_run(unit: streams.Unit, bot: Bot, *, now: datetime) -> None:
    bot.run += 1
    bot.carried = bot.carried_cost = bot.bound = ZERO
    bot.evaluated_at = None
    bot.mode, bot.reason, bot.after_stop = Mode.RUNNING, "", ""
    _save_bot(unit, bot, Phrase("started, run %(run)s", run=bot.run), now=now)
    task_queue.request_evaluation(bot.pk)


def _clear_default(unit: streams.Unit, user_id: int, *, to: int = 0, now: datetime) -> None:
    """Clear the default flag of the user's other bots: only one bot has it."""
    others = Bot.objects.select_for_update(of=("self",), no_key=True).select_related("key", "user")
    for other in others.filter(user=user_id, is_default=True).exclude(pk=to):
        other.is_default = False
        _save_bot(unit, other, Phrase("another bot is the default now"), now=now)


def _disable_auto_trade(unit: streams.Unit, bot: Bot, *, now: datetime) -> None:
    """Switch automatic execution off when the bot that executes signals is removed.

    No other bot may take its place without its owner's consent: it could trade real money.
    """
    auto_trades = AutoTrade.objects.filter(bot=bot)
    if auto_trades.filter(is_enabled=True).exists():
        message = Phrase(
            "Signals wait for you again: the bot %(bot)s that executed them is removed.",
            bot=bot.name,
        )
        level = LogEntry.Level.WARNING
        log.note(unit, user=bot.user, level=level, message=message, now=now)
    auto_trades.update(bot=None, is_enabled=False)


def _apply_changes(bot: Bot, changes: Mapping[str, Any]) -> Bot:
    for name, value in changes.items():
        setattr(bot, name, value)
    return bot


def _save_bot(
    unit: streams.Unit,
    bot: Bot,
    reason: str,
    *,
    now: datetime,
    level: LogEntry.Level | None = None,
    details: Mapping[str, str] | None = None,
) -> Bot:
    bot.version += 1
    bot.save()
    unit.event(user_id=bot.user_id, type="bot_update", data=bot_data(bot))
    _log_change(unit, bot, reason, now=now, level=level, details=details)
    return bot


def _log_change(
    unit: streams.Unit,
    bot: Bot,
    reason: str,
    *,
    now: datetime,
    level: LogEntry.Level | None = None,
    details: Mapping[str, str] | None = None,
) -> None:
    level = level or LEVELS.get(Mode(bot.mode), LogEntry.Level.INFO)
    log.note(unit, user=bot.user, level=level, bot=bot, message=reason, details=details, now=now)
