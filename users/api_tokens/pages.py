"""The page of a user's API tokens: make one, see what they are for, revoke one."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from users.api_tokens import actions
from users.api_tokens.forms import ApiTokenForm
from users.http import current_user
from users.models import ApiToken, User
from users.sign_in.recent import is_recent, recent_password_required


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
@recent_password_required(back="api-tokens")
def show_tokens(request: HttpRequest) -> HttpResponse:
    """Show the tokens; the text of a new one is in the answer to its form and nowhere else."""
    user = current_user(request)
    form = ApiTokenForm(user, request.POST or None)
    text = _try_create(user, form) if form.is_valid() else None
    labels = actions.label_keys(user)
    now = timezone.now()
    tokens = [
        {
            "row": token,
            "keys": _describe_keys(token, labels),
            "has_expired": token.expires_at <= now,
        }
        for token in actions.list_tokens(user.pk)
    ]
    context = {
        "page": "api-tokens",
        "form": ApiTokenForm(user) if text else form,
        "tokens": tokens,
        "new_token": text,
        "may_make": is_recent(request),
    }
    status = 422 if form.is_bound and text is None else 200
    return render(request, "users/api_tokens.html", context, status=status)


@login_required
@require_POST
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    if actions.revoke_token(current_user(request).pk, pk, now=timezone.now()):
        messages.success(request, _("Revoked. Programs that used it are refused from now on."))
    else:
        messages.info(request, _("That token was revoked already."))
    return redirect("api-tokens")


def _try_create(user: User, form: ApiTokenForm) -> str | None:
    try:
        _token, text = actions.create_token(user, form.read_request(), now=timezone.now())
    except actions.TokenRefused as refused:
        form.add_error(refused.field, refused.message)
        return None
    return text


def _describe_keys(token: ApiToken, labels: dict[int, str]) -> str:
    if token.key_ids is None:
        return _("all keys")
    return ", ".join(labels.get(pk, "a removed key") for pk in token.key_ids)
