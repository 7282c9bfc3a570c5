"""Tell which account pages this installation has: mail and a provider are optional."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponseBase

View = Callable[..., HttpResponseBase]


def features_context(request: HttpRequest) -> dict[str, Any]:
    """Tell templates which pages to link."""
    return {"sends_mail": bool(settings.EMAIL_URL), "has_provider": bool(settings.OIDC_URL)}


def with_mail(view: View) -> View:
    return _require_setting(view, "EMAIL_URL")


def with_provider(view: View) -> View:
    return _require_setting(view, "OIDC_URL")


def _require_setting(view: View, setting: str) -> View:
    """Answer 404 while the setting is empty."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not getattr(settings, setting):
            raise Http404
        return view(request, *args, **kwargs)

    return guarded
