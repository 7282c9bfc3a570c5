"""The timetable of jobs in the admin."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import flatten_fieldsets
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django_celery_beat.admin import PeriodicTaskAdmin
from django_celery_beat.models import PeriodicTask

from operations.jobs.protection import PROTECTED

FORM_FIELDS = {"regtask", "crontab_translation"}  # of a job; its row has no such columns

admin.site.unregister(PeriodicTask)  # which the import above has registered


@admin.register(PeriodicTask)
class JobAdmin(PeriodicTaskAdmin):  # type: ignore[misc]  # untyped
    """The timetable. Jobs that orders depend on are shown, and stay as they are."""

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return not _is_protected(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return not _is_protected(obj) and super().has_delete_permission(request, obj)

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """Leave out what only the form has: a protected job is shown without one."""
        fieldsets = super().get_fieldsets(request, obj)
        if not _is_protected(obj):
            return fieldsets
        fields = [name for name in flatten_fieldsets(fieldsets) if name not in FORM_FIELDS]
        return [(None, {"fields": fields})]

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Offer nothing to those who may only look; the library's actions ask for no right."""
        actions: dict[str, Any] = super().get_actions(request)
        may_change = self.has_change_permission(request)
        return {
            name: action
            for name, action in actions.items()
            if may_change or name == "delete_selected"  # which Django asks for its own right
        }

    @admin.action(description="Disable selected tasks")
    def disable_tasks(self, request: HttpRequest, queryset: QuerySet[PeriodicTask]) -> None:
        super().disable_tasks(request, self._leave_out_protected(request, queryset))

    @admin.action(description="Toggle activity of selected tasks")
    def toggle_tasks(self, request: HttpRequest, queryset: QuerySet[PeriodicTask]) -> None:
        super().toggle_tasks(request, self._leave_out_protected(request, queryset))

    def _leave_out_protected(
        self, request: HttpRequest, jobs: QuerySet[PeriodicTask]
    ) -> QuerySet[PeriodicTask]:
        for job in jobs.filter(name__in=PROTECTED):
            message = f"“{job.name}” stays on: without it no order is compared with its venue."
            self.message_user(request, message, messages.WARNING)
        return jobs.exclude(name__in=PROTECTED)


def _is_protected(job: Model | None) -> bool:
    return isinstance(job, PeriodicTask) and job.name in PROTECTED
