"""The page of a user's sessions: see where one is signed in, end one of them or all."""

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from users.http import current_user
from users.sessions import activity, listing


@login_required
@never_cache
@require_http_methods(["GET"])
def show_sessions(request: HttpRequest) -> HttpResponse:
    user = current_user(request)
    activity.record_use(request, user)  # so that this one is in the list
    rows = listing.list_sessions(user.pk, session_key=request.session.session_key)
    return render(request, "users/sessions.html", {"page": "sessions", "sessions": rows})


@login_required
@require_POST
def end_session(request: HttpRequest, row_id: str) -> HttpResponse:
    try:
        listing.end_session(current_user(request).pk, row_id)
        messages.success(request, _("Signed out there."))
    except listing.NoSuchSession:
        messages.info(request, _("That session has ended already."))
    return redirect("sessions")


@login_required
@require_POST
def end_all(request: HttpRequest) -> HttpResponse:
    """Sign out everywhere else, or here too."""
    user = current_user(request)
    if request.POST.get("keep") == "this":
        listing.end_others(user.pk, session_key=request.session.session_key)
        messages.success(request, _("Signed out everywhere else."))
        return redirect("sessions")
    listing.end_others(user.pk)
    logout(request)
    messages.success(request, _("Signed out everywhere."))
    return redirect("account_login")
