"""Throttle API requests; while Redis is away nobody is turned away."""

from typing import TYPE_CHECKING

import redis
import structlog
from rest_framework.throttling import AnonRateThrottle, SimpleRateThrottle, UserRateThrottle

if TYPE_CHECKING:  # REST framework reads this module while it makes the view itself
    from rest_framework.request import Request
    from rest_framework.views import APIView

log = structlog.get_logger(__name__)


class _LenientRate(SimpleRateThrottle):
    def allow_request(self, request: "Request", view: "APIView") -> bool:
        try:
            return super().allow_request(request, view)
        except redis.RedisError as error:
            log.warning("requests not throttled, Redis is away", error=str(error))
            return True


class UserRate(_LenientRate, UserRateThrottle):
    """Count requests by signed-in user."""


class AnonRate(_LenientRate, AnonRateThrottle):
    """Count requests by address. Wrong passwords are counted by axes, in the database."""
