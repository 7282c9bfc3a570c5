"""Accept a key that another user shares, and tell what it holds now."""

from datetime import datetime

from exchanges.models import ExchangeKey
from exchanges.payloads import balance_data, position_data
from exchanges.sharing.actions import shared_key_data
from orders.models import IS_OPEN, Order
from orders.payloads import order_data
from realtime import streams
from users.models import KeyGrant


def accept_key(grant_id: int, *, now: datetime) -> KeyGrant:
    """Accept an offer; the member's clients hear of the key and of all that is open there.

    Writers of this key's events wait meanwhile: what they commit later is told to the member
    too, and what they committed before is in what is told here. So nothing is lost in between.
    """
    grant = KeyGrant.objects.get(pk=grant_id)
    if grant.accepted_at is not None:
        return grant
    with streams.unit() as unit:
        key = ExchangeKey.objects.select_for_update(no_key=True).filter(pk=grant.key_id).first()
        if key is None:  # deleted meanwhile, and the grant with it
            raise KeyGrant.DoesNotExist
        streams.hold_key_events(key.pk)
        grant = KeyGrant.objects.select_for_update(no_key=True).get(pk=grant_id)
        if grant.accepted_at is None:
            grant.accepted_at = now
            grant.save(update_fields=["accepted_at"])
            _publish_all(unit, grant, key)
    return grant


def _publish_all(unit: streams.Unit, grant: KeyGrant, key: ExchangeKey) -> None:
    member_id = grant.member_id or 0
    unit.event(user_id=member_id, type="key_shared", data=shared_key_data(grant, key))
    orders = Order.objects.filter(IS_OPEN, key=key).select_related("key", "bot", "order_group")
    for order in orders.order_by("pk"):
        unit.event(user_id=member_id, type="order_update", data=order_data(order))
    for balance in key.balances.all():
        unit.event(user_id=member_id, type="balance_update", data=balance_data(balance, key))
    for position in key.positions.exclude(quantity=0):
        unit.event(user_id=member_id, type="position_update", data=position_data(position, key))
