"""The operators' pages of connected sockets, and their actions."""

from typing import Any, get_args

import redis
from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone

from realtime.endpoints import ENDPOINTS
from realtime.presence import operator_actions, registry
from users.http import current_user
from users.models import User

ROWS = 500
MAY_LOOK, MAY_ACT = "realtime.view_sockets", "realtime.change_sockets"
LISTING = "admin:realtime_sockets_changelist"


class SocketFilterForm(forms.Form):
    user = forms.CharField(required=False, max_length=150)
    door = forms.ChoiceField(  # its name in the page's URL
        required=False, choices=[("", "every endpoint"), *((name, name) for name in ENDPOINTS)]
    )


class SocketActionForm(forms.Form):
    """One action; the socket's name is needed where it is about one of them."""

    act = forms.ChoiceField(choices=[(act, act) for act in get_args(operator_actions.Act)])
    user = forms.IntegerField(min_value=1)
    socket = forms.RegexField(r"^[0-9a-f]{1,40}$", required=False, empty_value=None)
    sign_out = forms.BooleanField(required=False)

    def clean(self) -> dict[str, Any]:
        fields = super().clean() or {}
        needs_socket = fields.get("act") in ("end", "resync")
        if needs_socket != bool(fields.get("socket")):
            raise forms.ValidationError(
                "Name a socket for an action on one socket, and none for all."
            )
        return fields


def socket_list(request: HttpRequest) -> HttpResponse:
    person = _get_operator(request, MAY_LOOK)
    narrow = SocketFilterForm(request.GET)
    filters = narrow.cleaned_data if narrow.is_valid() else {}
    servers, rows = list[registry.WebServer](), list[tuple[str, registry.PresentSocket]]()
    try:
        servers, rows = registry.list_servers(), find_rows(filters)
    except redis.RedisError:
        messages.error(request, "Redis does not answer, so connected sockets cannot be listed now.")
    more = {
        "title": "Sockets",
        "narrow": narrow,
        "servers": servers,
        "rows": rows[:ROWS],
        "too_many": len(rows) > ROWS,
        "may_act": person.has_perm(MAY_ACT),
    }
    return _render_page(request, "socket_list", more)


def confirm_action(request: HttpRequest) -> HttpResponse:
    """Show a question first, then carry the action out."""
    person = _get_operator(request, MAY_ACT)
    form = SocketActionForm(request.POST or request.GET)
    if not form.is_valid():
        messages.error(request, "There is no such action on a socket.")
        return redirect(LISTING)
    fields = form.cleaned_data
    user = get_object_or_404(User, pk=fields["user"])
    if request.method != "POST":
        question = operator_actions.QUESTIONS[fields["act"]]
        more = {"title": "Are you sure?", "action": fields, "of": user, "question": question}
        return _render_page(request, "confirm", more)
    try:
        message = operator_actions.carry_out(
            fields["act"],
            user=user,
            socket=fields["socket"],
            sign_out=fields["sign_out"],
            by=person,
            now=timezone.now(),
        )
        messages.success(request, message)
    except operator_actions.ActionRefused as refused:
        messages.error(request, str(refused))
    return redirect(LISTING)


def _get_operator(request: HttpRequest, right: str) -> User:
    person = current_user(request)
    if not person.has_perm(right):
        raise PermissionDenied
    return person


def _render_page(request: HttpRequest, name: str, more: dict[str, Any]) -> HttpResponse:
    context = {**admin.site.each_context(request), **more}
    return TemplateResponse(request, f"admin/realtime/sockets/{name}.html", context)


def find_rows(filters: dict[str, Any]) -> list[tuple[str, registry.PresentSocket]]:
    """Return (username, socket) pairs by username; one more than ROWS when there are more."""
    named = User.objects.filter(
        pk__in=registry.list_users(), username__icontains=filters.get("user", "")
    ).order_by("username")
    names = dict(named.values_list("pk", "username"))
    endpoint, rows = filters.get("door"), list[tuple[str, registry.PresentSocket]]()
    for socket in registry.list_sockets(names):
        if not endpoint or socket.endpoint == endpoint:
            rows.append((names[socket.user_id], socket))
        if len(rows) > ROWS:
            break
    return rows
