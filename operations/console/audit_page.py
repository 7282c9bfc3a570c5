"""The console's page of the audit log: search it, and verify that nobody changed it."""

from typing import Any, Final

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from operations.audit import verify
from operations.audit.tables import AUDITED
from operations.console.access import (
    act_and_return,
    operator_page,
    read_text,
    render_section,
)
from operations.console.sections import SEE_AUDIT
from operations.models import AuditChange, AuditSeal
from operations.models.audit import AuditAction
from users.http import is_id

PAGE: Final = "operations-audit"
EMPTY: Final[tuple[object, ...]] = (None, "", [], {})
PAGE_SIZE: Final = 50
MOST_SEALS: Final = 100_000  # about ten seconds of a request
TOO_MANY: Final = "The log is too long for a page. Run manage.py verify_audit instead."
SHOWN_PROBLEMS: Final = 3


class AuditDoubtful(Exception):
    """The log was not verified, or is not whole; the argument says why."""


@operator_page(SEE_AUDIT)
def show_audit(request: HttpRequest) -> HttpResponse:
    """Show the changes that fit, the newest first."""
    search, subject = read_text(request, "q"), read_text(request, "subject")
    action, before = read_text(request, "action"), read_text(request, "before")
    rows = _find_changes(search, subject, action)
    if is_id(before):
        rows = rows.filter(pk__lt=int(before))
    page = list(rows[: PAGE_SIZE + 1])
    context: dict[str, Any] = {
        "changes": [(change, list_differences(change)) for change in page[:PAGE_SIZE]],
        "older": page[PAGE_SIZE - 1].pk if len(page) > PAGE_SIZE else None,
        "subjects": [(name, name) for name in sorted(AUDITED)],
        "actions": AuditAction.choices,
        "subject": subject,
        "action": action,
        "filters": {"q": search},
        "is_filtered": bool(search or subject or action),
    }
    return render_section(request, PAGE, "audit", context)


@operator_page(SEE_AUDIT, methods=("POST",))
def verify_audit(request: HttpRequest) -> HttpResponse:
    """Read the whole chain of seals, and say if a change is altered, missing or not sealed."""
    return act_and_return(request, _verify_chain, back=PAGE, refusals=(AuditDoubtful,))


def list_differences(change: AuditChange) -> list[tuple[str, Any, Any]]:
    """List the columns of a change with their values before and after, but for what stays empty."""
    names = sorted({*change.before, *change.after})
    rows = [(name, change.before.get(name), change.after.get(name)) for name in names]
    return [row for row in rows if row[1] is not None or row[2] not in EMPTY]


def _find_changes(search: str, subject: str, action: str) -> QuerySet[AuditChange]:
    rows = AuditChange.objects.all()
    if subject:
        rows = rows.filter(subject=subject)
    if action:
        rows = rows.filter(action=action)
    if search:
        fits = Q(object_name__icontains=search) | Q(actor_name__icontains=search)
        fits |= Q(request_id=search) | Q(task_id=search) | Q(object_id=search)
        rows = rows.filter(fits)
    return rows


def _verify_chain() -> str:
    if AuditSeal.objects.count() > MOST_SEALS:
        raise AuditDoubtful(TOO_MANY)
    result = verify.verify_chain(now=timezone.now())
    if result.problems:
        more = len(result.problems) - SHOWN_PROBLEMS
        rest = f" And {more} more." if more > 0 else ""
        raise AuditDoubtful(" ".join(result.problems[:SHOWN_PROBLEMS]) + rest)
    if result.is_late:
        raise AuditDoubtful(f"{result.unsealed} changes wait too long for their seal.")
    counts = f"{result.sealed} changes are sealed, {result.unsealed} wait for it"
    return f"The log is whole: {counts}. Head {result.head}."
