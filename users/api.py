"""Sign in, renew and sign out by API."""

from typing import Any

from drf_spectacular.contrib.rest_framework_simplejwt import SimpleJWTScheme
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle
from rest_framework_simplejwt.views import TokenViewBase

from users import password_hashing, tokens
from users.rest import REASON
from users.sign_in_limits import BUSY, BUSY_SECONDS
from users.strict.views import KnownParametersOnly
from users.throttling import AnonRate, SignInRate

REFUSALS = {400: REASON, 401: REASON, 413: REASON, 429: REASON}


class TokenScheme(SimpleJWTScheme):  # type: ignore[no-untyped-call]
    """Document our token authentication as plain bearer tokens."""

    target_class = "users.sign_ins.TokenAuthentication"


@extend_schema(tags=["auth"], auth=[])
class _TokenView(KnownParametersOnly, TokenViewBase):
    throttle_classes: tuple[type[BaseThrottle], ...] = (AnonRate,)

    def get_serializer_context(self) -> dict[str, Any]:
        # axes marks the request that it is given, and its middleware looks at Django's.
        return {**super().get_serializer_context(), "request": self.request._request}


class SignInsBusy(APIException):
    status_code = 503
    default_code = "busy"
    default_detail = BUSY
    wait = BUSY_SECONDS  # for Retry-After


class ObtainTokenView(_TokenView):
    serializer_class = tokens.SignIn
    throttle_classes = (SignInRate,)

    def check_throttles(self, request: Request) -> None:
        super().check_throttles(request)
        if password_hashing.is_busy():
            raise SignInsBusy

    @extend_schema(
        operation_id="token_obtain", responses={200: tokens.Pair, **REFUSALS, 503: REASON}
    )
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Sign in. Five wrong passwords or codes lock the name for this address for a while.

        401 with the code `code_needed`: name and password fit; send `code` too, of the second
        factor. `wrong_code`: it does not fit, or it was used.
        """
        return super().post(request, *args, **kwargs)


class RefreshTokenView(_TokenView):
    serializer_class = tokens.Refresh

    @extend_schema(operation_id="token_refresh", responses={200: tokens.Pair, **REFUSALS})
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Renew. The refresh token is used up by this; the answer holds the next one."""
        return super().post(request, *args, **kwargs)


class BlacklistTokenView(_TokenView):
    serializer_class = tokens.Blacklist

    @extend_schema(
        operation_id="token_blacklist",
        responses={200: OpenApiResponse(description="Given back"), **REFUSALS},
    )
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Sign out: no token of this sign-in is good any more, and its sockets end."""
        return super().post(request, *args, **kwargs)
