"""URLs of the API of messages and pushes."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from operations.alerts.api import AlertViewSet
from operations.health import socket_statistics
from operations.notifications.api import NotificationViewSet
from operations.push.api import VIEWS

router = SimpleRouter()
router.register("notifications", NotificationViewSet, basename="api-notification")
router.register("alerts", AlertViewSet, basename="api-alert")

urlpatterns = [
    *router.urls,
    path("realtime/stats/", socket_statistics.show_statistics, name="api-realtime-stats"),
    *(
        path(f"realtime/push/{view.kind}/", view.as_view(), name=f"api-push-{view.kind}")
        for view in VIEWS
    ),
]
