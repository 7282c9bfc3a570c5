"""Bodies and answers of the scheduler's endpoints."""

from collections.abc import Sequence
from typing import Any, Final

from celery.schedules import ParseException, crontab
from django.utils import timezone
from django_celery_beat.models import PeriodicTask
from drf_spectacular.utils import inline_serializer
from rest_framework import serializers

from operations.jobs import allowed_tasks
from operations.jobs.actions import CRONTAB_FIELDS, NewJob
from operations.models import JobChange
from users.rest import KnownFieldsOnly
from users.strict.fields import WholeNumberField

LEAST_SECONDS: Final = 10
MOST_SECONDS: Final = 366 * 24 * 3600


class CrontabField(serializers.CharField):
    """Five fields of a crontab, of which at least one moment exists."""

    default_error_messages = {
        "fields": "Five fields: minute, hour, day of month, month, day of week. Example: 0 3 * * *",
        "never": "No such moment ever comes.",
    }

    def to_internal_value(self, data: Any) -> str:
        parts = str(super().to_internal_value(data)).split()
        if len(parts) != len(CRONTAB_FIELDS) or not all(part.isascii() for part in parts):
            self.fail("fields")
        _require_moment(self, parts)
        return " ".join(parts)


def _require_moment(field: CrontabField, parts: Sequence[str]) -> None:
    try:
        found = crontab(**dict(zip(CRONTAB_FIELDS, parts, strict=True)))
        found.remaining_estimate(timezone.now())
    except (ParseException, ValueError, KeyError, TypeError, IndexError):
        field.fail("fields")
    except RuntimeError:
        field.fail("never")


class JobIn(KnownFieldsOnly):
    """A job to be created: a task that is allowed, and either `every_seconds` or `crontab`."""

    name = serializers.CharField(max_length=200)
    task = serializers.ChoiceField(choices=sorted(allowed_tasks.ALLOWED))
    arguments = serializers.DictField(required=False, default=dict, help_text="See scheduler/tasks")
    every_seconds = WholeNumberField(
        required=False, allow_null=True, min_value=LEAST_SECONDS, max_value=MOST_SECONDS
    )
    crontab = CrontabField(
        required=False, allow_null=True, max_length=300, help_text="In UTC, such as 0 3 * * *"
    )
    description = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=1000
    )

    def validate_name(self, name: str) -> str:
        if not name.isprintable():
            raise serializers.ValidationError("Printable characters only.")
        return name

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        every, moments = attrs.get("every_seconds"), attrs.get("crontab")
        if (every is None) == (moments is None):
            raise serializers.ValidationError(
                {"every_seconds": ["Give either every_seconds or crontab."]}
            )
        wanted = NewJob(
            name=attrs["name"],
            task=attrs["task"],
            arguments=allowed_tasks.validate_arguments(attrs["task"], attrs["arguments"]),
            every_seconds=every,
            crontab=tuple(moments.split()) if moments else None,
            description=attrs["description"],
        )
        if PeriodicTask.objects.filter(name=wanted.name).exists():
            raise serializers.ValidationError({"name": ["There is a job of this name."]})
        return {"wanted": wanted}


class JobChangeOut(serializers.ModelSerializer[JobChange]):
    """A change of a job by an operator."""

    class Meta:
        model = JobChange
        fields = ["id", "job_name", "action", "by", "details", "at"]


class TaskOut(serializers.Serializer[Any]):
    """A task that may be put into the timetable."""

    task = serializers.CharField()
    description = serializers.CharField()
    arguments = serializers.ListField(
        child=inline_serializer(
            "TaskArgument",
            {"name": serializers.CharField(), "required": serializers.BooleanField()},
        )
    )


class SchedulerStatus(serializers.Serializer[Any]):
    """The active beat, and jobs by how they fare."""

    active = serializers.BooleanField(help_text="Whether a beat starts jobs now")
    beat = serializers.CharField(allow_null=True, help_text="Host and process of the last one")
    active_since = serializers.DateTimeField(allow_null=True)
    last_tick_at = serializers.DateTimeField(allow_null=True)
    jobs = serializers.IntegerField()
    paused = serializers.ListField(child=serializers.CharField())
    running = serializers.ListField(child=serializers.CharField())
    waiting = serializers.ListField(
        child=serializers.CharField(), help_text="Sent, and no worker has begun them"
    )
    failed = serializers.ListField(
        child=serializers.CharField(), help_text="Whose newest result is failed or not finished"
    )
