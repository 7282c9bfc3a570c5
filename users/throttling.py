"""Throttle API requests; while Redis is away nobody is turned away."""

from typing import TYPE_CHECKING

import redis
import structlog
from rest_framework.throttling import AnonRateThrottle, SimpleRateThrottle, UserRateThrottle

from users.addresses import client_network

if TYPE_CHECKING:  # REST framework reads this module while it makes the view itself
    from django.http import HttpRequest
    from rest_framework.request import Request
    from rest_framework.views import APIView

log = structlog.get_logger(__name__)


class _LenientRate(SimpleRateThrottle):
    def allow_request(self, request: "Request | HttpRequest", view: "APIView | None") -> bool:
        try:
            return super().allow_request(request, view)  # type: ignore[arg-type]  # pages count too
        except redis.RedisError as error:
            log.warning("requests not throttled, Redis is away", error=str(error))
            return True

    def get_ident(self, request: "Request | HttpRequest") -> str:
        return client_network(request) or ""


class UserRate(_LenientRate, UserRateThrottle):
    """Count requests by signed-in user."""


class AnonRate(_LenientRate, AnonRateThrottle):
    """Count requests by address. Wrong passwords are counted by axes, in the database."""


class SignInRate(_LenientRate):
    """Count sign-ins by address, whatever name they use: pages, admin and API together."""

    scope = "sign_in"

    def get_cache_key(self, request: "Request | HttpRequest", view: "APIView | None") -> str:
        return self.cache_format % {"scope": self.scope, "ident": self.get_ident(request)}
