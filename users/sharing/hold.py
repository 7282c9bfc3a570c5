"""Hold a member's right to trade with a key until what is done with it is saved."""

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from users.models import KeyGrant


class GrantHasEnded(PermissionDenied):
    """The key is not shared with this member to trade any more, so nothing was saved."""

    def __init__(self) -> None:
        super().__init__(_("This key is not shared with you to trade any more."))


def hold_grant(member_id: int | None, key_id: int) -> None:
    """Keep a member's grant from ending before this transaction does; after its end refuse.

    The request was checked before, but its grant may have ended meanwhile. Owners need no grant:
    for them `member_id` is None.
    """
    if member_id is None:
        return
    grants = KeyGrant.objects.select_for_update(no_key=True).filter(
        key=key_id, member=member_id, accepted_at__isnull=False, role=KeyGrant.Role.TRADER
    )
    if grants.first() is None:
        raise GrantHasEnded
