"""The signed-in user's own settings, by API."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from users.api_tokens.access import token_access
from users.http import current_user
from users.models import User
from users.rest import REASON, KnownFieldsOnly
from users.strict.fields import AmountField, WholeNumberField
from users.strict.views import api_view


class Me(KnownFieldsOnly, serializers.ModelSerializer[User]):
    check_seconds = WholeNumberField(min_value=1, max_value=3600, required=False, allow_null=True)
    high_value = AmountField(
        required=False,
        allow_null=True,
        help_text="Orders worth this, in the quote currency, are checked before others;"
        " null: the largest of yours",
    )

    class Meta:
        model = User
        fields = [
            *("id", "username", "check_seconds", "high_value"),
            *("time_zone", "theme", "density", "language"),
            *("number_format", "fill_sound", "fill_notifications"),
        ]
        read_only_fields = ["id", "username"]


@extend_schema(tags=["me"], request=Me, responses={200: Me, 400: REASON})
@token_access(GET="read", key_tokens=True)
@api_view(["GET", "PATCH"])
def show_me(request: Request) -> Response:
    """Your account: how often your orders are checked, your zone, and how pages look."""
    user = current_user(request)
    if request.method == "GET":
        return Response(Me(user).data)
    change = Me(user, data=request.data, partial=True)
    change.is_valid(raise_exception=True)
    for name, value in change.validated_data.items():
        setattr(user, name, value)
    user.save(update_fields=list(change.validated_data))
    return Response(Me(user).data)
