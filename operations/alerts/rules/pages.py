"""The page of a user's alert rules, without JavaScript."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from operations.alerts import record as alerts
from operations.alerts.evaluate import try_rule
from operations.alerts.rules import actions
from operations.alerts.rules.actions import RuleOwner
from operations.alerts.rules.forms import RuleForm
from users.http import act_on_own_rows, current_user

PAGE = "alert-rules"
LONGEST_NOTE = 300
_own_rows_only = act_on_own_rows(PAGE, actions.RuleRefused)


@login_required
@require_GET
@never_cache
def show_rules(request: HttpRequest) -> HttpResponse:
    """Show the rules; with `?kind=` the form of a new one too."""
    owner, kind = _find_owner(request), request.GET.get("kind", "")
    form = RuleForm(owner, kind) if kind in owner.list_kinds() else None
    return _render_page(request, new_form=form, kind=kind)


@_own_rows_only
def add_rule(request: HttpRequest, kind: str) -> HttpResponse:
    owner = _find_owner(request)
    if kind not in owner.list_kinds():
        raise Http404
    form = RuleForm(owner, kind, data=request.POST)
    if not form.is_valid():
        return _render_page(request, new_form=form, kind=kind, status=422)
    actions.create_rule(owner, kind, form.conditions, now=timezone.now(), **form.list_settings())
    messages.success(request, "Added. It is evaluated every ten seconds.")
    return redirect(PAGE)


@_own_rows_only
def change_rule(request: HttpRequest, rule_id: int) -> HttpResponse:
    """Save a rule, or switch it: by the button that was pressed."""
    owner, now = _find_owner(request), timezone.now()
    if switch := request.POST.get("switch"):
        actions.change_rule(owner, rule_id, now=now, is_active=switch == "on")
        return redirect(PAGE)
    rule = owner.list_rules().get(pk=rule_id)
    form = RuleForm(owner, rule.kind, rule, request.POST)
    if not form.is_valid():
        return _render_page(request, bad_form=(rule_id, form), status=422)
    fields = form.list_settings()
    actions.change_rule(owner, rule_id, now=now, conditions=form.conditions, **fields)
    messages.success(request, "Saved.")
    return redirect(PAGE)


@_own_rows_only
def test_rule(request: HttpRequest, rule_id: int) -> HttpResponse:
    rule = _find_owner(request).list_rules().get(pk=rule_id)
    evaluation = try_rule(rule, now=timezone.now())
    verdict = "It would fire now." if evaluation.findings else "It would not fire now."
    messages.info(request, f"{rule.name}: {verdict} {evaluation.reasons.get(rule.pk, '')}")
    return redirect(PAGE)


@_own_rows_only
def delete_rule(request: HttpRequest, rule_id: int) -> HttpResponse:
    actions.delete_rule(_find_owner(request), rule_id, now=timezone.now())
    messages.success(request, "Deleted.")
    return redirect(PAGE)


@_own_rows_only
def settle_alert(request: HttpRequest, alert_id: int) -> HttpResponse:
    """Acknowledge an alert, or end it: by the button that was pressed."""
    user = current_user(request)
    act = alerts.resolve if request.POST.get("step") == "resolve" else alerts.acknowledge
    note = request.POST.get("note", "").replace("\x00", "")[:LONGEST_NOTE]
    act(alert_id, user_id=user.pk, by=user.get_username(), note=note, now=timezone.now())
    return redirect("notifications")


def _find_owner(request: HttpRequest) -> RuleOwner:
    return RuleOwner(current_user(request).pk)


def _render_page(
    request: HttpRequest,
    *,
    new_form: RuleForm | None = None,
    kind: str = "",
    bad_form: tuple[int, RuleForm] | None = None,
    status: int = 200,
) -> HttpResponse:
    owner = _find_owner(request)
    kinds, rows = owner.list_kinds(), []
    for rule in owner.list_rules().filter(kind__in=kinds):
        is_bad = bad_form is not None and bad_form[0] == rule.pk
        form = bad_form[1] if bad_form and is_bad else RuleForm(owner, rule.kind, rule)
        rows.append((rule, kinds[rule.kind].label, form, is_bad))
    labels = [(name, one.label) for name, one in kinds.items()]
    context = {"rules": rows, "kinds": labels, "new_form": new_form, "kind": kind}
    return render(request, "alerts/rules.html", context, status=status)
