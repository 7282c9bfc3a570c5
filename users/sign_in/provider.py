"""Signing in through an OpenID Connect provider, when OIDC_URL names one."""

from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.shortcuts import redirect

from users.invitations import actions
from users.models import User


class ProviderAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth has no types
    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return settings.OIDC_SIGN_UP or actions.find_for_session(request.session) is not None

    def save_user(self, request: HttpRequest, sociallogin: Any, form: Any = None) -> User:
        """Create the account without the form of allauth, and use up the invitation.

        Somebody else may have used it since `is_open_for_signup` looked.
        """
        try:
            with transaction.atomic():
                user: User = super().save_user(request, sociallogin, form=form)
                if not settings.OIDC_SIGN_UP or actions.find_for_session(request.session):
                    actions.accept(request.session, user=user)
        except actions.InvitationGone:
            raise ImmediateHttpResponse(redirect("account_signup")) from None
        return user
