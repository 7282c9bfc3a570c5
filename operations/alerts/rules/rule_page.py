"""The content of a page of alert rules: a user's own, or those that operators share."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from operations.alerts.rules.actions import RuleOwner
from operations.alerts.rules.forms import RuleForm
from users.http import current_user

Context = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class RulePage:
    """The names of a page's URLs, whose rules it shows, and how it is rendered."""

    name: str
    add: str
    change: str
    test: str
    delete: str
    find_owner: Callable[[HttpRequest], RuleOwner]  # or PermissionDenied
    render: Callable[[HttpRequest, Context, int], HttpResponse]


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
    kinds, rows = owner.list_kinds(), []
    for rule in owner.list_rules().filter(kind__in=kinds):
        is_bad = bad_form is not None and bad_form[0] == rule.pk
        form = bad_form[1] if bad_form and is_bad else RuleForm(owner, rule.kind, rule)
        rows.append((rule, _(kinds[rule.kind].label), form, is_bad))
    labels = [(name, _(one.label)) for name, one in kinds.items()]
    context = {"urls": page, "rules": rows, "kinds": labels, "new_form": new_form, "kind": kind}
    return page.render(request, context, status)


def _find_user(request: HttpRequest) -> RuleOwner:
    return RuleOwner(current_user(request).pk)


def _render_own(request: HttpRequest, context: Context, status: int) -> HttpResponse:
    return render(request, "alerts/rules.html", dict(context), status=status)


OWN: Final = RulePage(
    name="alert-rules",
    add="alert-rule-add",
    change="alert-rule-change",
    test="alert-rule-test",
    delete="alert-rule-delete",
    find_owner=_find_user,
    render=_render_own,
)
