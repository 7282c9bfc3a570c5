"""Adapt allauth: sign-up by invitation, axes counts failures, sensitive pages ask again."""

from typing import Any, Final

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from users.addresses import client_address
from users.invitations import actions
from users.sign_in import recent

UNKNOWN_ADDRESS: Final = "::"  # a Unix socket has none, and a session's row needs one


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    error_messages = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": gettext_lazy("This name and password do not fit."),
        "incorrect_password": gettext_lazy("This is not your password."),
        "too_many_login_attempts": gettext_lazy("Too many wrong codes. Wait five minutes."),
    }

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_address(request) or UNKNOWN_ADDRESS

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count nothing: axes does, in the database, and works while Redis is away."""

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        return not recent.is_recent(self.request)

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """Offer a new sign-in at the provider to users without password and second factor."""
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        again = {"id": "again", "description": _("Sign in again"), "url": reverse("sign-in-again")}
        return methods or [again]

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("preferences")

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return actions.find_for_session(request.session) is not None

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        if settings.EMAIL_URL:
            super().send_mail(template_prefix, email, context)
