"""The form with which an invited person makes themselves an account."""

from typing import Any

from allauth.account.forms import SignupForm
from allauth.core.exceptions import ImmediateHttpResponse
from django.db import transaction
from django.http import HttpRequest
from django.shortcuts import redirect

from users.invitations import actions


class SignUpForm(SignupForm):  # type: ignore[misc]  # allauth has no types
    def save(self, request: HttpRequest) -> Any:
        """Create the account and use up the invitation, both or neither."""
        try:
            with transaction.atomic():
                user = super().save(request)
                actions.accept(request.session, user=user)
        except actions.InvitationGone:
            raise ImmediateHttpResponse(redirect("account_signup")) from None
        return user
