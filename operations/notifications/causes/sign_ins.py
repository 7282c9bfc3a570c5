"""Tell users of a sign-in from a network that they never signed in from before."""

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from allauth.usersessions.models import UserSession
from django.utils.translation import gettext as _

from operations.models import MessageLevel, NotificationCategory, SignInPlace
from operations.notifications.record import tell_user
from realtime import streams
from users.languages.recipient import speak_to
from users.models import ApiSignIn, User
from users.sessions.device import describe_device

LOOK_BACK: Final = timedelta(hours=1)
IPV4_BITS, IPV6_BITS = 24, 48


@dataclass(frozen=True, slots=True)
class RecentSignIn:
    user_id: int
    address: str
    device: str


def tell_of_sign_ins(*, now: datetime) -> int:
    """Remember where people signed in lately; return how many were told of a new place."""
    recent = {(each.user_id, find_network(each.address)): each for each in _list_recent(now)}
    users = {user_id for user_id, _network in recent}
    places = SignInPlace.objects.filter(user__in=users).values_list("user", "network")
    known = set(places)
    fresh = [
        (network, each) for (user, network), each in recent.items() if (user, network) not in known
    ]
    return sum(_note_place(network, sign_in, now) for network, sign_in in fresh)


def find_network(address: str) -> str:
    """Return the network that counts as one place: providers change the last digits daily."""
    bits = IPV6_BITS if ipaddress.ip_address(address).version == 6 else IPV4_BITS
    return str(ipaddress.ip_network(f"{address}/{bits}", strict=False))


def _list_recent(now: datetime) -> Iterator[RecentSignIn]:
    since = now - LOOK_BACK
    for row in UserSession.objects.filter(created_at__gt=since).order_by("-created_at"):
        if row.ip:
            yield RecentSignIn(row.user_id, row.ip, describe_device(row.user_agent))
    for sign_in in ApiSignIn.objects.filter(created_at__gt=since).order_by("-created_at"):
        if sign_in.address:
            device = describe_device(sign_in.user_agent)
            yield RecentSignIn(sign_in.user_id, sign_in.address, device)


def _note_place(network: str, sign_in: RecentSignIn, now: datetime) -> bool:
    """Remember a place; tell of it unless it is the first of all."""
    with streams.unit():
        others = SignInPlace.objects.filter(user=sign_in.user_id).exists()
        place, is_new = SignInPlace.objects.get_or_create(
            user_id=sign_in.user_id, network=network, defaults={"first_seen_at": now}
        )
        if not (is_new and others):
            return False
        with speak_to(User.objects.get(pk=sign_in.user_id)):
            text = _(
                "%(device)s from %(address)s. If it was not you, end that session and change"
                " your password."
            )
            tell_user(
                user_id=sign_in.user_id,
                category=NotificationCategory.SECURITY,
                cause=f"sign-in:{place.pk}",
                title=_("Signed in from a new place"),
                message=text % {"device": sign_in.device, "address": sign_in.address},
                link="/sessions/",
                level=MessageLevel.WARNING,
                now=now,
            )
    return True
