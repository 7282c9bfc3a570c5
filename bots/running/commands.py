"""The commands of owners to their bots, as pages and the API call them."""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import Any, Final

from django.db import IntegrityError

from bots.models import Bot, Mode
from bots.running import lifecycle
from bots.strategies.settings import InvalidSettings
from users.languages.recipient import localize
from users.languages.text import Phrase

NAME_TAKEN: Final = Phrase("You have a bot of this name already.")
DEFAULT_TAKEN: Final = Phrase("Another bot is the default by now.")
NO_SUCH_BOT: Final = Phrase("There is no such bot.")


def create_bot(bot: Bot, *, now: datetime) -> Bot:
    """Raise InvalidSettings with a message for each wrong field."""
    return _translate_duplicate(lambda: lifecycle.create_bot(bot, now=now))


def change_bot(bot_id: int, *, changes: Mapping[str, Any], now: datetime) -> Bot:
    others = Bot.objects.exclude(pk=bot_id).filter(user__bots=bot_id)
    if "name" in changes and others.filter(name__iexact=changes["name"]).exists():
        # Checked here too: the name of a bot that runs is written only once it has stopped.
        raise InvalidSettings({"name": NAME_TAKEN})
    return _translate_duplicate(lambda: lifecycle.change_bot(bot_id, changes=changes, now=now))


def toggle_bot(bot_id: int, *, now: datetime) -> Bot:
    """Stop the bot if it runs, else start it."""
    mode = Bot.objects.values_list("mode", flat=True).get(pk=bot_id)
    return (lifecycle.stop_bot if mode == Mode.RUNNING else lifecycle.start_bot)(bot_id, now=now)


COMMANDS: Final[Mapping[str, Callable[..., Bot]]] = {
    "start": lifecycle.start_bot,
    "stop": lifecycle.stop_bot,
    "toggle": toggle_bot,
    "delete": lifecycle.remove_bot,
}
CHANGE: Final = "change"


def run_in_bulk(
    user_id: int,
    ids: Iterable[int],
    action: str,
    *,
    now: datetime,
    changes: Mapping[str, Any] | None = None,
    key_ids: Collection[int] | None = None,
) -> tuple[list[Bot], dict[int, str]]:
    """Run a command on many bots; return the changed bots, and the refusals by id.

    Bots of other keys than `key_ids` do not exist here.
    """
    command = COMMANDS[action] if changes is None else partial(change_bot, changes=changes)
    bot_ids = sorted(set(ids))
    bots = Bot.objects.filter(user=user_id, pk__in=bot_ids)
    if key_ids is not None:
        bots = bots.filter(key__in=key_ids)
    own_ids = set(bots.values_list("pk", flat=True))
    done, refused = [], {pk: localize(NO_SUCH_BOT) for pk in bot_ids if pk not in own_ids}
    for pk in sorted(own_ids):
        try:
            done.append(command(pk, now=now))
        except (lifecycle.CommandRefused, InvalidSettings) as refusal:
            refused[pk] = describe_refusal(refusal)
        except Bot.DoesNotExist:  # it was being removed, and is gone now
            refused[pk] = localize(NO_SUCH_BOT)
    return done, refused


def describe_refusal(refusal: lifecycle.CommandRefused | InvalidSettings) -> str:
    """Return the messages as one text, where no form shows them beside their fields."""
    if isinstance(refusal, InvalidSettings):
        return " ".join(localize(message) for message in refusal.errors.values())
    return localize(refusal.message)


def _translate_duplicate(command: Callable[[], Bot]) -> Bot:
    try:
        return command()
    except IntegrityError as error:
        if "bot_name_once_per_user" in str(error):
            raise InvalidSettings({"name": NAME_TAKEN}) from None
        if "bot_default_once_per_user" in str(error):  # two bots at the same moment
            raise InvalidSettings({"is_default": DEFAULT_TAKEN}) from None
        raise
