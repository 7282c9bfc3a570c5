"""Small pages around signing in that allauth has not."""

from allauth.account.adapter import get_adapter
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from users.sign_in import recent


@login_required
@require_safe
def confirm_identity(request: HttpRequest) -> HttpResponse:
    """Ask for the password, code or passkey, then go to `next`."""
    back = request.GET.get("next", "")
    if not get_adapter(request).is_safe_url(back):
        back = reverse("orders")
    return redirect(back) if recent.is_recent(request) else recent.ask_again(request, back=back)


@login_required
@require_safe
def sign_in_again(request: HttpRequest) -> HttpResponse:
    """Ask users without password and second factor to sign in again at their provider."""
    return render(request, "users/sign_in_again.html")
