"""The console's page of backups: those that were made, one more now, verify and download."""

from pathlib import Path
from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone

from operations.backup import folder, status, verify
from operations.backup.errors import BackupFailed
from operations.backup.manifest import BackupFile
from operations.console.access import act_and_return, operator_page, render_section
from operations.console.pages import RUN_JOBS
from operations.console.sections import SEE_BACKUPS, is_allowed
from operations.jobs import actions, timetable
from operations.models import BackupRun
from users.http import current_user
from users.sign_in.recent import ask_again, is_recent

PAGE: Final = "operations-backups"
TASK: Final = "operations.back_up_database"
MOST_RUNS: Final = 30
MOST_BYTES: Final = 2_000_000_000  # of a file that one request reads
TOO_LARGE: Final = "It is too large for a page. Run manage.py backup verify instead."


@operator_page(SEE_BACKUPS)
def show_backups(request: HttpRequest) -> HttpResponse:
    """Show the complete backups in this machine's folder, and how the last runs ended."""
    user = current_user(request)
    context: dict[str, Any] = {
        "status": status.read_status(now=timezone.now()),
        "backups": folder.list_backups(),
        "runs": BackupRun.objects.all()[:MOST_RUNS],
        "may_make": is_allowed(user, RUN_JOBS),
        "may_download": user.is_superuser,
    }
    return render_section(request, PAGE, "backups", context)


@operator_page(RUN_JOBS, methods=("POST",))
def make_backup(request: HttpRequest) -> HttpResponse:
    """Run the job of every night now; a worker makes the backup."""

    def start_job() -> str:
        job = timetable.list_jobs().filter(task=TASK).first()
        if job is None:
            raise actions.JobRefused("The job is not there: beat never ran.")
        actions.run_job(job, by=current_user(request).get_username(), now=timezone.now())
        return "A worker makes a backup now. It appears here when it is complete."

    refusals = (actions.JobRefused, actions.QueueDown)
    return act_and_return(request, start_job, back=PAGE, refusals=refusals)


@operator_page(SEE_BACKUPS, methods=("POST",))
def verify_backup(request: HttpRequest, backup: str) -> HttpResponse:
    """Compare the size and checksum of a backup with its manifest."""

    def compare() -> str:
        found = _find_backup(backup)
        if found.manifest.size > MOST_BYTES:
            raise BackupFailed(TOO_LARGE)
        verify.verify_backup(found, now=timezone.now())
        return f"{backup}: its size and checksum are those of its manifest."

    return act_and_return(request, compare, back=PAGE, refusals=(BackupFailed, OSError))


@operator_page(SEE_BACKUPS, methods=("POST",))
def download_backup(request: HttpRequest, backup: str) -> HttpResponseBase:
    """Send an encrypted backup to a superuser who gave a password lately.

    A backup that is not encrypted holds everybody's addresses and password hashes: it stays here.
    """
    if not current_user(request).is_superuser:
        raise PermissionDenied
    if not is_recent(request):
        return ask_again(request, back="/operations/backups/")
    found = _find_backup(backup)
    if not found.manifest.is_encrypted:
        raise PermissionDenied
    return FileResponse(found.path.open("rb"), as_attachment=True, filename=found.name)


def _find_backup(name: str) -> BackupFile:
    """Return a backup of the folder by its exact name; no path leads elsewhere."""
    if folder.read_moment(name) is None or Path(name).name != name:
        raise Http404
    try:
        return folder.find_backup(name)
    except BackupFailed:
        raise Http404 from None
