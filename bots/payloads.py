"""Bots and their PnL as clients see them: one shape for the API, events and pages."""

from bots.models import Bot, PnlBook
from realtime.shapes.events import BotData, PnlData
from realtime.shapes.fields import Time
from realtime.values import (
    format_money,
    format_money_or_none,
    format_time,
    format_time_or_none,
)


class WholeBotData(BotData):
    """A bot with its PnL so far, one entry for each symbol it has traded."""

    profits: list[PnlData]
    last_fill_at: Time | None


def whole_bot_data(bot: Bot) -> WholeBotData:
    books = list(bot.books.all())
    newest = max((book.newest_at for book in books if book.newest_at), default=None)
    return WholeBotData(
        **bot_data(bot),
        profits=[pnl_data(book) for book in books],
        last_fill_at=format_time_or_none(newest),
    )


def format_amounts(row: object, *names: str) -> dict[str, str]:
    """Return these amounts of a row, by their names."""
    return {name: format_money(getattr(row, name)) for name in names}


def bot_data(bot: Bot) -> BotData:
    key = bot.key
    return BotData(
        id=bot.pk,
        version=bot.version,
        name=bot.name,
        key=key.pk,
        venue=key.venue,
        market=key.market,
        simulated=key.is_paper,
        symbol=bot.symbol,
        strategy=bot.strategy,
        settings=bot.settings,
        check_seconds=bot.check_seconds,
        budget=format_money_or_none(bot.budget),
        most_orders=bot.most_orders,
        most_held=format_money_or_none(bot.most_held),
        daily_loss=format_money_or_none(bot.daily_loss),
        high_value=format_money_or_none(bot.high_value),
        mode=bot.mode,  # type: ignore[typeddict-item]  # held to Mode by the database
        words=bot.reason,
        then=bot.after_stop,  # type: ignore[typeddict-item]  # lifecycle.py sets no other
        run=bot.run,
        is_default=bot.is_default,
        created_at=format_time(bot.created_at),
        changed_at=format_time(bot.changed_at),
    )


def pnl_data(book: PnlBook) -> PnlData:
    return PnlData(
        bot=book.bot_id or 0,
        key=book.key_id,
        simulated=book.key.is_paper,
        symbol=book.symbol,
        currency=book.quote,
        gross=format_money(book.gross),
        fees=format_money(book.fees),
        net=format_money(book.net),
        held=format_money(book.held),
        cost=format_money(book.cost),
        provisional=book.is_provisional or book.is_behind,
        as_of=format_time_or_none(book.newest_at),
    )
