"""The page of messages, the bell's content for our script, and forms that say what was read."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from operations.messages import alerts, notifications
from operations.messages.page_header import worst_first
from operations.models import Alert, Notification
from users.http import current_user
from users.models import User

AT_ONCE = 25
ENDED = 10  # alerts that are over, shown below the open ones


@login_required
@require_GET
@never_cache
def overview(request: HttpRequest) -> HttpResponse:
    """Troubles first, those that last above those that are over; then what there is to read."""
    user, only_unread = current_user(request), request.GET.get("show") == "unread"
    mine = notifications.unread_of(user.pk) if only_unread else _all_of(user)
    context: dict[str, Any] = {
        "page": "notifications",
        "only_unread": only_unread,
        "open_alerts": worst_first(alerts.open_of(user.pk)),
        "ended_alerts": list(Alert.objects.filter(user=user, ended_at__isnull=False)[:ENDED]),
        "listed": Paginator(mine, AT_ONCE).get_page(request.GET.get("page")),
    }
    return render(request, "notifications/message_list.html", context)


@login_required
@require_GET
@never_cache
def bell(request: HttpRequest) -> HttpResponse:
    return render(request, "notifications/_header_update.html")


@login_required
@require_POST
def read(request: HttpRequest, notification_id: int) -> HttpResponse:
    try:
        one = notifications.read(
            notification_id, user_id=current_user(request).pk, now=timezone.now()
        )
    except Notification.DoesNotExist:
        raise Http404 from None
    return _back(request, one.link)


@login_required
@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    notifications.read_all(current_user(request).pk, now=timezone.now())
    return _back(request)


@login_required
@require_POST
def put_aside(request: HttpRequest, alert_id: int) -> HttpResponse:
    """No bar any more; on the page of messages it stands until it ends."""
    try:
        alerts.read(alert_id, user_id=current_user(request).pk, now=timezone.now())
    except Alert.DoesNotExist:
        raise Http404 from None
    return _back(request)


def _all_of(user: User) -> Any:
    return Notification.objects.filter(user=user)


def _back(request: HttpRequest, link: str = "") -> HttpResponse:
    """To where a message leads, if that is here; else to where the form stood."""
    for wanted in (request.POST.get("next", ""), link):
        if wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None):
            return redirect(wanted)
    return redirect("notifications")
