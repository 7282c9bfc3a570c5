"""The console's page of alerts: those that operators share, their steps, and the rules behind."""

from typing import Final

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse

from operations.alerts.evaluate import list_operators
from operations.alerts.rules.actions import OPERATORS, RuleOwner
from operations.alerts.rules.rule_page import Context, RulePage
from operations.console.access import render_section
from operations.console.sections import OPERATE_ALERTS, is_allowed
from operations.models import Alert
from users.http import current_user
from users.models import User

PAGE: Final = "operations-alerts"
ENDED: Final = 25  # on one page
EVERY_MS: Final = 5_000
URGENT: Final = ("level", "-id")  # "critical" comes before "warning"


def find_operators(request: HttpRequest) -> RuleOwner:
    if not is_allowed(current_user(request), OPERATE_ALERTS):
        raise PermissionDenied
    return OPERATORS


def render_alerts(request: HttpRequest, context: Context, status: int) -> HttpResponse:
    """Render the rules with this operator's copies of the alerts, open ones first."""
    user = current_user(request)
    copies = Alert.objects.filter(user=user, rule__isnull=False, rule__user=None)
    copies = copies.prefetch_related("changes")
    told = User.objects.filter(pk__in=list_operators()).order_by("username")
    ended = Paginator(copies.filter(ended_at__isnull=False), ENDED)
    shown = {
        "open_alerts": copies.filter(ended_at=None).order_by(*URGENT),
        "ended_alerts": ended.get_page(request.GET.get("page")),
        "operators": list(told.values_list("username", flat=True)),
        "every_ms": EVERY_MS,
    }
    response = render_section(request, PAGE, "alerts", {**context, **shown})
    response.status_code = status
    return response


SHARED: Final = RulePage(
    name=PAGE,
    add="shared-rule-add",
    change="shared-rule-change",
    test="shared-rule-test",
    delete="shared-rule-delete",
    find_owner=find_operators,
    render=render_alerts,
)
