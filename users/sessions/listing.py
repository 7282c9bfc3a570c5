"""A user's sessions: browsers by session cookie, and programs by their sign-in with tokens."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone

from users import sign_ins
from users.http import is_id
from users.models import ApiSignIn, EndedSignIn
from users.sessions.device import describe_device

MOST_LISTED: Final = 100  # of browsers, and of programs: a script may sign in every minute


class NoSuchSession(Exception):
    """The session belongs to another user, or has ended."""


@dataclass(frozen=True, slots=True)
class UserSessionRow:
    """One place where a user is signed in."""

    id: str
    kind: Literal["browser", "program"]
    device: str
    address: str | None
    created_at: datetime
    last_seen_at: datetime
    is_current: bool


def list_sessions(
    user_id: int, *, session_key: str | None = None, sign_in: str | None = None
) -> list[UserSessionRow]:
    """List where a user is signed in, the latest used first; the arguments name the present one.

    Only the latest are listed. Signing out everywhere ends the others too.
    """
    rows = [*_list_browsers(user_id, session_key), *_list_programs(user_id, sign_in)]
    return sorted(rows, key=lambda row: (row.is_current, row.last_seen_at), reverse=True)


def end_session(user_id: int, row_id: str) -> None:
    """End one session with its sockets; ending it twice raises NoSuchSession."""
    kind, _, name = row_id.partition("-")
    if kind == "browser" and is_id(name):
        _end_browser(user_id, int(name))
    elif (
        kind == "program"
        and name.isalnum()
        and ApiSignIn.objects.filter(user=user_id, sid=name).exists()
    ):
        sign_ins.end_sign_ins([name])
    else:
        raise NoSuchSession


def end_others(user_id: int, *, session_key: str | None = None, sign_in: str | None = None) -> None:
    """Sign out everywhere but at the session named; without a name, everywhere."""
    sign_ins.sign_out_everywhere(user_id, but_session=session_key, but_sign_in=sign_in)


def _list_browsers(user_id: int, current: str | None) -> Iterator[UserSessionRow]:
    rows = UserSession.objects.filter(user=user_id).order_by("-last_seen_at")[:MOST_LISTED]
    keys = [row.session_key for row in rows]
    live = Session.objects.filter(pk__in=keys, expire_date__gt=timezone.now())
    good = set(live.values_list("pk", flat=True))
    for row in rows:
        if row.session_key in good:
            yield UserSessionRow(
                id=f"browser-{row.pk}",
                kind="browser",
                device=describe_device(row.user_agent),
                address=row.ip,
                created_at=row.created_at,
                last_seen_at=row.last_seen_at,
                is_current=row.session_key == current,
            )


def _list_programs(user_id: int, current: str | None) -> Iterator[UserSessionRow]:
    ended = EndedSignIn.objects.values("sid")
    rows = ApiSignIn.objects.filter(user=user_id, expires_at__gt=timezone.now())
    for row in rows.exclude(sid__in=ended).order_by("-last_seen_at")[:MOST_LISTED]:
        yield UserSessionRow(
            id=f"program-{row.sid}",
            kind="program",
            device=describe_device(row.user_agent),
            address=row.address,
            created_at=row.created_at,
            last_seen_at=row.last_seen_at,
            is_current=row.sid == current,
        )


def _end_browser(user_id: int, pk: int) -> None:
    with transaction.atomic():
        row = UserSession.objects.select_for_update().filter(user=user_id, pk=pk).first()
        if row is None:
            raise NoSuchSession
        Session.objects.filter(pk=row.session_key).delete()
        row.delete()
