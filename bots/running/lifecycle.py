"""The only writer of a bot's mode: made, started, stopped, changed, removed; each told as it is.

Stopping is a wish. A bot is `stopping` until its venue has confirmed the end of every order of its
run; only then does it become what it was to become: stopped, started anew, or gone.
"""

from collections.abc import Mapping
from copy import copy
from datetime import datetime
from typing import Any, Final

from bots.activity import log
from bots.models import AutoTrade, Bot, LogEntry, Mode
from bots.payloads import bot_data, gone_data
from bots.running import limits, validation
from bots.strategies.types import ZERO
from orders import queue
from realtime import streams

START, DELETE = "start", "delete"
LEAVE: Final = "leave"
REMOVED: Final = "It is being removed."
REPLACING: Final = ("symbol", "strategy", "settings")  # with these, other orders are wanted
LEVELS: Final = {Mode.ERROR: LogEntry.Level.ERROR, Mode.RUNNING: LogEntry.Level.SUCCESS}


class NotNow(Exception):
    """The bot is not in a state where this can be done; in words."""


def create(bot: Bot, *, now: datetime) -> Bot:
    validation.check(bot, now=now)
    with streams.unit() as unit:
        if bot.is_default:
            _cede_default(unit, bot.user_id, now=now)
        bot.save(force_insert=True)
        unit.event(user_id=bot.user_id, type="bot_created", data=bot_data(bot))
        _note(unit, bot, "made", now=now)
    return bot


def start(bot_id: int, *, now: datetime) -> Bot:
    with streams.unit() as unit:
        bot = locked(bot_id)
        if bot.mode == Mode.RUNNING or bot.after_stop == START:
            return bot
        _refuse(bot.after_stop == DELETE and REMOVED)
        _refuse(validation.why_not_with(bot.key))
        validation.check(bot, now=now)
        _refuse(limits.too_many_running(bot))
        if bot.mode == Mode.STOPPING:
            bot.after_stop = START
            return _save(unit, bot, "starts again once it has stopped", now=now)
        _start(unit, bot, now=now)
    return bot


def stop(bot_id: int, *, now: datetime, words: str = "stopped by hand", then: str = "") -> Bot:
    """No new orders from here on; those that are open are asked to end."""
    with streams.unit() as unit:
        bot = locked(bot_id)
        is_removed = then == DELETE and bot.after_stop != DELETE
        if bot.mode != Mode.RUNNING and bot.after_stop != START and not is_removed:
            return bot  # it has stopped, or does so already: with an error, or to be removed
        bot.mode, bot.reason, bot.after_stop = Mode.STOPPING, words, then
        _save(unit, bot, words, now=now)
        wake(bot.pk)
    return bot


def change(bot_id: int, *, changes: Mapping[str, Any], now: datetime) -> Bot:
    """Limits and the like hold at once. For other settings a bot that runs is stopped, and started
    again with them; one that stops anyway has them when it has stopped."""
    with streams.unit() as unit:
        if changes.get("is_default"):
            owner = Bot.objects.values_list("user_id", flat=True).get(pk=bot_id)
            _cede_default(unit, owner, to=bot_id, now=now)
        bot = locked(bot_id)
        _refuse(bot.after_stop == DELETE and REMOVED)
        tried = _changed(copy(bot), dict(bot.planned_changes) | dict(changes))
        if tried.strategy == bot.strategy and LEAVE in bot.settings:  # its own note, not a setting
            tried.settings = {LEAVE: bot.settings[LEAVE]} | tried.settings
        validation.check(tried, now=now, with_balance=tried.budget != bot.budget)
        if bot.mode not in (Mode.RUNNING, Mode.STOPPING):
            return _save(unit, tried, "changed", now=now)
        _changed(bot, {name: value for name, value in changes.items() if name not in REPLACING})
        now_and_then = ((name, getattr(bot, name), getattr(tried, name)) for name in REPLACING)
        bot.planned_changes = {name: then for name, before, then in now_and_then if before != then}
        if bot.mode == Mode.STOPPING or not bot.planned_changes:
            return _save(unit, bot, "changed", now=now)
        bot.mode, bot.after_stop = Mode.STOPPING, START
        _save(unit, bot, "stops for its new settings", now=now)
        wake(bot.pk)
        return bot


def remove(bot_id: int, *, now: datetime) -> Bot:
    """Gone once none of its orders is open."""
    return stop(bot_id, now=now, words="is being removed", then=DELETE)


