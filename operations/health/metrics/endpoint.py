"""/metrics: the installation's figures for Prometheus, protected by a token.

Any web server answers for all processes: each saves its figures in Redis
(realtime/metrics/snapshot.py) and is named by the label `server`. So one address is scraped,
through any proxy, and no process opens a port.
"""

import secrets
from collections.abc import Iterable, Iterator

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from django.utils import timezone
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from operations.health.metrics.families import make_gauge
from operations.health.metrics.processes import collect_processes
from operations.health.metrics.records import collect_records
from operations.health.metrics.service_health import collect_services
from operations.health.metrics.trading import collect_trading


@require_safe
def show_metrics(request: HttpRequest) -> HttpResponse:
    """Answer 404 without the token, and when the settings have none."""
    expected, received = settings.METRICS_TOKEN, request.headers.get("Authorization", "")
    if not expected or not secrets.compare_digest(received.encode(), f"Bearer {expected}".encode()):
        return HttpResponseNotFound()
    return HttpResponse(render_metrics(), content_type=CONTENT_TYPE_LATEST)


def render_metrics() -> bytes:
    registry = CollectorRegistry()
    registry.register(InstallationCollector())
    return generate_latest(registry)


class InstallationCollector:
    def collect(self) -> Iterator[Metric]:
        now = timezone.now()
        yield make_gauge("version_info", "The release.", [((settings.VERSION,), 1)], "version")
        yield from collect_processes()
        yield from collect_services(now)
        yield from collect_trading(now)
        yield from collect_records(now)

    def describe(self) -> Iterable[Metric]:
        """Describe nothing: figures are read only when somebody scrapes."""
        return ()
