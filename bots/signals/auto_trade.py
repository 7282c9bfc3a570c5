"""What a user has set to be done with signals; what makes no sense is refused in words."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from bots.activity import log
from bots.models import AutoTrade, LogEntry, Strategy
from bots.signals import symbol_lookup
from bots.strategies.settings import Wrong
from realtime import streams
from realtime.values import format_money

SETTINGS: Final = ("is_enabled", "is_test", "symbols", "amount", "per_day", "bot")


def of(user_id: int) -> AutoTrade:
    mine, _ = AutoTrade.objects.select_related("bot").get_or_create(user_id=user_id)
    return mine


def planned(user_id: int, changes: Mapping[str, Any]) -> AutoTrade:
    """As it would be; raises Wrong, which says what is wrong with which setting."""
    return _with(of(user_id), changes)


def change(user_id: int, changes: Mapping[str, Any], *, now: datetime) -> AutoTrade:
    of(user_id)
    with streams.unit() as unit:
        locked = AutoTrade.objects.select_for_update(of=("self",), no_key=True)
        mine = locked.select_related("bot").get(user=user_id)
        before = in_words(mine)
        _with(mine, changes).save()
        if (after := in_words(mine)) != before:
            level = LogEntry.Level.WARNING if trades(mine) else LogEntry.Level.INFO
            log.note(unit, user_id=user_id, level=level, message=after, bot=mine.bot, now=now)
    return mine


def trades(mine: AutoTrade) -> bool:
    return mine.is_enabled and not mine.is_test


def in_words(mine: AutoTrade) -> str:
    """All that is set, as it is written into the activity log."""
    if not mine.is_enabled:
        return "Signals wait for you; nothing is done by itself."
    does = "are tested, and nothing is traded" if mine.is_test else "are executed by themselves"
    which = ", ".join(mine.symbols) or "all symbols"
    spent = f"{format_money(mine.amount)} on each" if mine.amount else "as the bot is set"
    bot = f"the bot {mine.bot.name}" if mine.bot else "the manual bot that runs"
    return f"Signals {does}: {which}, {spent}, {mine.per_day} a day at most, with {bot}."


def _with(mine: AutoTrade, changes: Mapping[str, Any]) -> AutoTrade:
    for name in SETTINGS:
        if name in changes:
            setattr(mine, name, changes[name])
    mine.symbols = _symbols(mine.user_id, mine.symbols)
    if wrong := dict(_wrong(mine)):
        raise Wrong(wrong)
    return mine


def _symbols(user_id: int, said: list[str]) -> list[str]:
    found: dict[str, None] = {}  # each once, in the order of naming
    for name in said:
        if (symbol := symbol_lookup.symbol(user_id, name)) is None:
            raise Wrong({"symbols": f"None of your keys' markets trades {name}."})
        found[symbol] = None
    return list(found)


def _wrong(mine: AutoTrade) -> Iterator[tuple[str, str]]:
    bot = mine.bot
    if bot is None:
        return
    if bot.strategy != Strategy.MANUAL:
        strategy = bot.get_strategy_display().lower()
        yield "bot", f"Signals are for manual bots; {bot.name} is a {strategy} bot."
    elif mine.symbols and bot.symbol not in mine.symbols:
        yield "bot", f"{bot.name} trades {bot.symbol}, which is none of the symbols."
    if mine.amount and bot.budget and mine.amount > bot.budget:
        yield "amount", f"{bot.name} may bind {format_money(bot.budget)} at most."
