"""Name the person who changes an order, as its history tells it: the owner or a member."""

from typing import TypedDict

from orders.lifecycle import ended_by
from users.models import User


class ActingUser(TypedDict):
    by: str
    actor: str


def describe_actor(user: User, *, owner_id: int, by: str = "") -> ActingUser:
    """Describe who acts; `by` replaces the owner's name, never that of a member."""
    if user.pk == owner_id:
        return ActingUser(by=by or user.get_username(), actor=ended_by.USER)
    return ActingUser(by=user.get_username(), actor=ended_by.MEMBER)
