"""Name the person who changes an order, its key's owner or a member, and refuse who may not."""

from typing import Final, NamedTuple, TypedDict

from django.utils.translation import gettext_noop

from orders.lifecycle import ended_by
from orders.models import Order
from users.models import User
from users.sharing.rows import list_tradable


class ActingUser(TypedDict):
    by: str
    actor: str
    member_id: int | None  # whose grant must last until the change is saved


class Refusal(NamedTuple):
    code: str
    message: str


VIEWER_ONLY: Final = Refusal(
    "viewer_only", gettext_noop("This key is shared with you to see it, not to trade with it.")
)
BOT_OF_OTHERS: Final = Refusal(
    "bot_of_others",
    gettext_noop("This order belongs to a bot of the key's owner, who alone changes it."),
)


def describe_actor(user: User, *, owner_id: int, by: str = "") -> ActingUser:
    """Describe who acts; `by` replaces the owner's name, never that of a member."""
    if user.pk == owner_id:
        return ActingUser(by=by or user.get_username(), actor=ended_by.USER, member_id=None)
    return ActingUser(by=user.get_username(), actor=ended_by.MEMBER, member_id=user.pk)


def find_order_refusal(user: User, order: Order) -> Refusal | None:
    """Return why this person may not change an order that he sees."""
    if order.user_id == user.pk:
        return None
    may_trade = order.key_id in list_tradable(user.pk)
    return find_refusal(may_trade=may_trade, has_bot=order.bot_id is not None)


def find_refusal(*, may_trade: bool, has_bot: bool) -> Refusal | None:
    """Return why a member may not change an order of a key that is shared."""
    if not may_trade:
        return VIEWER_ONLY
    return BOT_OF_OTHERS if has_bot else None
