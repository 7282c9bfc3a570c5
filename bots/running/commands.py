"""What owners ask of their bots, by page or by API: done, or refused in words. Doors translate."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import Any, Final

from django.db import IntegrityError

from bots.models import Bot, Mode
from bots.running import lifecycle
from bots.strategies.settings import Wrong

NAMED: Final = "You have a bot of this name already."
NO_SUCH_BOT: Final = "There is no such bot."


def create(bot: Bot, *, now: datetime) -> Bot:
    """Raises Wrong, which says beside which field what is wrong."""
    return _named_once(lambda: lifecycle.create(bot, now=now))


def change(bot_id: int, *, changes: Mapping[str, Any], now: datetime) -> Bot:
    others = Bot.objects.exclude(pk=bot_id).filter(user__bots=bot_id)
    if "name" in changes and others.filter(name__iexact=changes["name"]).exists():
        raise Wrong({"name": NAMED})  # of a bot that runs it is written only once it has stopped
    return _named_once(lambda: lifecycle.change(bot_id, changes=changes, now=now))


def toggle(bot_id: int, *, now: datetime) -> Bot:
    """Stop it if it runs, else start it."""
    mode = Bot.objects.values_list("mode", flat=True).get(pk=bot_id)
    return (lifecycle.stop if mode == Mode.RUNNING else lifecycle.start)(bot_id, now=now)


DO: Final[Mapping[str, Callable[..., Bot]]] = {
    "start": lifecycle.start,
    "stop": lifecycle.stop,
    "toggle": toggle,
    "delete": lifecycle.remove,
}
CHANGE: Final = "change"


def in_bulk(
    user_id: int,
    ids: Iterable[int],
    act: str,
    *,
    now: datetime,
    changes: Mapping[str, Any] | None = None,
) -> tuple[list[Bot], dict[int, str]]:
    """Those of which it was done as they are now, and why not of which others."""
    do = DO[act] if changes is None else partial(change, changes=changes)
    wanted = sorted(set(ids))
    mine = set(Bot.objects.filter(user=user_id, pk__in=wanted).values_list("pk", flat=True))
    done, refused = [], {pk: NO_SUCH_BOT for pk in wanted if pk not in mine}
    for pk in sorted(mine):
        try:
            done.append(do(pk, now=now))
        except (lifecycle.NotNow, Wrong) as why:
            refused[pk] = in_words(why)
        except Bot.DoesNotExist:  # it was on its way out, and is gone now
            refused[pk] = NO_SUCH_BOT
    return done, refused


def in_words(why: lifecycle.NotNow | Wrong) -> str:
    """Without a form that has places for them."""
    return " ".join(why.words.values()) if isinstance(why, Wrong) else str(why)


def _named_once(do: Callable[[], Bot]) -> Bot:
    try:
        return do()
    except IntegrityError as error:
        if "bot_name_once_per_user" in str(error):
            raise Wrong({"name": NAMED}) from None
        if "bot_default_once_per_user" in str(error):  # two became it at the same moment
            raise Wrong({"is_default": "Another bot is the default by now."}) from None
        raise
