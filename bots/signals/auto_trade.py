"""A user's settings for executing signals automatically, and their checks."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from django.utils.translation import gettext as _

from bots.activity import log
from bots.models import AutoTrade, LogEntry, Strategy
from bots.signals import symbol_lookup
from bots.strategies.settings import InvalidSettings
from realtime import streams
from realtime.values import format_money
from users.languages.text import Phrase

SETTINGS: Final = ("is_enabled", "is_test", "symbols", "amount", "per_day", "bot")


def for_user(user_id: int) -> AutoTrade:
    auto_trade, _is_new = AutoTrade.objects.select_related("bot").get_or_create(user_id=user_id)
    return auto_trade


def preview_changes(user_id: int, changes: Mapping[str, Any]) -> AutoTrade:
    """Return the changed settings without saving them; raise InvalidSettings for wrong ones."""
    return _apply_changes(for_user(user_id), changes)


def change_settings(user_id: int, changes: Mapping[str, Any], *, now: datetime) -> AutoTrade:
    for_user(user_id)
    with streams.unit() as unit:
        locked = AutoTrade.objects.select_for_update(of=("self",), no_key=True)
        auto_trade = locked.select_related("bot").get(user=user_id)
        before = describe_settings(auto_trade)
        _apply_changes(auto_trade, changes).save()
        if (after := describe_settings(auto_trade)) != before:
            level = LogEntry.Level.WARNING if does_trade(auto_trade) else LogEntry.Level.INFO
            user, bot = auto_trade.user, auto_trade.bot
            log.note(unit, user=user, level=level, message=after, bot=bot, now=now)
    return auto_trade


def does_trade(auto_trade: AutoTrade) -> bool:
    return auto_trade.is_enabled and not auto_trade.is_test


def describe_settings(auto_trade: AutoTrade) -> str:
    """Describe all settings in one sentence, as the activity log shows it."""
    if not auto_trade.is_enabled:
        return Phrase("Signals wait for you; nothing is executed automatically.")
    amount, bot = auto_trade.amount, auto_trade.bot
    spent = Phrase("as the bot is set")
    if amount:
        spent = Phrase("%(amount)s on each", amount=format_money(amount))
    values = {
        "symbols": ", ".join(auto_trade.symbols) or Phrase("all symbols"),
        "spent": spent,
        "count": auto_trade.per_day,
        "bot": Phrase("the bot %(bot)s", bot=bot.name)
        if bot
        else Phrase("the manual bot that runs"),
    }
    if auto_trade.is_test:
        return Phrase(
            "Signals are tested, and nothing is traded: %(symbols)s, %(spent)s, %(count)s a day"
            " at most, with %(bot)s.",
            **values,
        )
    return Phrase(
        "Signals are executed automatically: %(symbols)s, %(spent)s, %(count)s a day at most,"
        " with %(bot)s.",
        **values,
    )


def _apply_changes(auto_trade: AutoTrade, changes: Mapping[str, Any]) -> AutoTrade:
    for name in SETTINGS:
        if name in changes:
            setattr(auto_trade, name, changes[name])
    auto_trade.symbols = _resolve_symbols(auto_trade.user_id, auto_trade.symbols)
    if errors := dict(_find_errors(auto_trade)):
        raise InvalidSettings(errors)
    return auto_trade


def _resolve_symbols(user_id: int, names: list[str]) -> list[str]:
    symbols: dict[str, None] = {}  # a dict keeps each once, in order
    for name in names:
        if (symbol := symbol_lookup.find_symbol(user_id, name)) is None:
            raise InvalidSettings(
                {"symbols": _("None of your keys' markets trades %(name)s.") % {"name": name}}
            )
        symbols[symbol] = None
    return list(symbols)


def _find_errors(auto_trade: AutoTrade) -> Iterator[tuple[str, str]]:
    bot = auto_trade.bot
    if bot is None:
        return
    if bot.strategy != Strategy.MANUAL:
        strategy = bot.get_strategy_display().lower()
        yield (
            "bot",
            _("Signals are for manual bots; %(bot)s is a %(strategy)s bot.")
            % {"bot": bot.name, "strategy": strategy},
        )
    elif auto_trade.symbols and bot.symbol not in auto_trade.symbols:
        yield (
            "bot",
            _("%(bot)s trades %(symbol)s, which is none of the symbols.")
            % {"bot": bot.name, "symbol": bot.symbol},
        )
    if auto_trade.amount and bot.budget and auto_trade.amount > bot.budget:
        yield (
            "amount",
            _("%(bot)s may bind %(budget)s at most.")
            % {"bot": bot.name, "budget": format_money(bot.budget)},
        )
