"""Accept the key of another user, on the keys page."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from orders.sharing.accept import accept_key
from users.http import current_user
from users.models import KeyGrant


@login_required
@require_POST
def accept(request: HttpRequest, key_id: int) -> HttpResponse:
    grants = KeyGrant.objects.filter(member=current_user(request)).select_related("key")
    grant = get_object_or_404(grants, key=key_id)
    try:
        accept_key(grant.pk, now=timezone.now())
    except KeyGrant.DoesNotExist:
        messages.warning(request, _("Its owner has just ended this offer."))
    else:
        messages.success(
            request, _("“%(key)s” is shared with you from now on.") % {"key": grant.key.label}
        )
    return redirect("keys")
