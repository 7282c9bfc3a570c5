"""Venues by API: whether each may be asked, and the listen keys of those that have them."""

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from exchanges.limits import venue_status
from exchanges.models import ExchangeKey
from realtime.shapes.notes import VenueData
from users.api_tokens.access import token_access
from users.rest import make_shape_serializer
from users.sharing.access import visible_rows
from users.strict.queries import read_yes_no
from users.strict.views import api_view

VenueOut = make_shape_serializer(VenueData)
MINE = OpenApiParameter(
    "mine", bool, description="Only where you have an active key, or one is shared with you."
)


@extend_schema(tags=["venues"], parameters=[MINE], responses={200: VenueOut(many=True)})
@token_access(GET="read", key_tokens=True)
@api_view(["GET"])
def venues(request: Request) -> Response:
    """List the venues, whether each may be asked now, and until when it is left alone if not."""
    now = timezone.now()
    if not read_yes_no(request, "mine"):
        return Response(venue_status.list_all(now=now))
    keys = visible_rows(ExchangeKey.objects.filter(is_active=True), request)
    return Response(venue_status.list_for_keys(keys, now=now))
