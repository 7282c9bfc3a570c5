"""The operators' console: is everything alive, and if not, what to do."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone

from operations.console import overview
from operations.console.access import act_and_return, operator_page, render_section
from operations.console.sections import SEE_HEALTH, SEE_JOBS, is_allowed
from operations.health.service_status import find_worst
from operations.jobs import actions, timetable
from users.http import current_user
from users.models import User

CHANGE_JOBS: Final = "django_celery_beat.change_periodictask"
RUN_JOBS: Final = "operations.run_job"
ACTS: Final[Mapping[str, tuple[str, Callable[..., object], str]]] = {
    "pause": (CHANGE_JOBS, actions.pause_job, "is paused"),
    "resume": (CHANGE_JOBS, actions.resume_job, "is in the timetable again"),
    "run": (RUN_JOBS, actions.run_job, "runs now; its result appears here"),
}


@operator_page(SEE_HEALTH, SEE_JOBS)
def show_console(request: HttpRequest) -> HttpResponse:
    """Show services and jobs, each to those of the staff who may see them."""
    rows = _read_rows(current_user(request), timezone.now())
    return render_section(request, "operations", "console", rows)


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


@operator_page(CHANGE_JOBS, RUN_JOBS, methods=("POST",))
def act_on_job(request: HttpRequest, job_id: int, act: str) -> HttpResponse:
    """Pause, resume or run one job."""
    user = current_user(request)
    right, do, outcome = ACTS[act]
    if not is_allowed(user, right):
        raise PermissionDenied
    job = timetable.list_jobs().filter(pk=job_id).first()
    if job is None:
        raise Http404

    def carry_out() -> str:
        do(job, by=user.get_username(), now=timezone.now())
        return f"“{job.name}” {outcome}."

    refusals = (actions.JobRefused, actions.QueueDown)
    return act_and_return(request, carry_out, back="operations", refusals=refusals)
