"""Authenticate requests of the API by API tokens."""

import structlog
from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework_simplejwt.exceptions import AuthenticationFailed

from users.addresses import client_address
from users.api_tokens import verification
from users.api_tokens.access import check_access
from users.models import ApiToken, User


class ApiTokenAuthentication(BaseAuthentication):
    """Accept `Authorization: Bearer fwt_…`, for what the token's scope allows at this view."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        kind, _, text = get_authorization_header(request).decode("latin-1").partition(" ")
        text = text.strip()
        if kind.lower() != "bearer" or not verification.is_api_token(text):
            return None  # a JSON Web Token, or a session
        now, address = timezone.now(), client_address(request)
        token = verification.find_tokens([text]).get(text)
        if refusal := verification.find_refusal(token, address=address, now=now):
            if refusal.code == "wrong_address":
                raise PermissionDenied({"detail": refusal.message, "code": refusal.code})
            raise AuthenticationFailed(refusal.message, refusal.code)
        assert token is not None  # noqa: S101 (refused above)
        structlog.contextvars.bind_contextvars(api_token=token.pk)
        check_access(token, request.parser_context.get("view"), request.method or "")
        verification.note_use(token, address=address, now=now)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class ApiTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "users.api_tokens.authentication.ApiTokenAuthentication"
    name = "apiToken"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "fwt_…",
            "description": "A token of the page “API tokens”, for what its scope allows.",
        }
