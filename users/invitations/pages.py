"""The page behind an invitation's link."""

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from users.invitations import actions


@require_safe
@never_cache
def follow_invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Go on to the sign-up form. Looking at the link does not use it up: mail programs look too."""
    if request.user.is_authenticated:
        messages.info(
            request, _("You are signed in. The invitation is for somebody without account.")
        )
        return redirect("orders")
    invitation = actions.open_invitation(request.session, token)
    if invitation and invitation.is_emailed:
        get_adapter(request).stash_verified_email(request, invitation.email)
    return redirect("account_signup")
