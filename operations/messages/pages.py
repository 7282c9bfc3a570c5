"""The page of messages, the bell's content for our script, and forms that mark as read."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from operations.alerts import record as alerts
from operations.messages.page_header import sort_by_level
from operations.models import Alert, Notification
from operations.notifications import record as notifications
from users.http import current_user

PAGE_SIZE = 25
ENDED = 10  # ended alerts shown below the open ones


@login_required
@require_GET
@never_cache
def show_messages(request: HttpRequest) -> HttpResponse:
    """Show open alerts, ended alerts, then notifications."""
    user, only_unread = current_user(request), request.GET.get("show") == "unread"
    listed = Notification.objects.filter(user=user, dismissed_at=None)
    if only_unread:
        listed = listed.filter(read_at=None)
    context: dict[str, Any] = {
        "page": "notifications",
        "only_unread": only_unread,
        "open_alerts": sort_by_level(alerts.open_alerts(user.pk)),
        "ended_alerts": list(Alert.objects.filter(user=user, ended_at__isnull=False)[:ENDED]),
        "listed": Paginator(listed, PAGE_SIZE).get_page(request.GET.get("page")),
    }
    return render(request, "notifications/message_list.html", context)


@login_required
@require_GET
@never_cache
def show_bell(request: HttpRequest) -> HttpResponse:
    return render(request, "notifications/_header_update.html")


@login_required
@require_POST
def mark_notification_read(request: HttpRequest, notification_id: int) -> HttpResponse:
    try:
        notification = notifications.mark_read(
            notification_id, user_id=current_user(request).pk, now=timezone.now()
        )
    except Notification.DoesNotExist:
        raise Http404 from None
    return _redirect_back(request, notification.link)


@login_required
@require_POST
def dismiss_notification(request: HttpRequest, notification_id: int) -> HttpResponse:
    """Take a notification off the list."""
    try:
        notifications.dismiss(notification_id, user_id=current_user(request).pk, now=timezone.now())
    except Notification.DoesNotExist:
        raise Http404 from None
    return _redirect_back(request)


@login_required
@require_POST
def mark_all_read(request: HttpRequest) -> HttpResponse:
    notifications.mark_all_read(current_user(request).pk, now=timezone.now())
    return _redirect_back(request)


@login_required
@require_POST
def dismiss_alert(request: HttpRequest, alert_id: int) -> HttpResponse:
    """Hide an alert's bar; the page of messages shows it until it ends."""
    try:
        alerts.mark_read(alert_id, user_id=current_user(request).pk, now=timezone.now())
    except Alert.DoesNotExist:
        raise Http404 from None
    return _redirect_back(request)


def _redirect_back(request: HttpRequest, link: str = "") -> HttpResponse:
    """Redirect to the form's page or the message's link if it is ours, else to the messages."""
    for target in (request.POST.get("next", ""), link):
        if target.startswith("/") and url_has_allowed_host_and_scheme(target, allowed_hosts=None):
            return redirect(target)
    return redirect("notifications")
