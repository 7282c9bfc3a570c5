"""Limit requests to the keys that their users own or were given a share of."""

from datetime import datetime, timedelta
from typing import Final, TypeVar

from django.db.models import Model, Q, QuerySet
from django.utils import timezone
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

from users.api_tokens.access import filter_by_keys
from users.models import KeyGrant, User
from users.sharing.rows import RowsOfKeys, list_tradable

M = TypeVar("M", bound=Model)
USE_SECONDS: Final = 60  # the last use is noted once in so long, or each request would write
VIEWER_ONLY: Final = "This key is shared with you to see it, not to trade with it."


def visible_rows(rows: RowsOfKeys[M], request: Request) -> QuerySet[M]:
    """Leave the rows that this API request may see: its token's keys and the grants both count."""
    note_use(request.user.pk, now=timezone.now())
    return filter_by_keys(rows.visible_to(request.user.pk), request, rows.key_field)


def check_may_trade(user: User, *, key_id: int, owner_id: int) -> None:
    """Raise PermissionDenied for whoever may see this key and not trade with it."""
    if user.pk != owner_id and key_id not in list_tradable(user.pk):
        raise PermissionDenied({"detail": VIEWER_ONLY, "code": "viewer_only"})


def note_use(user_id: int | None, *, now: datetime) -> None:
    """Note when a member used what is shared; of many uses at once one writes."""
    before = now - timedelta(seconds=USE_SECONDS)
    unnoted = Q(last_used_at=None) | Q(last_used_at__lte=before)
    accepted = KeyGrant.objects.filter(unnoted, member=user_id, accepted_at__isnull=False)
    if accepted.exists():
        accepted.update(last_used_at=now)
