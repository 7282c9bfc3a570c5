"""Limit requests to the keys that their users own or were given a share of."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, TypeVar

from django.db.models import Model, QuerySet
from django.utils import timezone
from rest_framework.request import Request

from users.api_tokens.access import filter_by_keys
from users.models import KeyGrant
from users.sharing.rows import RowsOfKeys, find_grants

M = TypeVar("M", bound=Model)
USE_SECONDS: Final = 60  # the last use is noted once in so long, or each request would write


def visible_rows(rows: RowsOfKeys[M], request: Request) -> QuerySet[M]:
    """Leave the rows that this API request may see: its token's keys and the grants both count."""
    grants = note_use(request.user.pk, now=timezone.now())
    return filter_by_keys(rows.visible_to(request.user.pk, grants), request, rows.key_field)


def note_use(user_id: int | None, *, now: datetime) -> Sequence[KeyGrant]:
    """Note when a member used what is shared, and return it; of many uses at once one writes."""
    before, grants = now - timedelta(seconds=USE_SECONDS), find_grants(user_id)
    unnoted = [
        grant.pk for grant in grants if grant.last_used_at is None or grant.last_used_at <= before
    ]
    if unnoted:
        KeyGrant.objects.filter(pk__in=unnoted).update(last_used_at=now)
    return grants
