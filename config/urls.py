"""Every address of the web process."""

from allauth.account.decorators import secure_admin_login
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, JsonResponse
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

from bots.signals import webhook
from config.api import reference_page
from config.snapshot import snapshot
from operations.health import instance
from operations.health.metrics import endpoint as metrics

admin.site.site_header = admin.site.site_title = "Fillwatch"
admin.site.index_title = "Operators"
handler400 = "config.api.errors.answer_bad_request"
handler403 = "config.api.errors.answer_forbidden"
handler404 = "config.api.errors.answer_not_found"
handler500 = "config.api.errors.answer_server_error"


def show_version(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"version": settings.VERSION, "instance": instance.get_instance()})


urlpatterns = [
    path("version", show_version, name="version"),
    # Before the admin's own: there is one door, and the second factor counts at it.
    path("admin/login/", secure_admin_login(admin.site.login)),
    path("admin/", admin.site.urls),
    path("", include("users.urls")),
    path("", include("orders.page_urls")),
    path("", include("exchanges.page_urls")),
    path("", include("bots.page_urls")),
    path("", include("operations.page_urls")),
    path("api/v1/", include("exchanges.urls")),
    path("api/v1/", include("orders.urls")),
    path("api/v1/", include("bots.urls")),
    path("hooks/<slug:name>/", webhook.receive_webhook, name="hook"),
    path("hooks/<slug:name>", webhook.receive_webhook),  # a redirect would lose what was sent
    path("api/v1/", include("operations.urls")),
    path("api/v1/snapshot/", snapshot.show_snapshot, name="api-snapshot"),
    path("metrics", metrics.show_metrics, name="metrics"),
    path("api/", include("realtime.urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", reference_page.show_reference, name="docs"),
]
