"""The health of the installation by API, for operators who may see it."""

from typing import Final

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import permission_classes
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from operations.health import figures, payloads, present
from operations.health.serializers import (
    HealthOverview,
    InstallationFigures,
    MonitoredService,
    ServiceHealth,
    ServiceHistory,
)
from users.api_tokens.access import token_access
from users.strict.views import api_view

MOST_HOURS: Final = 90 * 24
HOURS: Final = OpenApiParameter(
    "hours", OpenApiTypes.INT, description=f"how far back, 1 to {MOST_HOURS}; 24 without it"
)


class MaySeeHealth(BasePermission):
    """Operators with the right to see health checks."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        user = request.user
        return bool(user.is_staff and user.has_perm("operations.view_healthcheck"))


@extend_schema(tags=["operators"], request=None, responses={200: HealthOverview})
@token_access(GET="operate", key_tokens=True)
@api_view(["GET"])
@permission_classes([MaySeeHealth])
def show_summary(request: Request) -> Response:
    """Every service as of now, asked for real. `healthy` only when each of them is."""
    return Response(present.read_summary(timezone.now()).as_json())


@extend_schema(tags=["operators"], request=None, responses={200: ServiceHealth})
@token_access(GET="operate", key_tokens=True)
@api_view(["GET"])
@permission_classes([MaySeeHealth])
def show_redis(request: Request) -> Response:
    """Redis as of now."""
    return Response(present.read_service("redis"))


@extend_schema(tags=["operators"], request=None, responses={200: ServiceHealth})
@token_access(GET="operate", key_tokens=True)
@api_view(["GET"])
@permission_classes([MaySeeHealth])
def show_database(request: Request) -> Response:
    """PostgreSQL as of now."""
    return Response(present.read_service("postgresql"))


@extend_schema(tags=["operators"], request=None, responses={200: MonitoredService(many=True)})
@token_access(GET="operate", key_tokens=True)
@api_view(["GET"])
@permission_classes([MaySeeHealth])
def list_services(request: Request) -> Response:
    """Every service as of now, with its uptimes of 24 hours, 7 days and 30 days."""
    return Response(payloads.list_with_uptimes(now=timezone.now()))


@extend_schema(
    tags=["operators"], request=None, parameters=[HOURS], responses={200: ServiceHistory}
)
@token_access(GET="operate", key_tokens=True)
@api_view(["GET"])
@permission_classes([MaySeeHealth])
def show_history(request: Request, service: str) -> Response:
    """A service's checks and hours, for charts."""
    found = payloads.build_history(service, hours=_read_hours(request), now=timezone.now())
    if found is None:
        raise NotFound("No service of this name was ever checked.")
    return Response(found)


@extend_schema(tags=["operators"], request=None, responses={200: InstallationFigures})
@token_access(GET="operate", key_tokens=True)
@api_view(["GET"])
@permission_classes([MaySeeHealth])
def show_figures(request: Request) -> Response:
    """Queues, checks of orders, streams, event lag, clocks, budgets and disk."""
    return Response(figures.build_figures(present.read_summary(timezone.now()).facts))


def _read_hours(request: Request) -> int:
    text = request.query_params.get("hours", "24")
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= MOST_HOURS):
        raise ValidationError({"hours": [f"A whole number from 1 to {MOST_HOURS}."]})
    return int(text)
