"""Say which keys of others a user may see or trade: the one place that decides it."""

from collections.abc import Collection, Iterable, Sequence
from typing import ClassVar, Self, TypeVar

from django.db.models import Model, Q, QuerySet

from users.models import KeyGrant

M = TypeVar("M", bound=Model)
Grants = Sequence[KeyGrant] | None  # read once for several queries; None: each reads its own


class RowsOfKeys(QuerySet[M]):
    """Rows that belong to keys, as those see them with whom the keys are shared."""

    owner_field: ClassVar = "user"
    key_field: ClassVar = "key"

    def visible_to(self, user_id: int | None, grants: Iterable[KeyGrant] | None = None) -> Self:
        """Leave the rows of the user's own keys and of those shared with the user."""
        grants = find_grants(user_id) if grants is None else grants
        return self._of_keys(user_id, [grant.key_id for grant in grants])

    def tradable_by(self, user_id: int | None) -> Self:
        """Leave the rows of keys that the user may trade with."""
        return self._of_keys(user_id, list_tradable(user_id))

    def _of_keys(self, user_id: int | None, shared: Collection[int]) -> Self:
        # The shared keys are read first: a subquery would cost everybody the index by user.
        own = Q(**{self.owner_field: user_id})
        return self.filter(own | Q(**{f"{self.key_field}__in": shared}) if shared else own)


def find_grants(user_id: int | None) -> Sequence[KeyGrant]:
    """Find what others share with this user."""
    return list(KeyGrant.objects.filter(member=user_id, accepted_at__isnull=False))


def list_tradable(user_id: int | None) -> list[int]:
    """List the ids of others' keys with which this user may trade now.

    With those of an account that is switched off nobody does.
    """
    accepted = KeyGrant.objects.filter(member=user_id, accepted_at__isnull=False)
    trading = accepted.filter(role=KeyGrant.Role.TRADER, key__user__is_active=True)
    return list(trading.values_list("key", flat=True))


def list_members(key_ids: Collection[int]) -> dict[int, list[int]]:
    """List the users with whom these keys are shared; a key that is not has no entry."""
    members: dict[int, list[int]] = {}
    grants = KeyGrant.objects.filter(key__in=key_ids, accepted_at__isnull=False)
    for key_id, member_id in grants.values_list("key", "member"):
        members.setdefault(key_id, []).append(member_id or 0)
    return members
