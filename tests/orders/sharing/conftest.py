"""A key of Ada's that is shared with Bob."""

from collections.abc import Callable

import pytest
from django.utils import timezone

from exchanges.models import ExchangeKey
from exchanges.sharing.actions import offer_key
from orders.sharing.accept import accept_key
from users.models import KeyGrant, User

Share = Callable[..., KeyGrant]


@pytest.fixture
def share(other_user: User) -> Share:
    """Share a key with Bob: share(key, "trader")."""

    def accept(key: ExchangeKey, role: str = "viewer") -> KeyGrant:
        now = timezone.now()
        grant = offer_key(key, member=other_user.get_username(), role=role, now=now)
        return accept_key(grant.pk, now=now)

    return accept
