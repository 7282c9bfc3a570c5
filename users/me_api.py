"""The signed-in user's own settings, by API."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from users.http import current_user
from users.models import User
from users.rest import REASON


class Me(serializers.ModelSerializer[User]):
    class Meta:
        model = User
        fields = ["id", "username", "check_seconds"]
        read_only_fields = ["id", "username"]


@extend_schema(tags=["me"], request=Me, responses={200: Me, 400: REASON})
@api_view(["GET", "PATCH"])
def show_me(request: Request) -> Response:
    """Your account, and the seconds between checks of your orders; null: the default."""
    user = current_user(request)
    if request.method == "GET":
        return Response(Me(user).data)
    change = Me(user, data=request.data, partial=True)
    change.is_valid(raise_exception=True)
    user.check_seconds = change.validated_data.get("check_seconds", user.check_seconds)
    user.save(update_fields=["check_seconds"])
    return Response(Me(user).data)
