"""Have a worker change something at a venue, and say on the page what came of it."""

from collections.abc import Callable
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from exchanges.worker_calls import CallError
from users.throttling import UserRate

TOO_MANY: Final = gettext_lazy(
    "Each change costs the venue's limit, which all share. Wait a minute."
)


class VenueChangeRate(UserRate):
    """Each one costs the venue's limit, which all users share."""

    scope = "leverage"
    rate = "30/min"


def change_by_page(request: HttpRequest, change: Callable[[], dict[str, Any]]) -> bool:
    """Return whether the venue has it so now; the outcome is on the next page in any case."""
    if not VenueChangeRate().allow_request(request, None):
        messages.warning(request, TOO_MANY)
        return False
    try:
        answer = change()
    except CallError as error:
        messages.warning(request, str(error))
        return False
    level = messages.SUCCESS if answer["ok"] else messages.ERROR
    messages.add_message(request, level, answer["message"])
    return bool(answer["ok"])
