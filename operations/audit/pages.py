"""The page of what was changed in one's own account, by whom and from where."""

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from operations.audit import own_changes
from operations.audit.tables import AUDITED
from users.http import current_user

PAGE_SIZE = 25


@login_required
@require_GET
@never_cache
def show_own_changes(request: HttpRequest) -> HttpResponse:
    """Show the changes of a user's account, keys, bots and settings; `?of=` chooses a subject."""
    user_id, subject = current_user(request).pk, request.GET.get("of", "")
    changes = own_changes.list_changes(user_id)
    if subject in AUDITED:
        changes = changes.filter(subject=subject)
    page = Paginator(changes, PAGE_SIZE).get_page(request.GET.get("page"))
    owned = [name for name, table in AUDITED.items() if table.owner]
    context = {
        "page": "own-changes",
        "listed": page,
        "changes": own_changes.describe_changes(page, user_id=user_id),
        "subject": subject if subject in AUDITED else "",
        "subjects": sorted((own_changes.label_subject(name), name) for name in owned),
    }
    return render(request, "account/own_changes.html", context)
