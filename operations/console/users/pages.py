"""The console's page of users: find somebody, see what they have, end sessions, deactivate."""

from typing import Any, Final

import redis
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone

from exchanges.models import ExchangeKey
from operations.console.access import (
    Question,
    ask_or_act,
    operator_page,
    read_text,
    render_section,
)
from operations.console.sections import CHANGE_USERS, SEE_USERS, is_allowed
from operations.console.users import actions
from operations.console.users.actions import AccountAct
from realtime.presence import registry
from users.http import current_user, is_id
from users.models import User

PAGE: Final = "operations-users"
PAGE_SIZE: Final = 50
KINDS: Final = {
    "staff": Q(is_staff=True),
    "inactive": Q(is_active=False),
    "never": Q(last_login=None),
}
BUTTONS: Final = {"sign-out": "Sign out", "deactivate": "Deactivate", "activate": "Activate"}


@operator_page(SEE_USERS)
def show_users(request: HttpRequest) -> HttpResponse:
    """Show the accounts that fit, the newest first."""
    search, kind = read_text(request, "q"), read_text(request, "kind")
    before = read_text(request, "before")
    found = find_users(search, kind)
    page = list((found.filter(pk__lt=int(before)) if is_id(before) else found)[: PAGE_SIZE + 1])
    ids = [user.pk for user in page[:PAGE_SIZE]]
    sockets, keys = _count_sockets(ids), _count_keys(ids)
    context: dict[str, Any] = {
        "rows": [
            (user, keys.get(user.pk, 0), sockets.get(user.pk, 0)) for user in page[:PAGE_SIZE]
        ],
        "older": ids[-1] if len(page) > PAGE_SIZE else None,
        "total": found.count(),
        "kinds": [("staff", "Staff"), ("inactive", "Deactivated"), ("never", "Never signed in")],
        "kind": kind,
        "filters": {"q": search},
        "may_act": is_allowed(current_user(request), CHANGE_USERS),
    }
    return render_section(request, PAGE, "users", context)


@operator_page(CHANGE_USERS, methods=("GET", "POST"))
def act_on_user(request: HttpRequest, user_id: int, change: AccountAct) -> HttpResponse:
    """Ask about an act on an account, and carry it out when confirmed."""
    user = get_object_or_404(User, pk=user_id)
    text = actions.QUESTIONS[change].format(user=user.get_username())
    return ask_or_act(
        request,
        Question(text, BUTTONS[change]),
        lambda: actions.act_on_account(change, user, by=current_user(request), now=timezone.now()),
        back=PAGE,
        refusals=(actions.AccountRefused,),
    )


def find_users(search: str, kind: str) -> QuerySet[User]:
    """Return the accounts whose name, e-mail address or id fits."""
    users = User.objects.order_by("-pk")
    if kind in KINDS:
        users = users.filter(KINDS[kind])
    if search:
        fits = Q(username__icontains=search) | Q(email__icontains=search)
        users = users.filter(fits | Q(pk=int(search)) if is_id(search) else fits)
    return users


def _count_sockets(ids: list[int]) -> dict[int, int]:
    counts: dict[int, int] = {}
    try:
        for socket in registry.list_sockets(ids):
            counts[socket.user_id] = counts.get(socket.user_id, 0) + 1
    except redis.RedisError:
        return {}
    return counts


def _count_keys(ids: list[int]) -> dict[int, int]:
    keys = ExchangeKey.objects.filter(user__in=ids, is_active=True).order_by()
    return dict(keys.values_list("user").annotate(Count("pk")))
