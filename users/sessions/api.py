"""The user's sessions by API."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework_simplejwt.tokens import Token

from users import sign_ins
from users.http import current_user
from users.rest import REASON, KnownFieldsOnly
from users.sessions import activity, listing
from users.strict.views import api_view


class SessionOut(serializers.Serializer[Any]):
    id = serializers.CharField()
    kind = serializers.ChoiceField(["browser", "program"])
    device = serializers.CharField(help_text="Such as Firefox on Windows")
    address = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField()
    last_seen_at = serializers.DateTimeField(
        help_text="A browser's last page, a program's last renewal; to a few minutes"
    )
    is_current = serializers.BooleanField(help_text="The one that asks")


class SignOutEverywhere(KnownFieldsOnly):
    """A request to sign out everywhere, or everywhere else."""

    keep_this = serializers.BooleanField(
        required=False, default=False, help_text="Stay signed in where this request comes from"
    )


@extend_schema(tags=["sessions"], responses={200: SessionOut(many=True)})
@api_view(["GET"])
def list_sessions(request: Request) -> Response:
    """List where you are signed in: the 100 browsers and the 100 tokens used last."""
    user = current_user(request)
    if request.auth is None:
        activity.record_use(request._request, user)
    rows = listing.list_sessions(user.pk, **_find_present(request))
    return Response(SessionOut(rows, many=True).data)


@extend_schema(tags=["sessions"], request=None, responses={204: None, 404: REASON})
@api_view(["DELETE"])
def end_session(request: Request, row_id: str) -> Response:
    """Sign out there: its tokens are refused from now on, its sockets close with 4101."""
    try:
        listing.end_session(current_user(request).pk, row_id)
    except listing.NoSuchSession:
        raise NotFound("There is no such session.") from None
    return Response(status=204)


@extend_schema(tags=["sessions"], request=SignOutEverywhere, responses={204: None, 400: REASON})
@api_view(["POST"])
def sign_out_everywhere(request: Request) -> Response:
    """End all sessions, refresh tokens and sockets, this one too unless `keep_this` is true."""
    fields = SignOutEverywhere(data=request.data)
    fields.is_valid(raise_exception=True)
    present = _find_present(request) if fields.validated_data["keep_this"] else {}
    listing.end_others(current_user(request).pk, **present)
    return Response(status=204)


def _find_present(request: Request) -> dict[str, str | None]:
    if isinstance(request.auth, Token):
        return {"sign_in": sign_ins.sign_in_id(request.auth)}
    return {"session_key": request.session.session_key}
