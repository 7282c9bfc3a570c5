"""The only writer of a bot's mode: made, started, stopped, changed, removed; each told as it is.

Stopping is a wish. A bot is `stopping` until its venue has confirmed the end of every order of its
run; only then does it become what it was to become: stopped, started anew, or gone.
"""

from collections.abc import Mapping
from copy import copy
from datetime import datetime
from typing import Any, Final

from bots import diary, limits, prices
from bots.models import Bot, Line, Mode
from bots.strategies import STRATEGIES
from bots.strategies.reading import Wrong, read, write
from bots.strategies.words import ZERO
from bots.wire import bot_data, gone_data
from orders import handing
from realtime import streams

START, DELETE = "start", "delete"
LEVELS: Final = {Mode.ERROR: Line.Level.ERROR, Mode.RUNNING: Line.Level.SUCCESS}


class NotNow(Exception):
    """The bot is not in a state where this can be done; in words."""


def create(bot: Bot, *, now: datetime) -> Bot:
    _check(bot, now=now)
    with streams.unit() as unit:
        bot.save(force_insert=True)
        unit.event(user_id=bot.user_id, type="bot_created", data=bot_data(bot))
        _note(unit, bot, "made", now=now)
    return bot


def start(bot_id: int, *, now: datetime) -> Bot:
    with streams.unit() as unit:
        bot = locked(bot_id)
        if bot.mode == Mode.RUNNING:
            return bot
        if bot.mode == Mode.STOPPING:
            _refuse(bot.then != START and limits.too_many_running(bot))
            bot.then = START
            return _save(unit, bot, "starts again once it has stopped", now=now)
        _check(bot, now=now)
        _refuse(limits.too_many_running(bot))
        if not bot.key.is_active:
            raise NotNow(f"The key “{bot.key.label}” is switched off.")
        _start(unit, bot, now=now)
    return bot


def stop(bot_id: int, *, now: datetime, words: str = "stopped by hand", then: str = "") -> Bot:
    """No new orders from here on; those that are open are asked to end."""
    with streams.unit() as unit:
        bot = locked(bot_id)
        if bot.mode == Mode.STOPPING:
            bot.then = then
            return _save(unit, bot, words, now=now)
        if bot.mode != Mode.RUNNING and not then:
            return bot
        bot.mode, bot.words, bot.then = Mode.STOPPING, words, then
        _save(unit, bot, words, now=now)
        wake(bot.pk)
    return bot


def change(bot_id: int, *, changes: Mapping[str, Any], now: datetime) -> Bot:
    """New settings; a bot that runs is stopped for them, and started again with them."""
    with streams.unit() as unit:
        bot = locked(bot_id)
        tried = _changed(copy(bot), changes)
        _check(tried, now=now)
        if bot.mode in (Mode.RUNNING, Mode.STOPPING):
            bot.planned = dict(bot.planned) | _plain(changes)
            bot.mode, bot.then = Mode.STOPPING, START
            _save(unit, bot, "stops for its new settings", now=now)
            wake(bot.pk)
            return bot
        return _save(unit, tried, "changed", now=now)


def remove(bot_id: int, *, now: datetime) -> Bot:
    """Gone once none of its orders is open."""
    bot = stop(bot_id, now=now, words="is being removed", then=DELETE)
    wake(bot.pk)
    return bot


def halt(unit: streams.Unit, bot: Bot, words: str, *, is_error: bool, now: datetime) -> None:
    """The strategy, a limit or the venue ended it; what is open is asked to end all the same."""
    bot.mode, bot.words, bot.then = Mode.STOPPING, words, Mode.ERROR if is_error else ""
    _save(unit, bot, words, now=now, level=Line.Level.ERROR if is_error else Line.Level.WARNING)
    wake(bot.pk)


def set_leave(bot: Bot, *, leave: bool) -> None:
    """Of a manual bot: whether it closes what it holds. No event: its orders tell."""
    if bot.settings.get("leave", False) != leave:
        bot.settings["leave"] = leave
        bot.save(update_fields=["settings"])


def stopped(unit: streams.Unit, bot: Bot, *, now: datetime) -> None:
    """Its venue has confirmed the end of every order: it becomes what it was to become."""
    then, bot.then = bot.then, ""
    if then == DELETE:
        _note(unit, bot, "removed", now=now)
        unit.event(user_id=bot.user_id, type="bot_deleted", data=gone_data(bot.pk))
        bot.delete()
        return
    for name, value in bot.planned.items():
        field: Any = Bot._meta.get_field(name)
        setattr(bot, name, field.to_python(value))
    bot.planned = {}
    bot.mode = Mode.ERROR if then == Mode.ERROR else Mode.STOPPED
    if then == START:
        _start(unit, bot, now=now)
        return
    _save(unit, bot, f"stopped: {bot.words}", now=now)


def wake(bot_id: int) -> None:
    """Have a worker look at it, after the commit. Should the broker be away, the beat does it."""
    handing.to_bot(bot_id)


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
    bot.looked_at = None
    bot.mode, bot.words, bot.then = Mode.RUNNING, "", ""
    _save(unit, bot, f"started, run {bot.run}", now=now)
    wake(bot.pk)


def _check(bot: Bot, *, now: datetime) -> None:
    """Settings that make no sense are refused at the door; Wrong says which, and why."""
    strategy = STRATEGIES[bot.strategy]
    settings = read(strategy.Settings, bot.settings)
    market = prices.market_of(bot, now=now)
    if market is None:
        raise Wrong({"symbol": f"{bot.symbol} is not traded at {bot.key.venue_label}."})
    if wrong := dict(strategy.check(settings, market)):
        raise Wrong(wrong)
    bot.settings = write(settings)


def _changed(bot: Bot, changes: Mapping[str, Any]) -> Bot:
    for name, value in changes.items():
        setattr(bot, name, value)
    return bot


def _plain(changes: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value if isinstance(value, dict | bool | int | None) else str(value)
        for name, value in changes.items()
    }


def _save(
    unit: streams.Unit, bot: Bot, words: str, *, now: datetime, level: Line.Level | None = None
) -> Bot:
    bot.version += 1
    bot.save()
    unit.event(user_id=bot.user_id, type="bot_update", data=bot_data(bot))
    _note(unit, bot, words, now=now, level=level)
    return bot


def _note(
    unit: streams.Unit, bot: Bot, words: str, *, now: datetime, level: Line.Level | None = None
) -> None:
    level = level or LEVELS.get(Mode(bot.mode), Line.Level.INFO)
    diary.note(unit, user_id=bot.user_id, level=level, bot=bot, message=words, now=now)
