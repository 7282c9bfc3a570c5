"""Views of pages of alert rules, which work without JavaScript."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from operations.alerts import record as alerts
from operations.alerts.evaluate import try_rule
from operations.alerts.rules import actions
from operations.alerts.rules.forms import RuleForm
from operations.alerts.rules.rule_page import OWN, RulePage, render_page
from users.http import act_on_own_rows, current_user
from users.languages.recipient import localize

LONGEST_NOTE: Final = 300


def accept_form(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Wrap a form's view: 404 for the rows of others; a refusal is told on the form's page."""

    @wraps(view)
    def act(request: HttpRequest, page: RulePage = OWN, **parts: Any) -> HttpResponse:
        return act_on_own_rows(page.name, actions.RuleRefused)(view)(request, page=page, **parts)

    return act


@login_required
@require_GET
@never_cache
def show_rules(request: HttpRequest, page: RulePage = OWN) -> HttpResponse:
    """Show the rules; with `?kind=` the form of a new one too."""
    owner, kind = page.find_owner(request), request.GET.get("kind", "")
    form = RuleForm(owner, kind) if kind in owner.list_kinds() else None
    return render_page(request, page, new_form=form, kind=kind)


@accept_form
def add_rule(request: HttpRequest, page: RulePage, kind: str) -> HttpResponse:
    owner = page.find_owner(request)
    if kind not in owner.list_kinds():
        raise Http404
    form = RuleForm(owner, kind, data=request.POST)
    if not form.is_valid():
        return render_page(request, page, new_form=form, kind=kind, status=422)
    actions.create_rule(owner, kind, form.conditions, now=timezone.now(), **form.list_settings())
    messages.success(request, _("Added. It is evaluated every ten seconds."))
    return redirect(page.name)


@accept_form
def change_rule(request: HttpRequest, page: RulePage, rule_id: int) -> HttpResponse:
    """Save a rule, or switch it: by the button that was pressed."""
    owner, now = page.find_owner(request), timezone.now()
    if switch := request.POST.get("switch"):
        actions.change_rule(owner, rule_id, now=now, is_active=switch == "on")
        return redirect(page.name)
    rule = owner.list_rules().get(pk=rule_id)
    form = RuleForm(owner, rule.kind, rule, request.POST)
    if not form.is_valid():
        return render_page(request, page, bad_form=(rule_id, form), status=422)
    fields = form.list_settings()
    actions.change_rule(owner, rule_id, now=now, conditions=form.conditions, **fields)
    messages.success(request, _("Saved."))
    return redirect(page.name)


@accept_form
def test_rule(request: HttpRequest, page: RulePage, rule_id: int) -> HttpResponse:
    rule = page.find_owner(request).list_rules().get(pk=rule_id)
    evaluation = try_rule(rule, now=timezone.now())
    verdict = _("It would fire now.") if evaluation.findings else _("It would not fire now.")
    reason = localize(evaluation.reasons.get(rule.pk, ""))
    messages.info(request, f"{rule.name}: {verdict} {reason}")
    return redirect(page.name)


@accept_form
def delete_rule(request: HttpRequest, page: RulePage, rule_id: int) -> HttpResponse:
    actions.delete_rule(page.find_owner(request), rule_id, now=timezone.now())
    messages.success(request, _("Deleted."))
    return redirect(page.name)


@accept_form
def settle_alert(request: HttpRequest, page: RulePage, alert_id: int) -> HttpResponse:
    """Acknowledge an alert, or end it: by the button that was pressed.

    What operators share is settled for all of them.
    """
    page.find_owner(request)
    user = current_user(request)
    act = alerts.resolve if request.POST.get("step") == "resolve" else alerts.acknowledge
    note = request.POST.get("note", "").replace("\x00", "")[:LONGEST_NOTE]
    act(alert_id, user_id=user.pk, by=user.get_username(), note=note, now=timezone.now())
    return redirect("notifications" if page is OWN else page.name)
