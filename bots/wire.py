"""A bot as its owner is told of it: one shape for the API, the events and the pages."""

from bots.models import Bot
from realtime.frames import iso
from realtime.shapes import BotData, BotGoneData


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
        mode=bot.mode,  # type: ignore[typeddict-item]  # held to Mode by the database
        words=bot.words,
        is_default=bot.is_default,
        created_at=iso(bot.created_at),
        changed_at=iso(bot.changed_at),
    )


def gone_data(bot_id: int) -> BotGoneData:
    return BotGoneData(id=bot_id)
