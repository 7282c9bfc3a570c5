"""URLs of the scheduler's API."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from operations.jobs import api

router = SimpleRouter()
router.register("jobs", api.JobViewSet, basename="api-job")

urlpatterns = [
    *router.urls,
    path("status/", api.SchedulerStatusView.as_view(), name="api-scheduler-status"),
    path("tasks/", api.TaskListView.as_view(), name="api-scheduler-tasks"),
    path("changes/", api.JobChangeView.as_view(), name="api-scheduler-changes"),
    path("runs/<uuid:run_id>/", api.JobRunView.as_view(), name="api-scheduler-run"),
]
