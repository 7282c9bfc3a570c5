"""A user's API tokens by API. An API token itself opens only what it says of itself."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.exceptions import NotFound, PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from users.api_tokens import actions
from users.api_tokens.access import token_access
from users.api_tokens.serializers import ApiTokenOut, ApiTokenRequest, NewApiTokenOut
from users.http import current_user
from users.models import ApiToken
from users.rest import REASON
from users.sign_in.recent import RecentPassword, is_recent_call
from users.strict.views import api_view

NO_STORE = {"Cache-Control": "no-store"}


@extend_schema(tags=["tokens"], methods=["GET"], responses={200: ApiTokenOut(many=True)})
@extend_schema(
    tags=["tokens"],
    methods=["POST"],
    request=ApiTokenRequest,
    responses={201: NewApiTokenOut, 400: REASON, 403: REASON},
)
@api_view(["GET", "POST"])
def list_or_create(request: Request) -> Response:
    """Your API tokens, or a new one: its text is in this answer and can never be read again.

    403 with the code `password_needed`: the sign-in of this token or session is too long ago.
    """
    user = current_user(request)
    if request.method == "GET":
        return Response(ApiTokenOut(actions.list_tokens(user.pk), many=True).data)
    if not is_recent_call(request):
        raise PermissionDenied(RecentPassword.message)
    body = ApiTokenRequest(data=request.data)
    body.is_valid(raise_exception=True)
    fields = dict(body.validated_data)
    wanted = actions.NewToken(key_ids=fields.pop("keys"), **fields)
    try:
        token, text = actions.create_token(user, wanted, now=timezone.now())
    except actions.TokenRefused as refused:
        raise ValidationError({refused.field: [refused.message]}) from None
    data = {**ApiTokenOut(token).data, "token": text}
    return Response(data, status=status.HTTP_201_CREATED, headers=NO_STORE)


@extend_schema(tags=["tokens"], request=None, responses={204: None, 404: REASON})
@api_view(["DELETE"])
def revoke(request: Request, pk: int) -> Response:
    """Revoke a token: requests with it are refused from now on, its sockets close with 4101."""
    if not actions.revoke_token(current_user(request).pk, pk, now=timezone.now()):
        raise NotFound("There is no such token, or it was revoked already.")
    return Response(status=status.HTTP_204_NO_CONTENT)


@extend_schema(tags=["tokens"], responses={200: ApiTokenOut, 404: REASON})
@token_access(GET="read", key_tokens=True)
@api_view(["GET"])
def show_current(request: Request) -> Response:
    """The API token of this request: what it may do, and until when."""
    if not isinstance(request.auth, ApiToken):
        raise NotFound("This request has no API token.")
    return Response(ApiTokenOut(request.auth).data)
