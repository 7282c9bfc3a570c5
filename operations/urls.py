"""URLs of the API of messages, pushes and health."""

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from operations.alerts.api import AlertViewSet, OperatorAlertViewSet
from operations.alerts.rules.api import OperatorRuleViewSet, OwnRuleViewSet
from operations.audit.api import AuditViewSet, OwnChangeViewSet
from operations.health import api as health_api
from operations.health.metrics import socket_statistics
from operations.logs.api import LogView
from operations.notifications.api import NotificationViewSet
from operations.notifications.sent.api import OutboxViewSet
from operations.notifications.telegram.api import link_telegram
from operations.notifications.ways.api import WayViewSet, show_preferences, show_push_key
from operations.push.api import VIEWS
from operations.reports.api import OperatorReportViewSet, OwnReportViewSet

router = SimpleRouter()
router.register("notifications/ways", WayViewSet, basename="api-notification-way")
router.register("notifications/outbox", OutboxViewSet, basename="api-outbox")
router.register("notifications", NotificationViewSet, basename="api-notification")
router.register("alerts", AlertViewSet, basename="api-alert")
router.register("alert-rules", OwnRuleViewSet, basename="api-alert-rule")
router.register("monitoring/alerts", OperatorAlertViewSet, basename="api-operator-alert")
router.register("monitoring/rules", OperatorRuleViewSet, basename="api-operator-rule")
router.register("monitoring/audit", AuditViewSet, basename="api-audit")
router.register("reports/installation", OperatorReportViewSet, basename="api-operator-report")
router.register("reports", OwnReportViewSet, basename="api-report")
router.register("audit/mine", OwnChangeViewSet, basename="api-own-change")

urlpatterns = [
    path("notifications/preferences/", show_preferences, name="api-notification-preferences"),
    path("notifications/push-key/", show_push_key, name="api-push-key"),
    path("notifications/telegram/", link_telegram, name="api-telegram-link"),
    *router.urls,
    path("monitoring/logs/", LogView.as_view(), name="api-service-logs"),
    path("monitoring/health/summary/", health_api.show_summary, name="api-health-summary"),
    path("monitoring/redis/health/", health_api.show_redis, name="api-health-redis"),
    path("monitoring/db/health/", health_api.show_database, name="api-health-database"),
    path("monitoring/services/", health_api.list_services, name="api-health-services"),
    path(
        "monitoring/services/<str:service>/history/",
        health_api.show_history,
        name="api-health-history",
    ),
    path("monitoring/metrics/", health_api.show_figures, name="api-health-figures"),
    path(
        "monitoring/websocket/stats/",
        socket_statistics.show_statistics,
        name="api-monitoring-sockets",
    ),
    path("market-control/", include("operations.market_control.urls")),
    path("scheduler/", include("operations.jobs.urls")),
    path("realtime/stats/", socket_statistics.show_statistics, name="api-realtime-stats"),
    *(
        path(f"realtime/push/{view.kind}/", view.as_view(), name=f"api-push-{view.kind}")
        for view in VIEWS
    ),
]
