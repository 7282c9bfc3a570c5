"""The keys page's part about sharing: offer a key, end that, leave the key of another user."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from exchanges.models import ExchangeKey
from exchanges.sharing import actions
from exchanges.sharing.api import OfferRate
from exchanges.sharing.serializers import OfferSerializer
from users.http import current_user
from users.models import KeyGrant
from users.sign_in.recent import recent_password_required


@login_required
@require_POST
@recent_password_required(back="keys")
def share(request: HttpRequest, key_id: int) -> HttpResponse:
    """Offer a key to a user by name; the page says the same whether or not there is one."""
    own_keys = ExchangeKey.objects.filter(user=current_user(request)).select_related("user")
    key = get_object_or_404(own_keys, pk=key_id)
    offer = OfferSerializer(data={name: request.POST.get(name, "") for name in ("member", "role")})
    if not offer.is_valid():
        messages.error(request, _("Name a user, and choose what that user may do."))
    elif not OfferRate().allow_request(request, None):
        messages.warning(request, _("That were many offers. Wait a while."))
    else:
        _try_offer(request, key, offer.validated_data)
    return redirect("keys")


@login_required
@require_POST
def end(request: HttpRequest, key_id: int, grant_id: int) -> HttpResponse:
    grants = KeyGrant.objects.filter(key=key_id, key__user=current_user(request))
    grant = get_object_or_404(grants, pk=grant_id)
    actions.end_grant(grant.pk)
    messages.success(
        request,
        _("The key is not shared with %(member_name)s any more.")
        % {"member_name": grant.member_name},
    )
    return redirect("keys")


@login_required
@require_POST
def leave(request: HttpRequest, key_id: int) -> HttpResponse:
    """Decline an offer, or leave a key of another user."""
    grants = KeyGrant.objects.filter(member=current_user(request)).select_related("key")
    grant = get_object_or_404(grants, key=key_id)
    actions.end_grant(grant.pk)
    messages.success(
        request, _("You see nothing of “%(key)s” any more.") % {"key": grant.key.label}
    )
    return redirect("keys")


def _try_offer(request: HttpRequest, key: ExchangeKey, fields: dict[str, Any]) -> None:
    try:
        actions.offer_key(key, **fields, now=timezone.now())
    except actions.GrantRefused as refused:
        messages.error(request, refused.message)
    else:
        name = fields["member"]
        message = _("“%(key)s” is offered to %(name)s. It is shared once %(name)s accepts.") % {
            "key": key.label,
            "name": name,
        }
        messages.success(request, message)
