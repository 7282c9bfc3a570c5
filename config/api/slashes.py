"""Django's redirect to the address with a last slash, only for requests that it does not change."""

from django.http import HttpRequest
from django.middleware.common import CommonMiddleware


class SafeSlashMiddleware(CommonMiddleware):
    """Redirect only what reads: clients repeat a redirected POST as a GET, without its body.

    `POST /api/v1/orders` would then answer 200 with a list, and no order would have been placed.
    """

    def should_redirect_with_slash(self, request: HttpRequest) -> bool:
        return request.method in ("GET", "HEAD") and super().should_redirect_with_slash(request)
