"""Orders of keys that others share, on pages: whose they are, and who may change them."""

from collections.abc import Mapping
from typing import TypedDict

from exchanges.models import ExchangeKey
from orders.sharing.acting_user import find_refusal
from realtime.shapes.events import OrderData
from users.models import KeyGrant, User
from users.sharing.rows import Grants


class SharedKey(TypedDict):
    owner: str
    role: str


def list_visible_keys(user: User, grants: Grants = None) -> list[ExchangeKey]:
    """List a user's own keys, then those of others, each with its owner."""
    keys = ExchangeKey.objects.visible_to(user.pk, grants).select_related("user")
    return sorted(keys, key=lambda key: (key.user_id != user.pk, key.label))


def describe_shared_keys(user: User) -> dict[int, SharedKey]:
    """Describe the keys that others share with this user, by their ids, for page and script."""
    grants = KeyGrant.objects.filter(member=user, accepted_at__isnull=False)
    return {
        grant.key_id: SharedKey(owner=grant.key.user.get_username(), role=grant.role)
        for grant in grants.select_related("key__user")
    }


def mark_row(
    row: dict[str, object], order: OrderData, shared: Mapping[int, SharedKey]
) -> dict[str, object]:
    """Add the owner of the order's key to a row; take its buttons away where they would fail."""
    if order["key"] not in shared:
        return row
    key = shared[order["key"]]
    refusal = find_refusal(may_trade=key["role"] == "trader", has_bot=order["bot"] is not None)
    may_change = refusal is None
    cancellable = row["cancellable"] and may_change
    return {**row, "owner": key["owner"], "changeable": may_change, "cancellable": cancellable}
