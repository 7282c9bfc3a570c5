"""The console's page of sockets: who is connected with which client; end them, start over."""

from typing import Any
from urllib.parse import urlencode

import redis
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone

from operations.console.access import Question, ask_or_act, operator_page, render_section
from operations.console.sections import CHANGE_SOCKETS, SEE_SOCKETS, is_allowed
from realtime.presence import operator_actions, registry
from realtime.presence.pages import ROWS, SocketActionForm, SocketFilterForm, find_rows
from realtime.presence.registry import PresentSocket, WebServer
from users.http import current_user
from users.models import User

QUESTION = "End all sockets of {user} and sign them out everywhere? They must sign in again."
BUTTONS = {"end": "End it", "end_all": "End all", "resync": "Read anew", "anew": "Read all anew"}


@operator_page(SEE_SOCKETS)
def show_sockets(request: HttpRequest) -> HttpResponse:
    """Show the web servers and the signed-in sockets, by user."""
    form = SocketFilterForm(request.GET)
    filters = form.cleaned_data if form.is_valid() else {}
    servers, rows, is_redis_away = _read_rows(filters)
    context: dict[str, Any] = {
        "form": form,
        "filters": filters,
        "servers": servers,
        "rows": rows[:ROWS],
        "users": len({username for username, _ in rows}),
        "too_many": len(rows) > ROWS,
        "is_redis_away": is_redis_away,
        "may_act": is_allowed(current_user(request), CHANGE_SOCKETS),
    }
    return render_section(request, "operations-sockets", "sockets", context)


@operator_page(CHANGE_SOCKETS, methods=("GET", "POST"))
def act_on_sockets(request: HttpRequest) -> HttpResponse:
    """Ask about one act on a socket, or on all of a user's, and carry it out when confirmed."""
    form = SocketActionForm(request.GET)
    if not form.is_valid():
        raise Http404
    fields = form.cleaned_data
    user, operator = get_object_or_404(User, pk=fields["user"]), current_user(request)
    text = f"{operator_actions.QUESTIONS[fields['act']]} It is about {user.username}."
    if fields["sign_out"]:
        text = QUESTION.format(user=user.username)
    return ask_or_act(
        request,
        Question(text, "Sign out" if fields["sign_out"] else BUTTONS[fields["act"]]),
        lambda: operator_actions.carry_out(
            fields["act"],
            user=user,
            socket=fields["socket"],
            sign_out=fields["sign_out"],
            by=operator,
            now=timezone.now(),
        ),
        back=f"{reverse('operations-sockets')}?{urlencode({'user': user.username})}",
        refusals=(operator_actions.ActionRefused,),
    )


def _read_rows(
    filters: dict[str, Any],
) -> tuple[list[WebServer], list[tuple[str, PresentSocket]], bool]:
    try:
        return registry.list_servers(), find_rows(filters), False
    except redis.RedisError:
        return [], [], True