def halt(unit: streams.Unit, bot: Bot, words: str, *, is_error: bool, now: datetime) -> None:
    """The strategy, a limit or the venue ended it; what is open is asked to end all the same."""
    bot.mode, bot.reason, bot.after_stop = Mode.STOPPING, words, Mode.ERROR if is_error else ""
    _save(
        unit,
        bot,
        words,
        now=now,
        level=LogEntry.Level.ERROR if is_error else LogEntry.Level.WARNING,
    )
    wake(bot.pk)


def set_leave(bot: Bot, *, leave: bool) -> None:
    """Of a manual bot: whether it closes what it holds. No event: its orders tell."""
    if bot.settings.get(LEAVE, False) != leave:
        bot.settings[LEAVE] = leave
        bot.save(update_fields=["settings"])


def stopped(unit: streams.Unit, bot: Bot, *, now: datetime) -> None:
    """Its venue has confirmed the end of every order: it becomes what it was to become."""
    then, bot.after_stop = bot.after_stop, ""
    if then == DELETE:
        _note(unit, bot, "removed", now=now)
        unit.event(user_id=bot.user_id, type="bot_deleted", data=gone_data(bot.pk))
        _disable_auto_trade(unit, bot, now=now)
        bot.delete()
        return
    _changed(bot, bot.planned_changes)
    bot.planned_changes = {}
    bot.mode = Mode.ERROR if then == Mode.ERROR else Mode.STOPPED
    if then == START:
        _start(unit, bot, now=now)
        return
    _save(unit, bot, f"stopped: {bot.reason}", now=now)


def wake(bot_id: int) -> None:
    """Have a worker look at it, after the commit. Should the broker be away, the beat does it."""
    queue.request_evaluation(bot_id)


def locked(bot_id: int) -> Bot:
    """Who only points to it (a book, an act, a line) does not wait: that would be a deadlock."""
    found = Bot.objects.select_for_update(of=("self",), no_key=True).select_related("key", "user")
    return found.get(pk=bot_id)


def _refuse(words: str | bool) -> None:
    if words:
        raise NotNow(str(words))


def _start(unit: streams.Unit, bot: Bot, *, now: datetime) -> None:
    bot.run += 1
    bot.carried = bot.carried_cost = bot.bound = ZERO
    bot.evaluated_at = None
    bot.mode, bot.reason, bot.after_stop = Mode.RUNNING, "", ""
    _save(unit, bot, f"started, run {bot.run}", now=now)
    wake(bot.pk)


def _cede_default(unit: streams.Unit, user_id: int, *, to: int = 0, now: datetime) -> None:
    """One bot of a user at most is the default: the one before gives way."""
    others = Bot.objects.select_for_update(of=("self",), no_key=True).select_related("key", "user")
    for other in others.filter(user=user_id, is_default=True).exclude(pk=to):
        other.is_default = False
        _save(unit, other, "another bot is the default now", now=now)


def _disable_auto_trade(unit: streams.Unit, bot: Bot, *, now: datetime) -> None:
    """Switch automatic execution off when the bot that executes signals is removed.

    No other bot may take its place without its owner's consent: it could trade real money.
    """
    auto_trades = AutoTrade.objects.filter(bot=bot)
    if auto_trades.filter(is_enabled=True).exists():
        message = f"Signals wait for you again: the bot {bot.name} that executed them is removed."
        level = LogEntry.Level.WARNING
        log.note(unit, user_id=bot.user_id, level=level, message=message, now=now)
    auto_trades.update(bot=None, is_enabled=False)


def _changed(bot: Bot, changes: Mapping[str, Any]) -> Bot:
    for name, value in changes.items():
        setattr(bot, name, value)
    return bot


def _save(
    unit: streams.Unit, bot: Bot, words: str, *, now: datetime, level: LogEntry.Level | None = None
) -> Bot:
    bot.version += 1
    bot.save()
    unit.event(user_id=bot.user_id, type="bot_update", data=bot_data(bot))
    _note(unit, bot, words, now=now, level=level)
    return bot


def _note(
    unit: streams.Unit, bot: Bot, words: str, *, now: datetime, level: LogEntry.Level | None = None
) -> None:
    level = level or LEVELS.get(Mode(bot.mode), LogEntry.Level.INFO)
    log.note(unit, user_id=bot.user_id, level=level, bot=bot, message=words, now=now)
