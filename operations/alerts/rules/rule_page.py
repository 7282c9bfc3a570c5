"""What a page of alert rules shows: a user's own, or those that operators share."""

from dataclasses import dataclass
from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from operations.alerts.evaluate import list_operators
from operations.alerts.rules.actions import OPERATORS, RuleOwner
from operations.alerts.rules.forms import RuleForm
from operations.models import Alert
from operations.models.alert_rules import RIGHT
from realtime import streams
from users.http import current_user
from users.models import User

ENDED: Final = 25  # on one page
URGENT: Final = ("level", "-id")  # "critical" comes before "warning"


@dataclass(frozen=True, slots=True)
class RulePage:
    """The names of a page's URLs, and its template."""

    name: str
    add: str
    change: str
    test: str
    delete: str
    template: str
    is_shared: bool

    def find_owner(self, request: HttpRequest) -> RuleOwner:
        """Return whose rules these are; raise PermissionDenied if this user may not see them."""
        user = current_user(request)
        if not self.is_shared:
            return RuleOwner(user.pk)
        if not (user.is_staff and user.has_perm(f"operations.{RIGHT}")):
            raise PermissionDenied
        return OPERATORS


OWN: Final = RulePage(
    name="alert-rules",
    add="alert-rule-add",
    change="alert-rule-change",
    test="alert-rule-test",
    delete="alert-rule-delete",
    template="alerts/rules.html",
    is_shared=False,
)
SHARED: Final = RulePage(
    name="operator-alerts",
    add="operator-rule-add",
    change="operator-rule-change",
    test="operator-rule-test",
    delete="operator-rule-delete",
    template="alerts/operator_alerts.html",
    is_shared=True,
)


def render_page(
    request: HttpRequest,
    page: RulePage,
    *,
    new_form: RuleForm | None = None,
    kind: str = "",
    bad_form: tuple[int, RuleForm] | None = None,
    status: int = 200,
) -> HttpResponse:
    """Show the rules; `bad_form` is what was sent for one of them and is wrong."""
    owner = page.find_owner(request)
    alerts = read_shared(request) if page.is_shared else {}
    kinds, rows = owner.list_kinds(), []
    for rule in owner.list_rules().filter(kind__in=kinds):
        is_bad = bad_form is not None and bad_form[0] == rule.pk
        form = bad_form[1] if bad_form and is_bad else RuleForm(owner, rule.kind, rule)
        rows.append((rule, kinds[rule.kind].label, form, is_bad))
    labels = [(name, one.label) for name, one in kinds.items()]
    context = {"urls": page, "rules": rows, "kinds": labels, "new_form": new_form, "kind": kind}
    return render(request, page.template, {**context, **alerts}, status=status)


def read_shared(request: HttpRequest) -> dict[str, Any]:
    """Return this operator's copies of the alerts: the open ones, and a page of the others."""
    user = current_user(request)
    position = streams.fetch_head(user.pk)
    copies = Alert.objects.filter(user=user, rule__isnull=False, rule__user=None)
    ended = copies.filter(ended_at__isnull=False).prefetch_related("changes")
    told = User.objects.filter(pk__in=list_operators()).order_by("username")
    return {
        "page": "operations",
        "position": position,
        "now": timezone.now(),
        "open_alerts": copies.filter(ended_at=None).prefetch_related("changes").order_by(*URGENT),
        "ended_alerts": Paginator(ended, ENDED).get_page(request.GET.get("page")),
        "operators": list(told.values_list("username", flat=True)),
    }
