"""The timetable by API, for operators with the permissions of Django's groups."""

from typing import Any, Final

from django.utils import timezone
from django_celery_beat.models import PeriodicTask
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import APIException
from rest_framework.generics import ListAPIView, RetrieveAPIView
from rest_framework.permissions import IsAdminUser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from operations.jobs import actions, timetable
from operations.jobs import serializers as shapes
from operations.jobs.payloads import JobRow, RunRow, job_row, run_row
from operations.models import JobChange, JobRun
from users.api_tokens.access import token_access
from users.http import current_user
from users.rest import REASON, Conflict, NewestFirst, make_shape_serializer
from users.strict.views import KnownParametersOnly

VIEW: Final = "django_celery_beat.view_periodictask"
RIGHTS: Final = {
    "create": "django_celery_beat.add_periodictask",
    "destroy": "django_celery_beat.delete_periodictask",
    "pause": "django_celery_beat.change_periodictask",
    "resume": "django_celery_beat.change_periodictask",
    "run": "operations.run_job",
}


class JobOut(make_shape_serializer(JobRow, lambda job: job_row(job, now=timezone.now()))):  # type: ignore[misc]
    pass


class RunOut(make_shape_serializer(RunRow, lambda run: run_row(run, now=timezone.now()))):  # type: ignore[misc]
    pass


class QueueUnavailable(APIException):
    status_code = 503
    default_code = "queue_unavailable"


class MaySchedule(IsAdminUser):
    """Let in those of the staff whose groups allow what they do to jobs."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        right = RIGHTS.get(getattr(view, "action", ""), VIEW)
        self.message = f"This needs the permission {right}."
        return super().has_permission(request, view) and request.user.has_perm(right)


@extend_schema(tags=["operators"])
@token_access(GET="operate", POST="operate", DELETE="operate", key_tokens=False)
class JobViewSet(KnownParametersOnly, GenericViewSet[PeriodicTask]):
    """The jobs of the timetable, by name."""

    queryset = PeriodicTask.objects.all()
    permission_classes = [MaySchedule]
    serializer_class = JobOut
    pagination_class = None
    lookup_value_regex = "[0-9]{1,18}"

    @extend_schema(responses={200: JobOut(many=True)})
    def list(self, request: Request) -> Response:
        """List all jobs, each with its newest run, its newest result and when it is due."""
        return Response([JobOut(job).data for job in timetable.list_jobs()])

    @extend_schema(responses={200: JobOut})
    def retrieve(self, request: Request, pk: str) -> Response:
        """Show one job."""
        return Response(JobOut(self.get_object()).data)

    @extend_schema(request=shapes.JobIn, responses={201: JobOut, 409: REASON})
    def create(self, request: Request) -> Response:
        """Add a job: one of `scheduler/tasks/`, every so many seconds or by a crontab in UTC."""
        serializer = shapes.JobIn(data=request.data)
        serializer.is_valid(raise_exception=True)
        wanted = serializer.validated_data["wanted"]
        try:
            job = actions.create_job(wanted, **_sign(request))
        except actions.JobRefused as refused:
            raise Conflict(str(refused)) from None
        return Response(JobOut(job).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses={204: None, 409: REASON})
    def destroy(self, request: Request, pk: str) -> Response:
        """Delete a job that an operator made, with its history; others can only be paused."""
        try:
            actions.delete_job(self.get_object(), **_sign(request))
        except actions.JobRefused as refused:
            raise Conflict(str(refused)) from None
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=None, responses={200: JobOut, 409: REASON})
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, pk: str) -> Response:
        """Take it out of the timetable; protected jobs refuse. A second time changes nothing."""
        try:
            actions.pause_job(self.get_object(), **_sign(request))
        except actions.JobRefused as refused:
            raise Conflict(str(refused)) from None
        return Response(JobOut(self.get_object()).data)

    @extend_schema(request=None, responses={200: JobOut})
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, pk: str) -> Response:
        """Put it back into the timetable; it runs at once if it was due meanwhile."""
        actions.resume_job(self.get_object(), **_sign(request))
        return Response(JobOut(self.get_object()).data)

    @extend_schema(request=None, responses={202: RunOut, 409: REASON, 503: REASON})
    @action(detail=True, methods=["post"])
    def run(self, request: Request, pk: str) -> Response:
        """Run it once, now; follow the run at `scheduler/runs/{run_id}/`. Its due time stays."""
        try:
            run = actions.run_job(self.get_object(), **_sign(request))
        except actions.JobRefused as refused:
            raise Conflict(str(refused)) from None
        except actions.QueueDown as error:
            raise QueueUnavailable(str(error)) from None
        return Response(RunOut(run).data, status=status.HTTP_202_ACCEPTED)

    @extend_schema(responses={200: RunOut(many=True)})
    @action(detail=True, pagination_class=NewestFirst)
    def history(self, request: Request, pk: str) -> Response:
        """List its runs that are kept, newest first."""
        runs = self.get_object().job_runs.select_related("job")
        return self.get_paginated_response(RunOut(self.paginate_queryset(runs), many=True).data)


@extend_schema(tags=["operators"])
@token_access(GET="operate", key_tokens=False)
class JobRunView(KnownParametersOnly, RetrieveAPIView[JobRun]):
    """One run of a job, by the id that `run/` gave."""

    permission_classes = [MaySchedule]
    queryset = JobRun.objects.select_related("job")
    serializer_class = RunOut
    lookup_field = "run_id"


@extend_schema(tags=["operators"])
@token_access(GET="operate", key_tokens=False)
class JobChangeView(KnownParametersOnly, ListAPIView[JobChange]):
    """List changes of jobs with their authors, newest first, also of jobs that are gone."""

    permission_classes = [MaySchedule]
    queryset = JobChange.objects.all()
    serializer_class = shapes.JobChangeOut
    pagination_class = NewestFirst
    filter_backends = []


@extend_schema(tags=["operators"], responses={200: shapes.TaskOut(many=True)})
@token_access(GET="operate", key_tokens=False)
class TaskListView(KnownParametersOnly):
    """The tasks that may be put into the timetable."""

    permission_classes = [MaySchedule]

    def get(self, request: Request) -> Response:
        return Response(timetable.list_tasks())


@extend_schema(tags=["operators"], responses={200: shapes.SchedulerStatus})
@token_access(GET="operate", key_tokens=False)
class SchedulerStatusView(KnownParametersOnly):
    """Show the active beat, its last tick, and the jobs that are paused, late or failed."""

    permission_classes = [MaySchedule]

    def get(self, request: Request) -> Response:
        found = timetable.build_status(now=timezone.now())
        return Response(shapes.SchedulerStatus(found).data)


def _sign(request: Request) -> dict[str, Any]:
    return {"by": current_user(request).get_username(), "now": timezone.now()}
