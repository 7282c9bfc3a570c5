"""The operators' console: is everything alive, and if not, what to do."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST
from django_celery_beat.models import PeriodicTask

from operations.console import overview
from operations.health.service_status import find_worst
from operations.jobs import actions, timetable
from realtime import streams
from users.http import current_user
from users.models import User

SEE_HEALTH: Final = "operations.view_healthcheck"
SEE_JOBS: Final = "django_celery_beat.view_periodictask"
CHANGE_JOBS: Final = "django_celery_beat.change_periodictask"
RUN_JOBS: Final = "operations.run_job"
ACTS: Final[Mapping[str, tuple[str, Callable[..., object], str]]] = {
    "pause": (CHANGE_JOBS, actions.pause_job, "is paused"),
    "resume": (CHANGE_JOBS, actions.resume_job, "is in the timetable again"),
    "run": (RUN_JOBS, actions.run_job, "runs now; its result appears here"),
}


@login_required
@require_GET
@never_cache
def show_console(request: HttpRequest) -> HttpResponse:
    """Show services and jobs, each to those of the staff who may see them."""
    user, now = current_user(request), timezone.now()
    if not (user.is_staff and (user.has_perm(SEE_HEALTH) or user.has_perm(SEE_JOBS))):
        raise PermissionDenied
    position = streams.fetch_head(user.pk)
    context = {"page": "operations", "position": position, "now": now, **_read_rows(user, now)}
    return render(request, "operations/console.html", context)


def _read_rows(user: User, now: datetime) -> dict[str, Any]:
    services = overview.list_services(now=now) if user.has_perm(SEE_HEALTH) else None
    jobs = overview.list_jobs(now=now) if user.has_perm(SEE_JOBS) else None
    return {
        "services": services,
        "worst": find_worst(row.service for row in services) if services else None,
        "jobs": jobs,
        "may_change_jobs": user.has_perm(CHANGE_JOBS),
        "may_run_jobs": user.has_perm(RUN_JOBS),
    }


@login_required
@require_POST
def act_on_job(request: HttpRequest, job_id: int, act: str) -> HttpResponse:
    """Pause, resume or run one job."""
    user = current_user(request)
    right, do, outcome = ACTS[act]
    if not (user.is_staff and user.has_perm(right)):
        raise PermissionDenied
    job = timetable.list_jobs().filter(pk=job_id).first()
    if job is None:
        raise Http404
    _try_to_act(request, job, do, outcome)
    return redirect("operations")


def _try_to_act(
    request: HttpRequest, job: PeriodicTask, do: Callable[..., object], outcome: str
) -> None:
    try:
        do(job, by=current_user(request).get_username(), now=timezone.now())
    except (actions.JobRefused, actions.QueueDown) as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"“{job.name}” {outcome}.")
