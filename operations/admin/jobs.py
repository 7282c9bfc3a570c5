"""The timetable of jobs in the admin, with what became of their runs."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import flatten_fieldsets
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django_celery_beat.admin import PeriodicTaskAdmin, PeriodicTaskForm
from django_celery_beat.models import PeriodicTask
from kombu.utils.json import loads
from rest_framework.serializers import ValidationError

from operations.jobs import actions, allowed_tasks
from operations.jobs.notes import RELATED
from operations.jobs.payloads import find_next_run, find_state, is_shipped, job_row
from operations.jobs.protection import PROTECTED
from operations.models import JobChange, JobRun
from realtime.admin import ReadOnly
from users.http import current_user

FORM_FIELDS = {"regtask", "crontab_translation"}  # of a job; its row has no such columns

admin.site.unregister(PeriodicTask)  # which the import above has registered


@admin.register(JobRun)
class JobRunAdmin(ReadOnly):
    list_display = ["job", "state", "trigger", "by", "started_at", "seconds", "message", "worker"]
    list_filter = ["state", "trigger"]
    list_select_related = ["job"]
    search_fields = ["job__name", "message"]
    show_full_result_count = False


@admin.register(JobChange)
class JobChangeAdmin(ReadOnly):
    list_display = ["job_name", "action", "by", "at"]
    list_filter = ["action"]
    search_fields = ["job_name", "by"]
    show_full_result_count = False


class JobForm(PeriodicTaskForm):  # type: ignore[misc]  # untyped
    """Take the tasks and arguments that the API takes, and leave those of Fillwatch's jobs.

    The library's form takes any task of any app, with any arguments.
    """

    def clean(self) -> Any:
        data = super().clean()
        names = ("task", "args", "kwargs")
        is_other = any(data.get(name) != getattr(self.instance, name) for name in names)
        if not self.errors and (self.instance.pk is None or is_other):
            self._check_task(data["task"], loads(data["args"]), loads(data["kwargs"]))
        return data

    def _check_task(self, task: str, args: Any, kwargs: Any) -> None:
        if task not in allowed_tasks.ALLOWED:
            tasks = ", ".join(sorted(allowed_tasks.ALLOWED))
            self.add_error("task", f"This task is not for the timetable. Choose one of: {tasks}.")
        elif args:
            self.add_error("args", "Name the arguments in the field below.")
        else:
            try:
                allowed_tasks.validate_arguments(task, kwargs)
            except ValidationError as error:
                self.add_error("kwargs", [str(each) for each in error.detail["arguments"]])  # type: ignore[call-overload]


@admin.register(PeriodicTask)
class JobAdmin(PeriodicTaskAdmin):  # type: ignore[misc]  # untyped
    """The timetable. Protected jobs are shown, and stay as they are."""

    form = JobForm
    list_display = ["name", "enabled", "scheduler", "last_result", "last_seconds", "next_run"]
    list_display += ["is_protected"]
    actions = ["enable_tasks", "disable_tasks", "toggle_tasks", "run_tasks"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[PeriodicTask]:
        jobs: QuerySet[PeriodicTask] = super().get_queryset(request)
        return jobs.select_related(*RELATED)

    @admin.display(description="last result")
    def last_result(self, job: PeriodicTask) -> str:
        row = job_row(job, now=timezone.now())
        if row["state"] in ("waiting", "running"):
            return f"{row['last_result'] or 'none yet'} ({row['state']})"
        return ": ".join(filter(None, [row["last_result"], row["last_message"]])) or "none yet"

    @admin.display(description="seconds")
    def last_seconds(self, job: PeriodicTask) -> float | None:
        return find_state(job).seconds

    @admin.display(description="next run")
    def next_run(self, job: PeriodicTask) -> Any:
        return find_next_run(job, find_state(job), now=timezone.now())

    @admin.display(description="protected", boolean=True)
    def is_protected(self, job: PeriodicTask) -> bool:
        return job.name in PROTECTED

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return not _is_protected(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Let operators' own jobs be deleted; beat would make the others again."""
        is_ours = isinstance(obj, PeriodicTask) and (_is_protected(obj) or is_shipped(obj))
        return not is_ours and super().has_delete_permission(request, obj)

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """Leave out what only the form has: a protected job is shown without one."""
        fieldsets = super().get_fieldsets(request, obj)
        if not _is_protected(obj):
            return fieldsets
        fields = [name for name in flatten_fieldsets(fieldsets) if name not in FORM_FIELDS]
        return [(None, {"fields": fields})]

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Offer nothing to those who may only look; the library's actions ask for no right."""
        offered: dict[str, Any] = super().get_actions(request)
        may_change = self.has_change_permission(request)
        if not request.user.has_perm("operations.run_job"):
            offered.pop("run_tasks", None)
        return {
            name: action
            for name, action in offered.items()
            # Django asks for the right to delete itself.
            if may_change or name in ("delete_selected", "run_tasks")
        }

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Let a job's history go with it: nobody may delete runs alone."""
        rows, counts, missing, kept = super().get_deleted_objects(objs, request)
        return rows, counts, missing - {JobRun._meta.verbose_name}, kept

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        assert isinstance(obj, PeriodicTask)  # noqa: S101
        action = JobChange.Action.CHANGE if change else JobChange.Action.CREATE
        details = {"fields": list(form.changed_data), "schedule": str(obj.scheduler)}
        actions.record_change(obj, action, details=details, **_name_person(request))

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        assert isinstance(obj, PeriodicTask)  # noqa: S101
        actions.delete_job(obj, **_name_person(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[PeriodicTask]) -> None:
        for job in queryset:
            actions.delete_job(job, **_name_person(request))

    @admin.action(description="Resume selected jobs")
    def enable_tasks(self, request: HttpRequest, queryset: QuerySet[PeriodicTask]) -> None:
        for job in queryset:
            actions.resume_job(job, **_name_person(request))

    @admin.action(description="Pause selected jobs")
    def disable_tasks(self, request: HttpRequest, queryset: QuerySet[PeriodicTask]) -> None:
        for job in queryset:
            self._try_action(request, actions.pause_job, job)

    @admin.action(description="Pause or resume selected jobs")
    def toggle_tasks(self, request: HttpRequest, queryset: QuerySet[PeriodicTask]) -> None:
        for job in queryset:
            toggle = actions.pause_job if job.enabled else actions.resume_job
            self._try_action(request, toggle, job)

    @admin.action(description="Run selected jobs once, now")
    def run_tasks(self, request: HttpRequest, queryset: QuerySet[PeriodicTask]) -> None:
        for job in queryset:
            self._try_action(request, actions.run_job, job)

    def _try_action(self, request: HttpRequest, action: Any, job: PeriodicTask) -> None:
        try:
            action(job, **_name_person(request))
        except (actions.JobRefused, actions.QueueDown) as refused:
            self.message_user(request, str(refused), messages.WARNING)


def _name_person(request: HttpRequest) -> dict[str, Any]:
    return {"by": current_user(request).get_username(), "now": timezone.now()}


def _is_protected(job: Model | None) -> bool:
    return isinstance(job, PeriodicTask) and job.name in PROTECTED
