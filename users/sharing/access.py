"""Limit requests to the keys that their users own or were given a share of."""

from datetime import datetime, timedelta
from typing import Final, TypeVar

from django.db.models import Model, Q, QuerySet
from django.utils import timezone
from rest_framework.request import Request

from users.api_tokens.access import filter_by_keys
from users.models import KeyGrant
from users.sharing.rows import RowsOfKeys

M = TypeVar("M", bound=Model)
USE_SECONDS: Final = 60  # the last use is noted once in so long, or each request would write


def visible_rows(rows: RowsOfKeys[M], request: Request) -> QuerySet[M]:
    """Leave the rows that this API request may see: its token's keys and the grants both count."""
    note_use(request.user.pk, now=timezone.now())
    return filter_by_keys(rows.visible_to(request.user.pk), request, rows.key_field)


def note_use(user_id: int | None, *, now: datetime) -> None:
    """Note when a member used what is shared; of many uses at once one writes."""
    before = now - timedelta(seconds=USE_SECONDS)
    unnoted = Q(last_used_at=None) | Q(last_used_at__lte=before)
    accepted = KeyGrant.objects.filter(unnoted, member=user_id, accepted_at__isnull=False)
    if accepted.exists():
        accepted.update(last_used_at=now)
