"""Offer a key to another user and end that, told to the clients of both."""

from datetime import datetime
from typing import Final

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from exchanges.models import ExchangeKey
from realtime import streams
from realtime.shapes.events import KeyGoneData, SharedKeyData
from users.models import KeyGrant, User

MOST_GRANTS: Final = 50


class GrantRefused(Exception):
    """The key is not offered; `field` names the wrong field of the request."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field, self.message = field, message


def offer_key(key: ExchangeKey, *, member: str, role: str, now: datetime) -> KeyGrant:
    """Offer a key to the user of this name, who must accept it.

    A name that nobody has gets an offer too, so that the answer does not say who exists.
    """
    name = User.normalize_username(member)
    if name == key.user.get_username():
        raise GrantRefused("member", _("The key is yours already."))
    if key.grants.count() >= MOST_GRANTS:
        raise GrantRefused(
            "member",
            _("A key is shared with %(most_grants)s users at most.") % {"most_grants": MOST_GRANTS},
        )
    person = User.objects.filter(username=name, is_active=True).first()
    grant = KeyGrant(key=key, member_name=name, member=person, role=role, created_at=now)
    try:
        with transaction.atomic():
            grant.save(force_insert=True)
    except IntegrityError:
        message = _("It is offered to this user already. End that first to give another role.")
        raise GrantRefused("member", message) from None
    return grant


def end_grant(grant_id: int) -> bool:
    """End a grant or an offer at once; return False if it has ended before.

    Whoever writes an event of the key holds its grants until the event is stored. So this waits
    for events on their way, and the member hears none after the end.
    """
    with streams.unit() as unit:
        grant = KeyGrant.objects.select_for_update().filter(pk=grant_id).first()
        if grant is None:
            return False
        grant.delete()
        _publish_end(unit, grant)
    return True


def publish_key(unit: streams.Unit, key: ExchangeKey) -> None:
    """Tell those with whom a key is shared that it was renamed or switched."""
    for grant in key.grants.filter(accepted_at__isnull=False):
        unit.event(
            user_id=grant.member_id or 0, type="key_shared", data=shared_key_data(grant, key)
        )


def end_all_grants(unit: streams.Unit, key: ExchangeKey) -> None:
    """End every grant of a key that is about to be deleted."""
    for grant in key.grants.select_for_update().order_by("pk"):
        grant.delete()
        _publish_end(unit, grant)


def shared_key_data(grant: KeyGrant, key: ExchangeKey) -> SharedKeyData:
    """Build what a member is told of a key that is shared with him."""
    return SharedKeyData(
        id=key.pk,
        label=key.label,
        owner=key.user.get_username(),
        role=grant.role,  # type: ignore[typeddict-item]  # held to Role by the database
        venue=key.venue,
        market=key.market,
        simulated=key.is_paper,
        is_active=key.is_active,
    )


def _publish_end(unit: streams.Unit, grant: KeyGrant) -> None:
    if grant.member_id and grant.accepted_at:
        unit.event(user_id=grant.member_id, type="key_unshared", data=KeyGoneData(id=grant.key_id))
