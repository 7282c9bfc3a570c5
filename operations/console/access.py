"""Shared by all console pages: the check of rights, the frame, and questions before acts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from operations.console import sections
from realtime import streams
from users.http import current_user, is_fetch

ConsoleView = Callable[..., HttpResponseBase]
TEXT: Final = 200  # characters of a filter
LEVELS: Final = {"success": messages.SUCCESS, "error": messages.ERROR}


@dataclass(frozen=True, slots=True)
class Question:
    """A question before an act, with the text of its button."""

    text: str
    button: str
    title: str = "Are you sure?"


def operator_page(
    *rights: str, methods: tuple[str, ...] = ("GET",)
) -> Callable[[ConsoleView], ConsoleView]:
    """Let in staff with one of these permissions; others get 403, strangers sign in first."""

    def wrap(view: ConsoleView) -> ConsoleView:
        @login_required
        @require_http_methods(methods)
        @never_cache
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not sections.is_allowed(current_user(request), *rights):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return wrap


def render_section(
    request: HttpRequest, section: str, template: str, context: Mapping[str, Any]
) -> HttpResponse:
    """Render a page in the console's frame; events of staff repaint it from now on."""
    user = current_user(request)
    frame = {
        "page": "operations",
        "section": section,
        "sections": sections.list_sections(user),
        "socket": sections.choose_socket(user),
        "position": streams.fetch_head(user.pk),
        "now": timezone.now(),
    }
    return render(request, f"operations/{template}.html", {**frame, **context})


def ask_or_act(
    request: HttpRequest,
    question: Question,
    act: Callable[[], str],
    *,
    back: str,
    refusals: tuple[type[Exception], ...] = (),
) -> HttpResponse:
    """Show the question on GET; on POST act, show what was done, and go back."""
    if request.method != "POST":
        part = "operations/_question.html" if is_fetch(request) else "operations/question.html"
        context = {"question": question, "back": back, "page": "operations"}
        return render(request, part, context)
    return act_and_return(request, act, back=back, refusals=refusals)


def act_and_return(
    request: HttpRequest,
    act: Callable[[], str],
    *,
    back: str,
    refusals: tuple[type[Exception], ...] = (),
) -> HttpResponse:
    """Act, and say what was done or why it was refused: to our script as JSON, else back there."""
    try:
        kind, text = "success", act()
    except refusals as refused:
        kind, text = "error", str(refused)
    if is_fetch(request):
        return JsonResponse({"kind": kind, "words": text})
    messages.add_message(request, LEVELS[kind], text)
    return redirect(back)


def read_text(request: HttpRequest, name: str) -> str:
    """Return a filter of the address; PostgreSQL takes no NUL in a text."""
    return request.GET.get(name, "").replace("\x00", "").strip()[:TEXT]
